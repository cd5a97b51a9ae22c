"""What a view sees of a request, and what it answers with: no view touches the framework."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from chalicelib.domain.errors import InputRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from chalicelib.domain.access import Clerk
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office

BODY_MAX = 64 * 1024  # a form, a notice, a session description: never a paper (they go to S3 directly)
FIELDS_MAX = 200


@dataclass(frozen=True, slots=True)
class Request:
    """One request, authorised. `office` is that of the path; `key` the file that the session speaks for."""

    path: str
    parts: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    form: Mapping[str, Sequence[str]]
    body: Any  # the JSON object of a program, {} otherwise
    raw: bytes
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    language: str
    keep_language: bool
    wants_json: bool
    now: datetime
    office: Office | None = None
    key: FileKey | None = None
    clerk: Clerk | None = None
    booker: str = ""
    device: str = ""
    link_version: int = 0

    def one(self, name: str, default: str = "") -> str:
        """The first value of a field, of the form or else of the address."""
        values = self.form.get(name) or self.query.get(name) or [default]
        return values[0]

    def all(self, name: str) -> list[str]:
        """All values of a field, of the form or else of the address."""
        return list(self.form.get(name) or self.query.get(name) or [])

    @property
    def its_office(self) -> Office:
        """The office of the path; the boundary has seen to it that there is one."""
        if self.office is None:
            raise RuntimeError(f"{self.path} names no office")
        return self.office

    @property
    def its_key(self) -> FileKey:
        """The file that the session or the path names."""
        if self.key is None:
            raise RuntimeError(f"{self.path} names no file")
        return self.key

    @property
    def its_clerk(self) -> Clerk:
        """The clerk who is signed in."""
        if self.clerk is None:
            raise RuntimeError(f"{self.path} has no clerk")
        return self.clerk


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view gives back. With `template` a page (its model as JSON for programs), else `model` as JSON."""

    model: Mapping[str, Any] = field(default_factory=dict)
    template: str = ""
    status: int = 200
    location: str = ""
    sessions: Mapping[str, str] = field(default_factory=dict)  # cookie name → value; "" ends it


def page(
    template: str,
    model: Mapping[str, Any],
    *,
    status: int = 200,
    sessions: Mapping[str, str] | None = None,
) -> Answer:
    """A page; the template lies below web/templates."""
    return Answer(model, template=template, status=status, sessions=sessions or {})


def data(model: Mapping[str, Any], *, status: int = 200, sessions: Mapping[str, str] | None = None) -> Answer:
    """JSON for our own scripts."""
    return Answer(model, status=status, sessions=sessions or {})


def see_other(location: str, *, sessions: Mapping[str, str] | None = None) -> Answer:
    """Go on there with GET (303): reload and back button repeat nothing."""
    return Answer(status=303, location=location, sessions=sessions or {})


def parse_body(raw: bytes, content_type: str) -> tuple[dict[str, list[str]], Any]:
    """Form fields and JSON object of a body. Raises InputRefused for what is neither, or too much."""
    if len(raw) > BODY_MAX:
        raise InputRefused({"body": "problem.body_too_large"})
    kind = content_type.partition(";")[0].strip().lower()
    if not raw:
        return {}, {}
    if kind == "application/x-www-form-urlencoded":
        try:
            text = raw.decode("utf-8")
            return parse_qs(text, keep_blank_values=True, max_num_fields=FIELDS_MAX), {}
        except ValueError:
            raise InputRefused({"body": "problem.body_unreadable"}) from None
    if kind == "application/json":
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            raise InputRefused({"body": "problem.body_unreadable"}) from None
        if not isinstance(body, dict):
            raise InputRefused({"body": "problem.body_unreadable"})
        return {name: _texts(value) for name, value in body.items()}, body
    raise InputRefused({"body": "problem.body_unreadable"})


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else json.dumps(item) for item in values if item is not None]
