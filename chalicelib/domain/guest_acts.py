"""What happens with the third seat, decided: invited, arrived, admitted, gone. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.domain.access import GUEST
from chalicelib.domain.bookings import BookingState
from chalicelib.domain.cases import Record
from chalicelib.domain.errors import GuestCannotEncrypt, LinkUnknown, StepNotAllowed
from chalicelib.domain.files import NOTHING, Changes, File
from chalicelib.domain.guests import GUEST_STEPS, HERE, Guest, GuestRole, GuestState
from chalicelib.domain.transitions import step
from chalicelib.domain.visit_acts import SeatElsewhere, check_window, refuse_another_clerk
from chalicelib.domain.visits import VisitState

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.access import Invited
    from chalicelib.domain.offices import Office
    from chalicelib.domain.visits import Visit


def check_invited(file: File, invited: Invited) -> None:
    """Raise LinkUnknown once a newer link was made, the date moved, or the booking is cancelled or closed."""
    guest = file.visit.guest
    if file.booking.state is not BookingState.CONFIRMED:
        raise LinkUnknown(file.booking.state.value)
    if guest.state is GuestState.NONE or guest.version != invited.version:
        raise LinkUnknown("version")


def invite(file: File, role: GuestRole, *, actor: str) -> Changes:
    """Make a link for a guest. It ends the link made before, and shows out whoever came by that one.

    Raises StepNotAllowed before the booking is confirmed, after it is closed, and in another clerk's call.
    """
    if file.booking.state is not BookingState.CONFIRMED:
        raise StepNotAllowed(file.booking.state, "invite a guest")
    refuse_another_clerk(file, "invite a guest", actor=actor)
    guest = file.visit.guest
    invited = Guest(state=step(GUEST_STEPS, guest.state, "invite"), role=role, version=guest.version + 1)
    return _seated(file.visit, invited, Record("guest-invited", actor, {"role": role.value}))


def arrive(file: File, office: Office, invited: Invited, *, take_over: bool, now: datetime) -> Changes:
    """Take the guest's seat with this device. Arriving again (reload) changes nothing.

    Raises LinkUnknown, LinkTooEarly, LinkExpired, and SeatElsewhere while another device sits there.
    """
    check_invited(file, invited)
    check_window(file, office, now=now)
    guest = file.visit.guest
    if guest_seat(file, invited.device, now=now) == "elsewhere" and not take_over:
        raise SeatElsewhere(file.key.booking_id)
    if guest.device == invited.device and guest.state in HERE:
        return NOTHING
    arrived = replace(guest, state=step(GUEST_STEPS, guest.state, "arrive"), device=invited.device)
    return _seated(file.visit, arrived, Record("guest-arrived", GUEST, {"role": _role(guest)}))


def guest_seat(file: File, device: str, *, now: datetime) -> str:
    """Where the guest's seat is, seen from `device`: `here`, `free`, or `elsewhere` (a device still heard of)."""
    guest, presence = file.visit.guest, file.guest_presence
    if guest.device == device:
        return "here"
    if guest.state not in HERE or presence is None or not presence.present(now):
        return "free"
    return "elsewhere"


def check_guest_seat(file: File, invited: Invited) -> None:
    """Raise LinkUnknown, SeatElsewhere, or StepNotAllowed, unless this device sits in the guest's seat."""
    check_invited(file, invited)
    guest = file.visit.guest
    if guest.state not in HERE:
        raise StepNotAllowed(guest.state, "join the call")
    if guest.device != invited.device:
        raise SeatElsewhere(file.key.booking_id)


def check_guest_may_talk(file: File, invited: Invited) -> None:
    """As `check_guest_seat`; raise GuestCannotEncrypt if the browser in the seat said that it cannot encrypt."""
    check_guest_seat(file, invited)
    presence = file.guest_presence
    if presence and presence.device == invited.device and presence.cannot_encrypt:
        raise GuestCannotEncrypt(file.key.booking_id)


def leave(file: File, invited: Invited) -> Changes:
    """The guest goes; the link stays good. From a device that is not in the seat it changes nothing."""
    check_invited(file, invited)
    guest = file.visit.guest
    if guest.device != invited.device or guest.state not in HERE:
        return NOTHING
    gone = replace(guest, state=step(GUEST_STEPS, guest.state, "leave"))
    return _seated(file.visit, gone, Record("guest-left", GUEST, {"role": _role(guest)}))


def admit(file: File, *, guest: bool, actor: str) -> Changes:
    """Let the guest in, or show them out before the door. As it is already: nothing changes.

    Only the clerk who has the call may; raises StepNotAllowed otherwise, and for a guest who has not arrived.
    """
    if file.visit.state is not VisitState.IN_CALL or file.visit.clerk != actor:
        raise StepNotAllowed(file.visit.state, "admit a guest")
    its = file.visit.guest
    if its.admitted == guest:
        return NOTHING
    decided = replace(its, state=step(GUEST_STEPS, its.state, "admit" if guest else "dismiss"))
    kind = "guest-admitted" if guest else "guest-left"
    return _seated(file.visit, decided, Record(kind, actor, {"role": _role(its)}))


def _seated(visit: Visit, guest: Guest, record: Record) -> Changes:
    """The visit with this guest. Whichever device lost the seat holds a media ticket: a new generation ends it."""
    lost = visit.state is VisitState.IN_CALL and bool(visit.guest.device) and visit.guest.device != guest.device
    generation = visit.generation + 1 if lost else visit.generation
    return Changes(visit=replace(visit, guest=guest, generation=generation), records=(record,))


def _role(guest: Guest) -> str:
    return guest.role.value if guest.role else ""
