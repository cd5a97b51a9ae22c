"""A booking's life: held, confirmed, moved, cancelled, closed. What it is; `booking_acts` decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.ids import FileKey

DRAFT_KEPT = timedelta(hours=1)  # after the hold: nobody retypes, and nothing of a person stays without reason


class BookingState(StrEnum):
    """Where a booking stands."""

    HELD = "held"
    EXPIRED = "expired"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    CLOSED = "closed"


BOOKING_STEPS = {
    (BookingState.HELD, "change_slot"): BookingState.HELD,
    (BookingState.HELD, "give_details"): BookingState.HELD,
    (BookingState.HELD, "confirm"): BookingState.CONFIRMED,
    (BookingState.HELD, "expire"): BookingState.EXPIRED,
    (BookingState.EXPIRED, "change_slot"): BookingState.HELD,
    (BookingState.EXPIRED, "give_details"): BookingState.EXPIRED,
    (BookingState.CONFIRMED, "move"): BookingState.CONFIRMED,
    (BookingState.CONFIRMED, "cancel"): BookingState.CANCELLED,
    (BookingState.CONFIRMED, "close"): BookingState.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Details:
    """What the citizen tells of themselves; checked by the form, kept only in the file."""

    name: str
    email: str
    language: str
    phone: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """One appointment for one or several matters. Times are aware UTC."""

    key: FileKey
    reference: str
    state: BookingState
    services: tuple[str, ...]
    start: datetime
    minutes: int
    booker: str  # fingerprint of the browser that made it
    made_at: datetime
    hold_until: datetime | None = None
    details: Details | None = None
    link_version: int = 1  # part of every link's secret: raising it revokes all links sent before
    sequence: int = 0  # iCalendar SEQUENCE
    outcome: str = ""
    delivery: str = ""
    document: str = ""  # the paper that is delivered by download
    closed_at: datetime | None = None

    @property
    def end(self) -> datetime:
        """When the slot ends."""
        return self.start + timedelta(minutes=self.minutes)

    @property
    def language(self) -> str:
        """The citizen's language; German until they chose."""
        return self.details.language if self.details else "de"
