"""What the clerk's desk is told: the contract stands in docs/architecture.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.bookings import BookingState
from chalicelib.domain.case_acts import Closing, Outcome, check_fee
from chalicelib.domain.errors import FeeOpen
from chalicelib.domain.guests import HERE
from chalicelib.domain.offices import Delivery
from chalicelib.domain.transitions import allows
from chalicelib.domain.visits import VISIT_STEPS, VisitState
from chalicelib.web import states
from chalicelib.web.catalogues import texts_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.domain.access import Clerk
    from chalicelib.domain.cases import Entry, Payload
    from chalicelib.domain.files import Dispatch, File
    from chalicelib.domain.offices import Office
    from chalicelib.domain.visits import Presence
    from chalicelib.services.ports import DayRow


def desk_state(
    rows: Sequence[DayRow], office: Office, clerk: Clerk, *, day: str, language: str, now: datetime
) -> dict[str, Any]:
    """The day's list and which call is this clerk's."""
    mine = [
        row.booking.key.booking_id
        for row in rows
        if row.visit.state is VisitState.IN_CALL and row.visit.clerk == clerk.actor
    ]
    return {
        "now": states.moment(now),
        "day": day,
        "office": {"key": office.key, "name": states.in_language(office.name, language)},
        "clerk": {"id": clerk.id, "name": clerk.name, "role": clerk.role.value},
        "list": [_row(row, office, clerk, language=language, now=now) for row in rows],
        "current": mine[0] if mine else None,
    }


def file_state(
    file: File,
    office: Office,
    clerk: Clerk,
    chain: tuple[Sequence[Entry], Sequence[Payload]],
    *,
    language: str,
    now: datetime,
) -> dict[str, Any]:
    """All that the clerk sees of one file."""
    booking, visit, details = file.booking, file.visit, file.booking.details
    fee = office.fees(booking.services)
    last = states.last_payment(file)
    return {
        "booking": {
            "id": booking.key.booking_id,
            "reference": booking.reference,
            "start": states.moment(booking.start),
            "minutes": booking.minutes,
            "state": booking.state.value,
            "name": details.name if details else "",
            "email": details.email if details else "",
            "phone": details.phone if details else "",
            "note": details.note if details else "",
            "language": booking.language,
            "matters": states.matters(file, office, language),
        },
        "visit": {
            "state": visit.state.value,
            "ahead": 0,
            "seat": "here" if visit.device else "free",
            "generation": visit.generation,
            "clerk": visit.clerk.removeprefix("clerk:") or None,
            "mine": visit.clerk == clerk.actor,
            "newcomer": visit.newcomer,
            "called_at": states.moment(visit.called_at),
            "present": bool(file.presence and file.presence.present(now)),
            "device": _device(file.presence),
        },
        "guest": _guest(file, now=now),
        "calls": states.calls(office),
        "steps": states.steps(file, office, language),
        "payment": states.payment(file, language),
        "fee": states.money(fee, language) if fee else None,
        "incidents": [
            texts_in(language)(f"case.incident.{incident.value}") for incident in (last.incidents if last else ())
        ],
        "papers": states.papers(file, language),
        "entries": _entries(*chain, language=language),
        "outcome": states.outcome(file, language),
        "may": _may(file, office, clerk),
    }


def dispatch_row(file: File, dispatch: Dispatch, office: Office, *, language: str) -> dict[str, Any]:
    """One envelope of the day's post: to whom, what is in it, who closed the case."""
    booking = file.booking
    matters = office.matters(booking.services)
    return {
        "reference": booking.reference,
        "name": booking.details.name if booking.details else "",
        "address": dispatch.address,
        "document": ", ".join(states.in_language(service.name, language) for service in matters),
        "by": _actor(dispatch.by, language),
    }


def _row(row: DayRow, office: Office, clerk: Clerk, *, language: str, now: datetime) -> dict[str, Any]:
    booking, visit = row.booking, row.visit
    waiting = visit.state is VisitState.WAITING and visit.arrived_at
    return {
        "booking": booking.key.booking_id,
        "reference": booking.reference,
        "start": states.moment(booking.start),
        "minutes": booking.minutes,
        "name": booking.details.name if booking.details else "",
        "matters": [states.in_language(service.name, language) for service in office.matters(booking.services)],
        "state": visit.state.value,
        "waiting_minutes": int((now - visit.arrived_at).total_seconds() // 60)
        if waiting and visit.arrived_at
        else None,
        "present": bool(row.presence and row.presence.present(now)),
        "device": _device(row.presence),
        "clerk": visit.clerk.removeprefix("clerk:") or None,
        "mine": visit.clerk == clerk.actor,
    }


def _guest(file: File, *, now: datetime) -> dict[str, Any] | None:
    guest = states.guest(file)
    if guest is None:
        return None
    presence = file.guest_presence if file.visit.guest.state in HERE else None
    return {**guest, "present": bool(presence and presence.present(now)), "device": _device(presence)}


def _device(presence: Presence | None) -> dict[str, str | int | None] | None:
    if presence is None:
        return None
    return {
        "camera": presence.camera,
        "microphone": presence.microphone,
        "connection": presence.connection,
        "browser": presence.browser,
        "loss_percent": presence.loss_percent,
        "round_trip_ms": presence.round_trip_ms,
        "bandwidth_kbits": presence.bandwidth_kbits,
        "encryption": presence.encryption,
    }


def _entries(entries: Sequence[Entry], payloads: Sequence[Payload], *, language: str) -> list[dict[str, Any]]:
    known, texts = {payload.seq for payload in payloads}, texts_in(language)
    return [
        {
            "seq": entry.seq,
            "at": states.moment(entry.at),
            "actor": _actor(entry.actor, language),
            "text": texts(f"case.entry.{entry.kind}"),
            "erased": entry.seq not in known,
        }
        for entry in entries
    ]


def _actor(actor: str, language: str) -> str:
    role, _, number = actor.partition(":")
    texts = texts_in(language)
    return (
        texts("case.actor.clerk", number=number.rpartition("-")[2])
        if role == "clerk"
        else texts(f"case.actor.{role}")
    )


def _may(file: File, office: Office, clerk: Clerk) -> dict[str, bool]:
    """Which buttons lead somewhere. Money and steps belong to the clerk who has, or had, the call."""
    last = states.last_payment(file)
    running = file.booking.state is BookingState.CONFIRMED
    mine = (
        running and file.visit.clerk == clerk.actor and file.visit.state in (VisitState.IN_CALL, VisitState.HUNG_UP)
    )
    fee = bool(office.fees(file.booking.services))
    others = file.visit.state is VisitState.IN_CALL and file.visit.clerk != clerk.actor
    closing = running and not others and allows(VISIT_STEPS, file.visit.state, "close")
    # An open checkout is no obstacle: the waiver ends it first.
    waivable = last is None or last.is_open
    return {
        "call": running and allows(VISIT_STEPS, file.visit.state, "call"),
        "invite": running and not others,
        "admit": mine and file.visit.state is VisitState.IN_CALL and file.visit.guest.state in HERE,
        "step": mine,
        "ask_fee": mine and fee and last is None,
        "waive": mine and fee and waivable,
        "close": closing and _fee_allows(file, office, Outcome.DONE),
        "close_without": closing and _fee_allows(file, office, Outcome.INCOMPLETE),
    }


def _fee_allows(file: File, office: Office, outcome: Outcome) -> bool:
    """Whether the fee as it stands lets the case end so."""
    try:
        check_fee(file, office, Closing(outcome, Delivery.NONE))
    except FeeOpen:
        return False
    return True
