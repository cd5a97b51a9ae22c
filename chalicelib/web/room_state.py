"""What the citizen's room is told: the contract stands in docs/architecture.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.visit_acts import seat_of
from chalicelib.web import states
from chalicelib.web.catalogues import texts_in

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.files import File
    from chalicelib.domain.offices import Office


def room_state(
    file: File, office: Office, *, device: str, ahead: int, language: str, now: datetime
) -> dict[str, Any]:
    """The state of one file for the device that asks; `ahead` is how many wait before it."""
    booking, visit = file.booking, file.visit
    fee = office.fees(booking.services)
    return {
        "now": states.moment(now),
        "booking": {
            "id": booking.key.booking_id,
            "reference": booking.reference,
            "start": states.moment(booking.start),
            "minutes": booking.minutes,
            "name": booking.details.name if booking.details else "",
            "matters": states.matters(file, office, language),
        },
        "visit": {
            "state": visit.state.value,
            "ahead": ahead,
            "seat": seat_of(file, device, now=now),
            "generation": visit.generation,
            "newcomer": visit.newcomer,
            "clerk": clerk_name(visit.clerk, language) if visit.clerk else None,
        },
        "guest": states.guest(file),
        "calls": states.calls(office),
        "steps": states.steps(file, office, language),
        "fee": states.money(fee, language) if fee else None,
        "payment": states.payment(file, language),
        "papers": states.papers(file, language),
        "outcome": states.outcome(file, language),
    }


def clerk_name(actor: str, language: str) -> str:
    """How a citizen sees a clerk: by number, as the desk signs; names are the clerk's own to say."""
    number = actor.rpartition("-")[2]
    return texts_in(language)("case.clerk", number=number)
