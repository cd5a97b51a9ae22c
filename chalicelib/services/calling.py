"""The call: taking the next citizen, placing the call on a worker, tickets into it, its steps and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain import visit_acts
from chalicelib.domain.calls import TICKET_LIFETIME_MAX, MediaTicketClaims, Seat, place_call
from chalicelib.domain.errors import NobodyWaiting, NoWorker, StepNotAllowed
from chalicelib.domain.files import NOTHING
from chalicelib.domain.ids import ID_BYTES, new_id
from chalicelib.domain.visits import VisitState
from chalicelib.services.joining import waiting

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.access import Bearer, Clerk
    from chalicelib.domain.calls import WorkerBeat
    from chalicelib.domain.files import Changes, File
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office
    from chalicelib.services.acting import Acting
    from chalicelib.services.ports import MediaTickets, Workers


@dataclass(frozen=True, slots=True)
class Ticket:
    """A media ticket and the generation of the call that it is for."""

    token: str
    generation: int


@dataclass(frozen=True, slots=True)
class Calling:
    """Everything from "next, please" to hanging up."""

    acting: Acting
    workers: Workers
    tickets: MediaTickets

    def call_next(self, clerk: Clerk, *, date: str, now: datetime) -> File:
        """Take whoever is due and present. Raises NobodyWaiting.

        Two clerks may see the same citizen first; the commit gives them to one, and the other takes the next.
        """
        for row in waiting(self.acting.files.day(clerk.office, date)):
            if row.presence is None or not row.presence.present(now):
                continue
            try:
                return self.call(clerk, row.booking.key, now=now)
            except StepNotAllowed:
                continue
        raise NobodyWaiting(date)

    def call(self, clerk: Clerk, key: FileKey, *, now: datetime) -> File:
        """Take this citizen. Raises StepNotAllowed when another clerk has them already, NoWorker."""
        worker = self._worker(now)
        return self.acting.act(key, lambda file: visit_acts.call(file, worker, actor=clerk.actor, now=now), now=now)

    def citizen_ticket(self, bearer: Bearer, *, now: datetime) -> Ticket:
        """The citizen's way into the call: only for the device in the seat, only once a clerk has called."""
        file = self.acting.files.load(bearer.key)
        visit_acts.check_bearer(file, bearer)
        if file.visit.device != bearer.device:
            raise visit_acts.SeatElsewhere(bearer.key.booking_id)
        return self._ticket(file, Seat.CITIZEN, now=now)

    def clerk_ticket(self, clerk: Clerk, key: FileKey, *, now: datetime) -> Ticket:
        """The clerk's way into the call: only for the clerk who has the citizen."""
        file = self.acting.files.load(key)
        if file.visit.clerk != clerk.actor:
            raise StepNotAllowed(file.visit.state, "join another clerk's call")
        return self._ticket(file, Seat.CLERK, now=now)

    def hang_up_citizen(self, bearer: Bearer, *, now: datetime) -> File:
        """The citizen hangs up. Raises SeatElsewhere for a device that is not in the seat."""
        return self.acting.act(bearer.key, lambda file: visit_acts.hang_up_citizen(file, bearer), now=now)

    def hang_up_clerk(self, clerk: Clerk, key: FileKey, *, now: datetime) -> File:
        """The clerk hangs up."""
        return self.acting.act(key, lambda file: visit_acts.hang_up(file, actor=clerk.actor), now=now)

    def tick(self, clerk: Clerk, office: Office, key: FileKey, *, step: str, done: bool, now: datetime) -> File:
        """Tick or untick a step that both sides see."""
        return self.acting.act(
            key,
            lambda file: visit_acts.tick(file, office, step, done=done, actor=clerk.actor),
            now=now,
        )

    def _ticket(self, file: File, seat: Seat, *, now: datetime) -> Ticket:
        if file.visit.state is not VisitState.IN_CALL:
            raise StepNotAllowed(file.visit.state, "join the call")
        visit = self._live(file, now=now).visit
        claims = MediaTicketClaims(
            ticket_id=new_id(self.acting.chance.token(ID_BYTES)),
            office=file.key.office,
            room=file.key.booking_id,
            seat=seat,
            generation=visit.generation,
            worker=visit.worker,
            issued_at=now,
            expires_at=now + TICKET_LIFETIME_MAX,
        )
        return Ticket(self.tickets.mint(claims), visit.generation)

    def _live(self, file: File, *, now: datetime) -> File:
        """The file with its call on a worker that lives; placed anew when the old one is silent."""
        beats = self.workers.beats()
        now_ms = int(now.timestamp() * 1000)
        # An address may have two heartbeats: that of a worker long gone, and that of who runs there now.
        if any(beat.address == file.visit.worker and beat.is_live(now_ms=now_ms) for beat in beats):
            return file
        other = place_call(beats, now_ms=now_ms)
        if other is None:
            raise NoWorker(file.key.booking_id)
        lost = file.visit.generation

        def decide(current: File) -> Changes:
            # The other side may have asked first: then their placement stands.
            moved_on = current.visit.generation != lost
            return NOTHING if moved_on else visit_acts.place(current, other)

        return self.acting.act(file.key, decide, now=now)

    def _worker(self, now: datetime) -> WorkerBeat:
        found = place_call(self.workers.beats(), now_ms=int(now.timestamp() * 1000))
        if found is None:
            raise NoWorker("none alive")
        return found
