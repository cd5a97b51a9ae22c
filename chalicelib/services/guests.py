"""The third person: a link that the clerk makes, their way to the seat, and who lets them in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.domain import guest_acts, visit_acts
from chalicelib.domain.access import Invited, may_open
from chalicelib.domain.errors import GuestCannotEncrypt, LinkUnknown, NoSuchBooking
from chalicelib.domain.ids import FileKey
from chalicelib.domain.links import Purpose, check, fragment, parse_fragment, secret

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.access import Clerk
    from chalicelib.domain.files import Changes, File
    from chalicelib.domain.guests import GuestRole
    from chalicelib.domain.offices import Office
    from chalicelib.domain.visits import Presence
    from chalicelib.services.acting import Acting


@dataclass(frozen=True, slots=True)
class Guests:
    """Everything around the guest's seat but the media ticket, which `calling` gives."""

    acting: Acting
    link_key: bytes = field(repr=False)

    def invite(self, clerk: Clerk, key: FileKey, role: GuestRole, *, now: datetime) -> str:
        """The fragment of a new link; the one made before opens nothing any more. Raises StepNotAllowed."""
        may_open(clerk, key)
        file = self.acting.act(key, lambda file: guest_acts.invite(file, role, actor=clerk.actor), now=now)
        version = file.visit.guest.version
        derived = secret(
            self.link_key, office=key.office, booking_id=key.booking_id, version=version, purpose=Purpose.GUEST
        )
        return fragment(key.booking_id, derived)

    def open_link(self, office: Office, text: str, *, device: str, now: datetime) -> Invited:
        """Who holds this link. Raises LinkUnknown, LinkTooEarly, LinkExpired. One read; it changes nothing."""
        booking_id, given = parse_fragment(text)
        key = FileKey(office.key, booking_id)
        try:
            file = self.acting.files.load(key)
        except NoSuchBooking:
            raise LinkUnknown("booking") from None
        version = file.visit.guest.version
        check(
            given,
            key=self.link_key,
            office=office.key,
            booking_id=booking_id,
            version=version,
            purpose=Purpose.GUEST,
        )
        invited = Invited(key, version, device)
        guest_acts.check_invited(file, invited)
        visit_acts.check_window(file, office, now=now)
        return invited

    def vouch(self, invited: Invited) -> File:
        """The file of a link that still holds. Raises LinkUnknown. For the caller, not for the guest's eyes."""
        file = self.acting.files.load(invited.key)
        guest_acts.check_invited(file, invited)
        return file

    def arrive(self, office: Office, invited: Invited, presence: Presence, *, take_over: bool, now: datetime) -> File:
        """Take the guest's seat, before the door. Raises SeatElsewhere, GuestCannotEncrypt."""
        if presence.cannot_encrypt:
            raise GuestCannotEncrypt(invited.key.booking_id)

        def decide(file: File) -> Changes:
            return guest_acts.arrive(file, office, invited, take_over=take_over, now=now)

        file = self.acting.act(invited.key, decide, now=now)
        self.acting.files.beat_guest(invited.key, presence)
        return file

    def beat(self, invited: Invited, presence: Presence) -> File:
        """A heartbeat of the guest's browser; one of a device that is not in the seat is not noted."""
        file = self.vouch(invited)
        if file.visit.guest.device == invited.device:
            self.acting.files.beat_guest(invited.key, presence)
        return file

    def leave(self, invited: Invited, *, now: datetime) -> File:
        """The guest goes."""
        return self.acting.act(invited.key, lambda file: guest_acts.leave(file, invited), now=now)

    def admit(self, clerk: Clerk, key: FileKey, *, guest: bool, now: datetime) -> File:
        """Let the guest in, or out. Their light follows with the clerk's next media ticket."""
        may_open(clerk, key)
        return self.acting.act(key, lambda file: guest_acts.admit(file, guest=guest, actor=clerk.actor), now=now)
