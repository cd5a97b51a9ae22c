"""What our own scripts post as JSON: plain dataclasses, checked against their annotations by pydantic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast

from chalicelib.domain.case_acts import Outcome
from chalicelib.domain.errors import InputRefused
from chalicelib.domain.guests import GuestRole
from chalicelib.domain.offices import Delivery
from chalicelib.domain.visits import Presence

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from pydantic import TypeAdapter
    from pydantic_core import CoreSchema

    from chalicelib.blueprints.request import Request

Body = TypeVar("Body")
DeviceState = Literal["ok", "denied", "missing", "off", "unknown"]
Encryption = Literal["script", "streams", "none", "unknown"]
BROWSER_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Between:
    """A finite number from `low` to `high`: no text that reads like one, no NaN."""

    low: float
    high: float

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415 - see read()

        return core_schema.float_schema(ge=self.low, le=self.high, allow_inf_nan=False, strict=True)


@dataclass(frozen=True, slots=True)
class DeviceBody:
    """What a browser says of its devices; `browser` in words: "Chromium 156, Linux".

    Loss, round trip and bandwidth are what the pre-flight measured; each report carries them, or they are forgotten.
    """

    camera: DeviceState = "unknown"
    microphone: DeviceState = "unknown"
    connection: DeviceState = "unknown"
    browser: str = ""
    take_over: bool = False
    loss_percent: Annotated[float, Between(0, 100)] | None = None
    round_trip_ms: Annotated[float, Between(0, 60_000)] | None = None
    bandwidth_kbits: Annotated[float, Between(0, 10_000_000)] | None = None
    encryption: Encryption = "unknown"

    def presence(self, device: str, now: datetime) -> Presence:
        """The heartbeat of that device; numbers rounded, and as much of `browser` as a list can show."""
        words = "".join(letter for letter in self.browser if letter.isprintable())
        return Presence(
            device,
            now,
            camera=self.camera,
            microphone=self.microphone,
            connection=self.connection,
            browser=words[:BROWSER_CHARACTERS],
            loss_percent=_rounded(self.loss_percent),
            round_trip_ms=_rounded(self.round_trip_ms),
            bandwidth_kbits=_rounded(self.bandwidth_kbits),
            encryption=self.encryption,
        )


@dataclass(frozen=True, slots=True)
class GuestBody:
    """Whom a link is made for."""

    role: GuestRole


@dataclass(frozen=True, slots=True)
class AdmitBody:
    """Whether the guest is let in, or shown out."""

    guest: bool


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


def _rounded(measured: float | None) -> int | None:
    return None if measured is None else round(measured)


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
