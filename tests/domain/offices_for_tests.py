"""Offices for tests: the real ones, and a small one made of a document that tests can spoil."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.office_files import read_offices
from chalicelib.domain.office_file import parse_office

if TYPE_CHECKING:
    from datetime import date

    from chalicelib.domain.offices import Office

OFFICES = Path(__file__).parents[2] / "chalicelib" / "offices"

_BOTH = {"de": "Text", "en": "text"}
SMALL: dict[str, Any] = {
    "office": {
        "name": _BOTH,
        "city": "Kleinstadt",
        "short": "KS",
        "colour": "#003366",
        "arms": "small.svg",
        "phone": "115",
        "address": ["Markt 1", "12345 Kleinstadt"],
        "time_zone": "Europe/Berlin",
        "holidays": "BW",
        "languages": ["de", "en"],
    },
    "booking": {
        "grid_minutes": 10,
        "hold_minutes": 10,
        "horizon_days": 28,
        "lead_minutes": 20,
        "join_opens_minutes": 30,
    },
    "departments": {"main": {"name": _BOTH}},
    "groups": {"all": {"name": _BOTH}},
    "papers": {"id": _BOTH},
    "steps": {"card-shown": _BOTH},
    "services": {
        "meldebescheinigung": {
            "group": "all",
            "department": "main",
            "name": _BOTH,
            "summary": _BOTH,
            "words": {"de": ["Wort"], "en": ["word"]},
            "duration_minutes": 10,
            "fee": "5.50",
            "example": True,
            "papers": ["id"],
            "delivery": ["post"],
            "channel": "video",
            "steps": ["card-shown"],
        }
    },
}


@cache
def real(key: str) -> Office:
    """One of the offices that the product brings along."""
    return read_offices(OFFICES)[key]


def document(*, valid_from: date, spans: list[str] | None = None, counters: int = 2) -> dict[str, Any]:
    """The document of a small office that is open at the same hours on all seven days."""
    spans = ["08:00-12:00"] if spans is None else spans
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    made = copy.deepcopy(SMALL)
    made["hours"] = [{"valid_from": valid_from, **dict.fromkeys(days, spans)}]
    made["counters"] = [{"valid_from": valid_from, **{day: dict.fromkeys(spans, counters) for day in days}}]
    return made


def small(**changes: Any) -> Office:
    """The small office; `changes` as for `document`."""
    return parse_office(document(**changes), key="small")
