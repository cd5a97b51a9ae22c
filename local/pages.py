"""The few pages of the stand-ins: one quiet style, no scripts."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from local.wire import Answer

_FOLDER: Final = Path(__file__).parent / "templates"
_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
# A mail shown in a frame inherits this policy: its own styles show, nothing of it runs or loads.
_POLICY: Final = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'self'; frame-ancestors 'self'"
)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, *, status: int = 200, route: str = "-", **values: Any) -> Answer:
    """Render one page."""
    body = _templates().get_template(template).render(**values).encode()
    return Answer(status, (*_HEADERS, ("Content-Security-Policy", _POLICY)), body, route)


def style() -> Answer:
    """The style sheet of all of them."""
    headers = (("Content-Type", "text/css; charset=utf-8"), ("Cache-Control", "no-cache"))
    return Answer(200, headers, (_FOLDER / "style.css").read_bytes(), "/style.css")
