"""What happens on the day: arriving, waiting, the call. And how long a join link lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.errors import LinkExpired, LinkTooEarly
from chalicelib.domain.guests import NO_GUEST, Guest, revoked

if TYPE_CHECKING:
    from chalicelib.domain.bookings import Booking

JOIN_CLOSES = timedelta(hours=3)  # after the slot's end: an office that runs late must not lock anybody out
PRESENT = timedelta(seconds=30)  # three missed heartbeats of ten seconds: the browser is gone


class VisitState(StrEnum):
    """Where the citizen is on the day."""

    EXPECTED = "expected"
    WAITING = "waiting"
    IN_CALL = "in_call"
    HUNG_UP = "hung_up"
    DONE = "done"


VISIT_STEPS = {
    (VisitState.EXPECTED, "enter"): VisitState.WAITING,
    (VisitState.WAITING, "enter"): VisitState.WAITING,
    (VisitState.WAITING, "leave"): VisitState.EXPECTED,
    (VisitState.WAITING, "place"): VisitState.WAITING,
    (VisitState.WAITING, "call"): VisitState.IN_CALL,
    (VisitState.IN_CALL, "place"): VisitState.IN_CALL,
    (VisitState.IN_CALL, "hang_up"): VisitState.HUNG_UP,
    (VisitState.HUNG_UP, "enter"): VisitState.WAITING,
    (VisitState.HUNG_UP, "call"): VisitState.IN_CALL,
    (VisitState.WAITING, "close"): VisitState.DONE,
    (VisitState.IN_CALL, "close"): VisitState.DONE,
    (VisitState.HUNG_UP, "close"): VisitState.DONE,
}


@dataclass(frozen=True, slots=True)
class Visit:
    """The day's side of a booking. `generation` rises with every placement of the call."""

    state: VisitState = VisitState.EXPECTED
    device: str = ""  # which of the citizen's devices sits in the seat
    arrived_at: datetime | None = None
    clerk: str = ""
    called_at: datetime | None = None
    generation: int = 0
    worker: str = ""  # address of the media worker that owns the room; none before it is placed, and after the call
    steps_done: tuple[str, ...] = ()  # "service/step", in the order of ticking
    guest: Guest = NO_GUEST
    newcomer: bool = False  # in the call another device took the seat, and the clerk has not seen who that is


def begun_anew(visit: Visit) -> Visit:
    """The visit of a date moved or cancelled. What is counted goes on: no old ticket, no old link fits again."""
    return Visit(generation=visit.generation, guest=revoked(visit.guest))


@dataclass(frozen=True, slots=True)
class Presence:
    """The last heartbeat of a browser, with what it said of itself: the citizen's, or the guest's."""

    device: str
    seen_at: datetime
    camera: str = "unknown"  # ok, denied, missing, off, unknown
    microphone: str = "unknown"
    connection: str = "unknown"
    browser: str = ""  # in words: "Chromium 156, Linux"
    loss_percent: int | None = None  # of the pre-flight, 0..100; None until it was measured, likewise the next two
    round_trip_ms: int | None = None
    bandwidth_kbits: int | None = None  # kbit/s
    encryption: str = "unknown"  # how it can encrypt end to end: script, streams, none, unknown

    @property
    def cannot_encrypt(self) -> bool:
        """Whether the browser said so. What says nothing of it is let in: no page would show what it sends."""
        return self.encryption == "none"

    def present(self, now: datetime) -> bool:
        """Whether the browser was heard of within PRESENT."""
        return now - self.seen_at <= PRESENT


@dataclass(frozen=True, slots=True)
class Window:
    """When a join link works: from `opens_at` to just before `closes_at`."""

    opens_at: datetime
    closes_at: datetime

    def check(self, now: datetime) -> None:
        """Raise LinkTooEarly or LinkExpired, each with its moment."""
        if now < self.opens_at:
            raise LinkTooEarly(self.opens_at)
        if now >= self.closes_at:
            raise LinkExpired(self.closes_at)


def join_window(booking: Booking, *, opens_minutes: int) -> Window:
    """The window of the booking's join link, `opens_minutes` before the slot until well after it."""
    return Window(booking.start - timedelta(minutes=opens_minutes), booking.end + JOIN_CLOSES)
