"""The call: taking the next citizen, tickets into the call, its steps and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain import guest_acts, visit_acts
from chalicelib.domain.calls import Seat
from chalicelib.domain.errors import ClerkInCall, NobodyWaiting, NoWorker, StepNotAllowed
from chalicelib.domain.visits import VisitState
from chalicelib.services.joining import waiting
from chalicelib.services.placing import Placing, Ticket, worker_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.domain.access import Bearer, Clerk, Invited
    from chalicelib.domain.calls import WorkerBeat
    from chalicelib.domain.files import Changes, File
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office
    from chalicelib.services.acting import Acting
    from chalicelib.services.ports import DayRow, MediaTickets, Workers


@dataclass(frozen=True, slots=True)
class Calling:
    """Everything from "next, please" to hanging up."""

    acting: Acting
    workers: Workers
    tickets: MediaTickets

    @property
    def placing(self) -> Placing:
        """Where calls are placed."""
        return Placing(self.acting, self.workers, self.tickets)

    def call_next(self, clerk: Clerk, *, date: str, now: datetime) -> File:
        """Take whoever is due and present. Raises NobodyWaiting, ClerkInCall.

        Two clerks may see the same citizen first; the commit gives them to one, and the other takes the next.
        """
        beats: Sequence[WorkerBeat] | None = None
        rows = self.acting.files.day(clerk.office, date)
        _check_free(clerk, rows)
        for row in waiting(rows):
            if row.presence is None or not row.presence.present(now):
                continue
            beats = self.workers.beats() if beats is None else beats
            try:
                return self._call(clerk, row.booking.key, beats, now=now)
            except StepNotAllowed:
                continue
        raise NobodyWaiting(date)

    def call(self, clerk: Clerk, key: FileKey, *, date: str, now: datetime) -> File:
        """Take this citizen; `date` is the clerk's day.

        Raises StepNotAllowed when another clerk has them already, ClerkInCall, NoWorker.
        """
        _check_free(clerk, self.acting.files.day(clerk.office, date), but=key)
        return self._call(clerk, key, self.workers.beats(), now=now)

    def first_ticket(self, called: File, *, now: datetime) -> Ticket:
        """The clerk's ticket into the call that they have just begun: its worker was alive a moment ago."""
        return self.placing.into_call(called, Seat.CLERK, now=now, opens=opened_by(called))

    def citizen_ticket(self, bearer: Bearer, *, now: datetime) -> Ticket:
        """The citizen's way into the call: only for the device in the seat, only once a clerk has called.

        Raises CannotEncrypt, as the guest's, where the browser said so.
        """

        def check(file: File) -> None:
            visit_acts.check_may_talk(file, bearer)
            _check_running(file)

        file = self.placing.placed(self.acting.files.load(bearer.key), check, now=now)
        return self.placing.into_call(file, Seat.CITIZEN, now=now)

    def clerk_ticket(self, clerk: Clerk, key: FileKey, *, now: datetime) -> Ticket:
        """The clerk's way into the call: only for the clerk who has the citizen."""

        def check(file: File) -> None:
            if file.visit.clerk != clerk.actor:
                raise StepNotAllowed(file.visit.state, "join another clerk's call")
            _check_running(file)

        file = self.placing.placed(self.acting.files.load(key), check, now=now)
        return self.placing.into_call(file, Seat.CLERK, now=now, opens=opened_by(file))

    def guest_ticket(self, invited: Invited, *, now: datetime) -> Ticket:
        """The guest's way into the call, in the dark until they are admitted: only for the device in their seat."""

        def check(file: File) -> None:
            guest_acts.check_guest_may_talk(file, invited)
            _check_running(file)

        file = self.placing.placed(self.acting.files.load(invited.key), check, now=now)
        return self.placing.into_call(file, Seat.GUEST, now=now)

    def hang_up_citizen(self, bearer: Bearer, *, now: datetime) -> File:
        """The citizen hangs up. Raises SeatElsewhere for a device that is not in the seat."""
        return self.acting.act(bearer.key, lambda file: visit_acts.hang_up_citizen(file, bearer), now=now)

    def hang_up_clerk(self, clerk: Clerk, key: FileKey, *, now: datetime) -> File:
        """The clerk hangs up."""
        return self.acting.act(key, lambda file: visit_acts.hang_up(file, actor=clerk.actor), now=now)

    def admit_device(self, clerk: Clerk, key: FileKey, *, now: datetime) -> File:
        """Let the device in that took the citizen's seat; its light follows with the clerk's next media ticket."""
        return self.acting.act(key, lambda file: visit_acts.admit_device(file, actor=clerk.actor), now=now)

    def tick(self, clerk: Clerk, office: Office, key: FileKey, *, step: str, done: bool, now: datetime) -> File:
        """Tick or untick a step that both sides see."""
        return self.acting.act(
            key,
            lambda file: visit_acts.tick(file, office, step, done=done, actor=clerk.actor),
            now=now,
        )

    def _call(self, clerk: Clerk, key: FileKey, beats: Sequence[WorkerBeat], *, now: datetime) -> File:
        def decide(file: File) -> Changes:
            worker = worker_for(file.visit.worker, beats, now=now)
            if worker is None:
                raise NoWorker(key.booking_id)
            return visit_acts.call(file, worker, actor=clerk.actor, now=now)

        return self.acting.act(key, decide, now=now)


def opened_by(file: File) -> frozenset[Seat]:
    """Whom the clerk's ticket into this call lets see and hear: the citizen called, the guest admitted.

    Not a citizen whose seat another device took meanwhile: that one waits for the clerk's yes.
    """
    visit = file.visit
    seats = {Seat.CITIZEN: not visit.newcomer, Seat.GUEST: visit.guest.admitted}
    return frozenset(seat for seat, may in seats.items() if may)


def _check_free(clerk: Clerk, rows: Sequence[DayRow], *, but: FileKey | None = None) -> None:
    """Raise ClerkInCall while this clerk talks with somebody else; the list may lag by a moment."""
    for row in rows:
        if row.visit.state is VisitState.IN_CALL and row.visit.clerk == clerk.actor and row.booking.key != but:
            raise ClerkInCall(row.visit.state, "call another citizen")


def _check_running(file: File) -> None:
    if file.visit.state is not VisitState.IN_CALL:
        raise StepNotAllowed(file.visit.state, "join the call")
