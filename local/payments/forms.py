"""Stripe's form encoding: `a[b][0][c]=v` for nested values; and refusal of what an endpoint does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from local.payments.errors import invalid_request

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")

Schema = Any
"""A type (str, int), a list of one schema, a mapping of names to schemas, or `ANY_TEXTS`."""

ANY_TEXTS: Final = {"*": str}


def read_form(encoded: str) -> dict[str, Any]:
    """Read a body or query into nested dictionaries and lists; leaves stay texts."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        found = _NAME.match(name)
        if found is None:
            raise invalid_request(f"Invalid parameter name: {name}", param=name)
        path = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
        _put(tree, path, value, name)
    return {name: _listed(value) for name, value in tree.items()}


def check_form(values: Mapping[str, Any], schema: Mapping[str, Schema], *, inside: str = "") -> dict[str, Any]:
    """Return the values in the schema's types; raise Stripe's parameter_unknown or a type error."""
    checked = {}
    for name, value in values.items():
        path = f"{inside}[{name}]" if inside else name
        expected = schema.get(name, schema.get("*"))
        if expected is None:
            raise invalid_request(f"Received unknown parameter: {path}", param=path, code="parameter_unknown")
        checked[name] = _typed(value, expected, path)
    return checked


def _put(tree: dict[str, Any], path: list[str], value: str, name: str) -> None:
    *folders, last = path
    for folder in folders:
        tree = tree.setdefault(folder or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid_request(f"Invalid parameter: {name}", param=name)
    tree[last or str(len(tree))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(item) for key, item in value.items()}


def _typed(value: Any, expected: Schema, path: str) -> Any:
    if isinstance(expected, dict) and isinstance(value, dict):
        return check_form(value, expected, inside=path)
    if isinstance(expected, list) and isinstance(value, list):
        return [_typed(item, expected[0], f"{path}[{place}]") for place, item in enumerate(value)]
    if expected is str and isinstance(value, str):
        return value
    if expected is int and isinstance(value, str):
        if re.fullmatch(r"-?[0-9]{1,15}", value):
            return int(value)
        raise invalid_request(f"Invalid integer: {value}", param=path, code="parameter_invalid_integer")
    raise invalid_request(f"Invalid {path}", param=path)
