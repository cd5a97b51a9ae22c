"""What may be done with a booking, and what that changes. Pure: a file and arguments in, Changes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.access import CITIZEN
from chalicelib.domain.bookings import BOOKING_STEPS, DRAFT_KEPT, Booking, BookingState, Details
from chalicelib.domain.cases import Record
from chalicelib.domain.errors import DetailsMissing, HoldExpired, StepNotAllowed
from chalicelib.domain.files import NOTHING, Changes, File, UnitClaim
from chalicelib.domain.ids import reference
from chalicelib.domain.letters import Letter, LetterKind, write
from chalicelib.domain.payments import PaymentState
from chalicelib.domain.slots import Slot, capacity, units
from chalicelib.domain.transitions import step
from chalicelib.domain.visits import Visit, begun_anew

if TYPE_CHECKING:
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office


def hold(
    office: Office, key: FileKey, *, services: tuple[str, ...], slot: Slot, booker: str, now: datetime
) -> tuple[Booking, Changes]:
    """A new booking in state HELD that keeps the slot free for `office.hold_minutes`."""
    booking = Booking(
        key=key,
        reference=reference(office.short, key.booking_id),
        state=BookingState.HELD,
        services=services,
        start=slot.start,
        minutes=slot.minutes,
        booker=booker,
        made_at=now,
        hold_until=now + timedelta(minutes=office.hold_minutes),
    )
    return booking, Changes(booking=booking, take=_claims(office, units(slot, office.grid_minutes)))


def change_slot(file: File, office: Office, *, slot: Slot, now: datetime) -> Changes:
    """Another slot for a draft; what was typed stays. The old slot, if still held, is given back."""
    booking = file.booking
    state = step(BOOKING_STEPS, booking.state, "change_slot")
    changed = replace(
        booking,
        state=state,
        start=slot.start,
        minutes=slot.minutes,
        hold_until=now + timedelta(minutes=office.hold_minutes),
    )
    held = _units(booking, office) if booking.state is BookingState.HELD else ()
    return _swapped(office, held, units(slot, office.grid_minutes), Changes(booking=changed))


def give_details(file: File, details: Details) -> Changes:
    """Name, e-mail and the rest, onto the draft. A late one keeps them too: only confirming needs the slot."""
    step(BOOKING_STEPS, file.booking.state, "give_details")
    if file.booking.details == details:
        return NOTHING
    return Changes(booking=replace(file.booking, details=details))


def confirm(file: File, *, letter_id: str, now: datetime) -> Changes:
    """Make it binding. Confirming again (double click, lost answer) changes nothing."""
    booking = file.booking
    if booking.state is BookingState.CONFIRMED:
        return NOTHING
    _refuse_late(booking, now)
    if booking.details is None:
        raise DetailsMissing(booking.key.booking_id)
    confirmed = replace(booking, state=step(BOOKING_STEPS, booking.state, "confirm"), hold_until=None)
    record = Record("booking-confirmed", CITIZEN, _appointment(confirmed))
    return Changes(
        booking=confirmed,
        visit=Visit(),
        letters=(_letter(letter_id, LetterKind.CONFIRMED, confirmed, now),),
        records=(record,),
    )


def expire(file: File, office: Office, *, now: datetime) -> Changes:
    """The tick's work on a draft: give the slot back when the hold is over, forget it an hour later."""
    booking = file.booking
    if booking.hold_until is None or now < booking.hold_until:
        return NOTHING
    if booking.state is BookingState.HELD:
        expired = replace(booking, state=step(BOOKING_STEPS, booking.state, "expire"))
        return Changes(booking=expired, release=_units(booking, office))
    if booking.state is BookingState.EXPIRED and now >= booking.hold_until + DRAFT_KEPT:
        return Changes(forget=True)
    return NOTHING


