"""Which worker carries a call, and the tickets that lead there: what calls, anterooms and echo rooms share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.domain import visit_acts
from chalicelib.domain.calls import TICKET_LIFETIME_MAX, MediaTicketClaims, Seat, place_call
from chalicelib.domain.errors import FileChanged, NoWorker
from chalicelib.domain.files import NOTHING
from chalicelib.domain.ids import ID_BYTES, new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from chalicelib.domain.calls import WorkerBeat
    from chalicelib.domain.files import Changes, File
    from chalicelib.services.acting import Acting
    from chalicelib.services.ports import MediaTickets, Workers

NOBODY: frozenset[Seat] = frozenset()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A media ticket and the generation of the call that it is for."""

    token: str = field(repr=False)
    generation: int


@dataclass(frozen=True, slots=True)
class Placing:
    """Chooses workers by their heartbeats and signs the way to them."""

    acting: Acting
    workers: Workers
    tickets: MediaTickets

    def placed(self, file: File, check: Callable[[File], None], *, now: datetime) -> File:
        """The file with its call on a worker that can carry it; placed, or placed anew, where it is on none.

        `check` says who may ask, by the file as it stands; it raises for everybody else. Raises NoWorker.
        """
        check(file)
        there = worker_for(file.visit.worker, self.workers.beats(), now=now)
        if there is None:
            raise NoWorker(file.key.booking_id)
        if there.address == file.visit.worker:
            return file
        lost = file.visit.generation

        def decide(current: File) -> Changes:
            check(current)  # the seat may have changed hands meanwhile: then the new ticket is not for who asked
            # The other side may have asked first: then their placement stands.
            moved_on = current.visit.generation != lost
            return NOTHING if moved_on else visit_acts.place(current, there)

        try:
            return self.acting.act_once(file, decide, now=now)
        except FileChanged:
            return self.acting.act(file.key, decide, now=now)

    def into_call(self, file: File, seat: Seat, *, now: datetime, opens: frozenset[Seat] = NOBODY) -> Ticket:
        """A ticket into the room of this file's call, where it is placed."""
        visit = file.visit
        return self.ticket(
            office=file.key.office,
            room=file.key.booking_id,
            seat=seat,
            worker=visit.worker,
            generation=visit.generation,
            opens=opens,
            now=now,
        )

    def ticket(
        self,
        *,
        office: str,
        room: str,
        seat: Seat,
        worker: str,
        now: datetime,
        generation: int = 1,
        opens: frozenset[Seat] = NOBODY,
        lifetime: timedelta = TICKET_LIFETIME_MAX,
    ) -> Ticket:
        """A ticket into any room; `opens` are the seats that a clerk lets see and hear."""
        claims = MediaTicketClaims(
            ticket_id=new_id(self.acting.chance.token(ID_BYTES)),
            office=office,
            room=room,
            seat=seat,
            generation=generation,
            worker=worker,
            issued_at=now,
            expires_at=now + lifetime,
            opens=opens,
        )
        return Ticket(self.tickets.mint(claims), generation)


def worker_for(address: str, beats: Sequence[WorkerBeat], *, now: datetime) -> WorkerBeat | None:
    """Who carries the call that is at `address` ("": nowhere yet), or None when nobody can.

    It stays while that worker lives and is not draining; else it goes to another; and rather stays with one that
    is draining than end. An address may have two heartbeats: that of a worker long gone, and of who runs there now.
    """
    now_ms = int(now.timestamp() * 1000)
    here = [beat for beat in beats if beat.address == address and beat.is_live(now_ms=now_ms)]
    staying = [beat for beat in here if not beat.draining]
    return next(iter(staying), None) or place_call(beats, now_ms=now_ms) or next(iter(here), None)
