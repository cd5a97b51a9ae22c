"""No wait at the door: who is next is connected before the click, in the dark. And the line is tried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.domain import visit_acts
from chalicelib.domain.calls import Seat
from chalicelib.domain.errors import NoWorker, StepNotAllowed
from chalicelib.domain.hours import local_day
from chalicelib.domain.ids import ID_BYTES, new_id
from chalicelib.domain.visits import VisitState
from chalicelib.services.joining import place_in_line, waiting
from chalicelib.services.placing import worker_for

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.access import Bearer, Clerk
    from chalicelib.domain.files import File
    from chalicelib.domain.offices import Office
    from chalicelib.services.placing import Placing, Ticket

AHEAD_MAX = 2  # of those who wait before: their calls begin soon enough, and a worker carries few in vain
ECHO_LIFETIME = timedelta(minutes=1)  # a ticket opens one connection; trying takes seconds


@dataclass(frozen=True, slots=True)
class Anterooms:
    """Connections made before they are needed. Nothing that a worker lights up is signed here."""

    placing: Placing

    def preflight(self, file: File, *, now: datetime) -> Ticket:
        """A ticket to a room of one's own that gives back what is sent. Raises NoWorker. One request."""
        worker = worker_for("", self.placing.workers.beats(), now=now)
        if worker is None:
            raise NoWorker("none alive")
        room = f"echo-{new_id(self.placing.acting.chance.token(ID_BYTES))}"
        return self.placing.ticket(
            office=file.key.office, room=room, seat=Seat.ECHO, worker=worker.address, lifetime=ECHO_LIFETIME, now=now
        )

    def of_citizen(self, office: Office, bearer: Bearer, *, now: datetime) -> Ticket | None:
        """The citizen's ticket into their room before they are called; None while more than AHEAD_MAX wait before.

        Raises SeatElsewhere, CannotEncrypt, StepNotAllowed unless they wait, NoWorker. Three requests, four when it
        is placed.
        """

        def check(file: File) -> None:
            visit_acts.check_may_talk(file, bearer)
            if file.visit.state is not VisitState.WAITING:
                raise StepNotAllowed(file.visit.state, "wait at the door")

        file = self.placing.acting.files.load(bearer.key)
        check(file)
        date = local_day(file.booking.start, zone=office.time_zone).isoformat()
        rows = self.placing.acting.files.day(office.key, date)
        if place_in_line(rows, file.key, now=now) > AHEAD_MAX:
            return None
        placed = self.placing.placed(file, check, now=now)
        return self.placing.into_call(placed, Seat.CITIZEN, now=now)

    def of_clerk(self, clerk: Clerk, *, date: str, now: datetime) -> Ticket | None:
        """The clerk's ticket to a room of their own, on the worker where whoever is next sits already.

        None while nobody does: anywhere else the click would have to connect anew. Two requests.
        """
        rows = waiting(self.placing.acting.files.day(clerk.office, date))
        following = next((row for row in rows if row.presence and row.presence.present(now)), None)
        if following is None or not following.visit.worker:
            return None
        address = following.visit.worker
        there = worker_for(address, self.placing.workers.beats(), now=now)
        if there is None or there.address != address:
            return None
        room = f"desk-{clerk.id}"
        return self.placing.ticket(office=clerk.office, room=room, seat=Seat.CLERK, worker=address, now=now)
