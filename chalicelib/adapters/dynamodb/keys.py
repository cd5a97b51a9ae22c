"""How keys are written: the one place. Pure, so that the media worker and the infrastructure can share it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chalicelib.domain.ids import FileKey

BERLIN = ZoneInfo("Europe/Berlin")
LIVE_END = "X"  # items of a file that every act needs sort below this; the case's entries above
HEAD, BOOKING, VISIT, PRESENCE, DISPATCH = "HEAD", "BOOKING", "VISIT", "PRESENCE", "DISPATCH"
GUEST_PRESENCE = "GUEST"
PAYMENT, PAPER, LETTER = "PAYMENT|", "PAPER|", "LETTER|"
ENTRY, PAYLOAD = "X|ENTRY|", "X|PAYLOAD|"


def file_pk(key: FileKey) -> str:
    """The partition of one file."""
    return f"{key.office}|FILE|{key.booking_id}"


def file_key(pk: str) -> FileKey:
    """The inverse of `file_pk`."""
    office, _, booking_id = pk.split("|")
    return FileKey(office, booking_id)


def entry_sk(seq: int) -> str:
    """Where the entry with that number lies."""
    return f"{ENTRY}{seq:06d}"


def payload_sk(seq: int) -> str:
    """Where what the entry commits to lies, until it is erased."""
    return f"{PAYLOAD}{seq:06d}"


def week_of(moment: datetime) -> str:
    """The ISO week of a moment as the office's wall calendar has it: `2026-W48`."""
    year, week, _ = moment.astimezone(BERLIN).isocalendar()
    return f"{year}-W{week:02d}"


def unit_pk(office: str, moment: datetime) -> str:
    """All units of a week lie in one partition: one query shows the week."""
    return week_pk(office, week_of(moment))


def week_pk(office: str, week: str) -> str:
    """The partition of a week's units."""
    return f"{office}|WEEK|{week}"


def unit_sk(moment: datetime) -> str:
    """One unit of capacity."""
    return f"UNIT|{minute(moment)}"


def day_pk(office: str, date: str) -> str:
    """Index `day`: everything of one office's calendar day (Europe/Berlin, ISO date)."""
    return f"{office}|DAY|{date}"


def dispatch_pk(office: str, date: str) -> str:
    """Index `day`: what is to be posted that day."""
    return f"{office}|DISPATCH|{date}"


def day_sk(start: datetime, booking_id: str, item: str) -> str:
    """Index `day`: by the slot's start, then by file."""
    return f"{minute(start)}|{booking_id}|{item}"


def due_pk(office: str) -> str:
    """Index `due`: what the minute tick has to look at."""
    return f"{office}|DUE"


def due_sk(at: datetime, item: str) -> str:
    """Index `due`: by the moment, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}|{item}"


def notice_pk(office: str, event_id: str) -> str:
    """A payment notice that the office has seen."""
    return f"{office}|NOTICE|{event_id}"


def minute(moment: datetime) -> str:
    """A moment to the minute, UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def parse_minute(text: str) -> datetime:
    """The inverse of `minute`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def berlin_date(moment: datetime) -> str:
    """The calendar date of a moment in Europe/Berlin, ISO."""
    return moment.astimezone(BERLIN).date().isoformat()


def parse_second(text: str) -> datetime:
    """The moment in front of a `due_sk`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
