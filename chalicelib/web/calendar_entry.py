"""An appointment as a file for the citizen's calendar, inside its own link: nothing to fetch, no session to check.

It has the UID of the invitation that goes out by mail, so that a calendar that gets both keeps one entry, and the
letter's later updates (RFC 5546) mend this one too. Times in UTC: every calendar shows its owner's.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.web.catalogues import Texts

_OCTETS_A_LINE = 74  # RFC 5545, 3.1: 75 with the space that begins a folded line


def calendar_link(
    booking_id: str, *, start: datetime, end: datetime, made: datetime, mail_from: str, office: str, texts: Texts
) -> str:
    """Give a `data:` address for a link with `download`. `mail_from` is the office's mail address."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Fernamt//Fernamt//DE",
        "BEGIN:VEVENT",
        f"UID:{booking_id}@{mail_from.rpartition('@')[2]}",
        f"DTSTAMP:{_utc(made)}",
        f"DTSTART:{_utc(start)}",
        f"DTEND:{_utc(end)}",
        f"SUMMARY:{_text(texts('mail.calendar.summary', office=office))}",
        f"LOCATION:{_text(texts('mail.where_video'))}",
        "CLASS:PRIVATE",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    return "data:text/calendar;charset=utf-8," + quote("\r\n".join(_folded(line) for line in lines))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """Escape as RFC 5545, 3.3.11 asks."""
    for letter in ("\\", ";", ","):
        text = text.replace(letter, f"\\{letter}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Fold a long line without cutting a letter of several octets apart."""
    parts, part = [], ""
    for letter in line:
        if len((part + letter).encode()) > _OCTETS_A_LINE:
            parts.append(part)
            part = ""
        part += letter
    return "\r\n ".join([*parts, part])
