"""What happens on the day: arriving, waiting, the call. And how long a join link lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.errors import LinkExpired, LinkTooEarly

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
    worker: str = ""  # address of the media worker that owns the room
    steps_done: tuple[str, ...] = ()  # "service/step", in the order of ticking


@dataclass(frozen=True, slots=True)
class Presence:
    """The last heartbeat of the citizen's browser, with what it said of itself."""

    device: str
    seen_at: datetime
    camera: str = "unknown"  # ok, denied, missing, off, unknown
    microphone: str = "unknown"
    connection: str = "unknown"
    browser: str = ""  # in words: "Chromium 156, Linux"

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