def move(file: File, office: Office, *, slot: Slot, actor: str, letter_id: str, now: datetime) -> Changes:
    """Swap old slot for new in one commit. All links sent before stop working; a new letter brings new ones."""
    booking = file.booking
    state = step(BOOKING_STEPS, booking.state, "move")
    _refuse_begun(file, "move")
    if (booking.start, booking.minutes) == (slot.start, slot.minutes):
        return NOTHING
    moved = replace(
        booking,
        state=state,
        start=slot.start,
        minutes=slot.minutes,
        link_version=booking.link_version + 1,
        sequence=booking.sequence + 1,
    )
    changes = Changes(
        booking=moved,
        visit=begun_anew(file.visit),
        letters=(_letter(letter_id, LetterKind.MOVED, moved, now),),
        records=(Record("booking-moved", actor, _appointment(moved)),),
    )
    return _swapped(office, _units(booking, office), units(slot, office.grid_minutes), changes)


def cancel(file: File, office: Office, *, actor: str, letter_id: str, now: datetime) -> Changes:
    """Give the slot back and end the booking; whoever waits, waits no more. Cancelling again changes nothing."""
    booking = file.booking
    if booking.state is BookingState.CANCELLED:
        return NOTHING
    _refuse_begun(file, "cancel")
    _refuse_with_money(file, "cancel")
    cancelled = replace(
        booking,
        state=step(BOOKING_STEPS, booking.state, "cancel"),
        sequence=booking.sequence + 1,
    )
    return Changes(
        booking=cancelled,
        visit=begun_anew(file.visit),
        release=_units(booking, office),
        letters=(_letter(letter_id, LetterKind.CANCELLED, cancelled, now),),
        records=(Record("booking-cancelled", actor, {"start": booking.start.isoformat()}),),
    )


def resend(file: File, *, actor: str, letter_id: str, now: datetime) -> Changes:
    """Send the links once more; they are the same links."""
    if file.booking.state is not BookingState.CONFIRMED:
        raise StepNotAllowed(file.booking.state, "resend")
    sent_again = _letter(letter_id, LetterKind.RESENT, file.booking, now)
    return Changes(letters=(sent_again,), records=(Record("links-resent", actor, {}),))


def _refuse_late(booking: Booking, now: datetime) -> None:
    expired = booking.state is BookingState.EXPIRED
    if expired or (booking.hold_until is not None and now >= booking.hold_until):
        raise HoldExpired(booking.key.booking_id)


def _refuse_begun(file: File, event: str) -> None:
    """Once a clerk has called the citizen, the appointment has happened."""
    if file.visit.called_at is not None:
        raise StepNotAllowed(file.visit.state, event)


def _refuse_with_money(file: File, event: str) -> None:
    """Whoever has paid, or is just paying, talks to the office: money does not come back by itself."""
    for payment in file.payments:
        if payment.state in (PaymentState.AT_CHECKOUT, PaymentState.PAYED):
            raise StepNotAllowed(payment.state, event)


def _letter(letter_id: str, kind: LetterKind, booking: Booking, now: datetime) -> Letter:
    return write(
        letter_id,
        kind=kind,
        language=booking.language,
        link_version=booking.link_version,
        sequence=booking.sequence,
        now=now,
    )


def _units(booking: Booking, office: Office) -> tuple[datetime, ...]:
    return units(Slot(booking.start, booking.minutes), office.grid_minutes)


def _claims(office: Office, starts: tuple[datetime, ...]) -> tuple[UnitClaim, ...]:
    return tuple(UnitClaim(start, capacity(office, start)) for start in starts)


def _swapped(office: Office, old: tuple[datetime, ...], new: tuple[datetime, ...], changes: Changes) -> Changes:
    """Only what differs: a unit may stand in a transaction once, and what stays is never let go."""
    return replace(
        changes,
        take=_claims(office, tuple(start for start in new if start not in old)),
        release=tuple(start for start in old if start not in new),
    )


def _appointment(booking: Booking) -> dict[str, str | int | list[str]]:
    return {
        "start": booking.start.isoformat(),
        "minutes": booking.minutes,
        "services": list(booking.services),
    }
