"""What the parts of the front door hand each other: a request with a bounded body, and an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

BODY_BYTES_MAX: Final = 10 * 1024 * 1024
"""API Gateway refuses more."""


class BodyTooLong(Exception):  # noqa: N818  it reads as a sentence
    """The request's body is longer than this route takes."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request. `path` is as it came, percent-encoded; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response; a header may come several times."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    route: str = "-"
    """What the access log may know of the path."""


def problem(
    status: int, title: str, *, route: str = "-", headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """A refusal of the door itself, as RFC 9457 writes it."""
    body = f'{{"type":"about:blank","status":{status},"title":"{title}"}}'.encode()
    kind = ("Content-Type", "application/problem+json")
    return Answer(status, (kind, ("Cache-Control", "no-store"), *headers), body, route)


def read_call(environ: Mapping[str, Any], *, body_bytes_max: int = BODY_BYTES_MAX) -> Call:
    """Take a request out of a WSGI environment. Raises BodyTooLong."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > body_bytes_max:
        raise BodyTooLong(str(length))
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers |= {
        name.replace("_", "-").lower(): environ[name]
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        if environ.get(name)
    }
    path, _, query = environ["REQUEST_URI"].partition("?")
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    return Call(environ["REQUEST_METHOD"], path, query, headers, body)
