"""Domain values to DynamoDB attributes and back, by the dataclasses' own annotations.

datetime ↔ ISO 8601 text in UTC · StrEnum ↔ its value · dataclass ↔ map · tuple ↔ list · None ↔ absent.
"""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
AttributeValue = dict[str, Any]


def to_item(value: object) -> dict[str, AttributeValue]:
    """The attributes of a dataclass; None is left out."""
    return {
        field.name: attribute(getattr(value, field.name))
        for field in fields(value)  # type: ignore[arg-type]  # every caller passes a dataclass instance
        if getattr(value, field.name) is not None
    }


def from_item(kind: type[T], item: Mapping[str, AttributeValue]) -> T:
    """The dataclass that `to_item` wrote; what it does not know (keys of indexes) is passed over."""
    values = {name: _read(hint, item[name]) for name, hint in _hints(cast("Hashable", kind)).items() if name in item}
    return kind(**dict.fromkeys(_required(cast("Hashable", kind))) | values)


def attribute(value: object) -> AttributeValue:  # noqa: PLR0911 - one return a type is the clearest table
    """One DynamoDB attribute value (low-level form)."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, StrEnum):
        return {"S": value.value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, datetime):
        return {"S": value.astimezone(UTC).isoformat().replace("+00:00", "Z")}
    if isinstance(value, Mapping):
        return {"M": {str(key): attribute(item) for key, item in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"L": [attribute(item) for item in value]}
    if is_dataclass(value):
        return {"M": to_item(value)}
    raise TypeError(f"{type(value).__name__} has no attribute form")


def plain(value: AttributeValue) -> Any:
    """The JSON-like value of an attribute: what payloads of the case are read with."""
    ((tag, content),) = value.items()
    if tag == "N":
        return int(content)
    if tag == "M":
        return {key: plain(item) for key, item in content.items()}
    if tag == "L":
        return [plain(item) for item in content]
    return None if tag == "NULL" else content


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}  # type: ignore[arg-type]  # dataclasses only


@cache
def _required(kind: Hashable) -> tuple[str, ...]:
    """Fields without a default: None is not written, so an absent one is None."""
    every = fields(kind)  # type: ignore[arg-type]  # as above
    return tuple(one.name for one in every if one.default is MISSING and one.default_factory is MISSING)


def _read(hint: Any, value: AttributeValue) -> Any:  # noqa: PLR0911 - as above
    ((tag, content),) = value.items()
    origin = get_origin(hint)
    if tag == "NULL":
        return None
    if origin in (Union, types.UnionType):
        return _read(next(part for part in get_args(hint) if part is not type(None)), value)
    if origin is tuple:
        return tuple(_read(get_args(hint)[0], item) for item in content)
    if origin is Literal:
        return content
    if isinstance(hint, type) and issubclass(hint, datetime):
        return datetime.fromisoformat(content)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(content)
    if isinstance(hint, type) and is_dataclass(hint):
        return from_item(hint, content)
    return plain(value)
