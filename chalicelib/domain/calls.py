"""The rules of a call that functions and media workers share: seats, media tickets, generations, placement.

A **room** is the media worker's side of a call; its id is the booking's id. Each time a call is placed anew
on a worker its **generation** rises by one, so that a worker which was given up cannot be joined by mistake.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

TICKET_ISSUER = "fernamt"
TICKET_AUDIENCE = "fernamt-media"
TICKET_LIFETIME_MAX = timedelta(minutes=15)

HEARTBEAT_INTERVAL_MS = 1_000
# Three missed beats: below that, one slow write to the table would take a healthy worker out of service.
WORKER_SILENCE_MAX_MS = 3_000


class Seat(Enum):
    """A place in a room. One person sits on each; whoever joins it again replaces the former connection.

    ECHO sits alone in a room of its own: what it sends comes back to it.
    """

    CITIZEN = "citizen"
    CLERK = "clerk"
    GUEST = "guest"
    ECHO = "echo"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTicketClaims:
    """What a media ticket says: who may sit where, on which worker, and until when.

    `worker` is the address of the owning worker as the load balancer's side reaches it
    (`http://127.0.0.1:8702`). `opens`, in a clerk's ticket, are the seats that see and hear and are seen and heard;
    everybody else sits in the dark. `issued_at` and `expires_at` are aware UTC, at most 15 minutes apart.
    Raises ValueError when a claim cannot be meant.
    """

    ticket_id: str
    office: str
    room: str
    seat: Seat
    generation: int
    worker: str
    issued_at: datetime
    expires_at: datetime
    opens: frozenset[Seat] = frozenset()

    def __post_init__(self) -> None:
        if self.issued_at.tzinfo is None or self.expires_at.tzinfo is None:
            raise ValueError("a ticket's times are aware UTC")
        lifetime = self.expires_at - self.issued_at
        if not timedelta(0) < lifetime <= TICKET_LIFETIME_MAX:
            raise ValueError("a ticket lives longer than nothing and at most 15 minutes")
        if not all((self.ticket_id, self.office, self.room, self.worker)):
            raise ValueError("a ticket names its id, office, room and worker")
        if self.generation < 1:
            raise ValueError("generations are counted from 1")
        if self.opens and self.seat is not Seat.CLERK:
            raise ValueError("only a clerk's ticket lights others")
        if not self.opens <= {Seat.CITIZEN, Seat.GUEST}:
            raise ValueError("a ticket lights the citizen and the guest")


class GenerationOrder(Enum):
    """How the generation in a ticket stands to the one that a worker holds for the room."""

    OLDER = "older"  # the call was placed anew since: refuse, a fresh ticket leads to the right place
    SAME = "same"  # join the room as it stands
    NEWER = "newer"  # the room here is a left-over: replace it


def order_of_generations(held: int, offered: int) -> GenerationOrder:
    """Say how `offered` (from a ticket) stands to `held` (by the worker)."""
    if offered < held:
        return GenerationOrder.OLDER
    return GenerationOrder.SAME if offered == held else GenerationOrder.NEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerBeat:
    """The last heartbeat of a media worker; `beat_ms` is Unix time in milliseconds. Draining: no new rooms."""

    worker_id: str
    address: str
    calls: int
    beat_ms: int
    draining: bool = False

    def is_live(self, *, now_ms: int) -> bool:
        """Tell whether the worker was heard of within the last 3 seconds."""
        return now_ms - self.beat_ms <= WORKER_SILENCE_MAX_MS


def place_call(beats: Iterable[WorkerBeat], *, now_ms: int) -> WorkerBeat | None:
    """Choose the live worker with the fewest calls (ties: the smaller id) that is not draining, or None."""
    live = [beat for beat in beats if beat.is_live(now_ms=now_ms) and not beat.draining]
    return min(live, key=lambda beat: (beat.calls, beat.worker_id), default=None)
