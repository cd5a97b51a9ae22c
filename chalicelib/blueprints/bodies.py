"""What our own scripts post as JSON: plain dataclasses, checked against their annotations by pydantic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from chalicelib.domain.case_acts import Outcome
from chalicelib.domain.errors import InputRefused
from chalicelib.domain.offices import Delivery

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pydantic import TypeAdapter

    from chalicelib.blueprints.request import Request

Body = TypeVar("Body")
DeviceState = Literal["ok", "denied", "missing", "off", "unknown"]
BROWSER_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class DeviceBody:
    """What a browser says of its devices; `browser` in words: "Chromium 156, Linux"."""

    camera: DeviceState = "unknown"
    microphone: DeviceState = "unknown"
    connection: DeviceState = "unknown"
    browser: str = ""
    take_over: bool = False

    @property
    def browser_words(self) -> str:
        """As much of `browser` as a list can show."""
        return "".join(letter for letter in self.browser if letter.isprintable())[:BROWSER_CHARACTERS]


@dataclass(frozen=True, slots=True)
class PaperBody:
    """A paper to come; `size` in bytes."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class StepBody:
    """A step to tick, or to untick."""

    step: str
    done: bool = True


@dataclass(frozen=True, slots=True)
class WaiveBody:
    """Why a fee is let go."""

    reason: str


@dataclass(frozen=True, slots=True)
class CloseBody:
    """How a case ends."""

    outcome: Outcome
    delivery: Delivery
    address: str = ""
    document: str = ""


def read(kind: type[Body], request: Request) -> Body:
    """The body of a request. Raises InputRefused with every field that does not fit."""
    from pydantic import ValidationError  # noqa: PLC0415 - 80 ms that no page for the public pays

    try:
        return cast("Body", _adapter(cast("Hashable", kind)).validate_python(request.body))
    except ValidationError as error:
        wrong = {".".join(map(str, each["loc"])) or "body": _why(each["type"]) for each in error.errors()}
        raise InputRefused(wrong) from None


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    return TypeAdapter(cast("Any", kind))


def _why(kind: str) -> str:
    return (
        "problem.field_missing"
        if kind == "missing"
        else "problem.choose"
        if "enum" in kind
        else "problem.field_wrong"
    )
