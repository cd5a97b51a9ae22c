"""From the link to the room: the link's secret becomes a session; the citizen arrives, waits, leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.domain import visit_acts
from chalicelib.domain.access import Bearer
from chalicelib.domain.bookings import BookingState
from chalicelib.domain.errors import CannotEncrypt, LinkUnknown, NoSuchBooking
from chalicelib.domain.ids import ID_BYTES, FileKey, new_id
from chalicelib.domain.links import Purpose, check, parse_fragment
from chalicelib.domain.visits import Presence, VisitState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.domain.files import Changes, File
    from chalicelib.domain.offices import Office
    from chalicelib.services.acting import Acting
    from chalicelib.services.ports import DayRow


@dataclass(frozen=True, slots=True)
class Joining:
    """Everything that a holder of a link does before the call. Opening a link changes nothing in the file."""

    acting: Acting
    link_key: bytes = field(repr=False)

    def open_link(self, office: Office, fragment: str, *, purpose: Purpose, device: str = "") -> Bearer:
        """Who holds this link. Raises LinkUnknown for whatever is altered, revoked, foreign or absent. One read."""
        booking_id, secret = parse_fragment(fragment)
        key = FileKey(office.key, booking_id)
        try:
            booking = self.acting.files.load(key).booking
        except NoSuchBooking:
            raise LinkUnknown("booking") from None
        if booking.state is BookingState.CANCELLED:
            raise LinkUnknown("cancelled")
        version = booking.link_version
        check(
            secret,
            key=self.link_key,
            office=office.key,
            booking_id=booking_id,
            version=version,
            purpose=purpose,
        )
        return Bearer(key, version, device or new_id(self.acting.chance.token(ID_BYTES)))

    def manages(self, bearer: Bearer) -> File:
        """The file of a manage session. Raises LinkUnknown after a move; a cancelled one is shown as such."""
        file = self.acting.files.load(bearer.key)
        visit_acts.check_version(file, bearer)
        return file

    def vouch(self, bearer: Bearer) -> File:
        """The file of a link that still holds. Raises LinkUnknown after a move, and once it is cancelled."""
        file = self.acting.files.load(bearer.key)
        visit_acts.check_bearer(file, bearer)
        return file

    def admit(self, office: Office, bearer: Bearer, *, now: datetime) -> File:
        """The file for the room. Raises LinkTooEarly and LinkExpired, each with its moment."""
        file = self.vouch(bearer)
        visit_acts.check_window(file, office, now=now)
        return file

    def enter(self, office: Office, bearer: Bearer, presence: Presence, *, take_over: bool, now: datetime) -> File:
        """Take the seat and sit down in the waiting room. Raises SeatElsewhere, CannotEncrypt."""
        if presence.cannot_encrypt:
            self._note_turned_away(office, bearer, presence, now=now)
            raise CannotEncrypt(bearer.key.booking_id)

        def decide(file: File) -> Changes:
            return visit_acts.enter(file, office, bearer, take_over=take_over, now=now)

        file = self.acting.act(bearer.key, decide, now=now)
        self.acting.files.beat(bearer.key, presence, start=file.booking.start)
        return file

    def _note_turned_away(self, office: Office, bearer: Bearer, presence: Presence, *, now: datetime) -> None:
        """Let the desk see who came with a browser that is of no use: they may need a call by telephone.

        A seat that is taken keeps its own presence.
        """
        file = self.admit(office, bearer, now=now)
        if not file.visit.device:
            self.acting.files.beat(bearer.key, presence, start=file.booking.start)

    def beat(self, bearer: Bearer, presence: Presence) -> File:
        """A heartbeat of the browser in the seat; one of another device is not noted."""
        file = self.vouch(bearer)
        if file.visit.device == bearer.device:
            self.acting.files.beat(bearer.key, presence, start=file.booking.start)
        return file

    def leave(self, bearer: Bearer, *, now: datetime) -> File:
        """Leave the waiting room."""
        return self.acting.act(bearer.key, lambda file: visit_acts.leave(file, bearer), now=now)

    def ahead(self, file: File, date: str, *, now: datetime) -> int:
        """How many wait before this citizen; whoever's browser is gone is not waited for. One query."""
        return place_in_line(self.acting.files.day(file.key.office, date), file.key, now=now)


def place_in_line(rows: Sequence[DayRow], key: FileKey, *, now: datetime) -> int:
    """How many wait before this one, by the day's list; 0 for one that the list does not show waiting yet."""
    line = [
        row.booking.key
        for row in waiting(rows)
        if row.booking.key == key or (row.presence and row.presence.present(now))
    ]
    return line.index(key) if key in line else 0


def waiting(rows: Sequence[DayRow]) -> list[DayRow]:
    """Who waits, in the order in which they will be called: by appointment, then by arrival."""
    present = [row for row in rows if row.visit.state is VisitState.WAITING]
    return sorted(present, key=lambda row: (row.booking.start, row.visit.arrived_at or row.booking.start))
