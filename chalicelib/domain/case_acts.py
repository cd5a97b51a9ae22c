"""Closing a case: what was decided, how the result gets there, and what must be true before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.bookings import BOOKING_STEPS, BookingState
from chalicelib.domain.cases import Record
from chalicelib.domain.errors import FeeOpen, InputRefused
from chalicelib.domain.files import NOTHING, Changes, Dispatch, File
from chalicelib.domain.guests import revoked
from chalicelib.domain.letters import LetterKind, write
from chalicelib.domain.offices import Delivery
from chalicelib.domain.papers import PaperState
from chalicelib.domain.payments import PaymentState
from chalicelib.domain.transitions import step
from chalicelib.domain.visit_acts import refuse_another_clerk
from chalicelib.domain.visits import VISIT_STEPS

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.offices import Office

ADDRESS_LINES_MIN, ADDRESS_LINES_MAX, ADDRESS_CHARACTERS_MAX = 3, 6, 300


class Outcome(StrEnum):
    """How a matter ended."""

    DONE = "done"
    INCOMPLETE = "incomplete"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True, slots=True)
class Closing:
    """What the clerk decided. `address` for post, `document` (a paper that the clerk sent) for download."""

    outcome: Outcome
    delivery: Delivery
    address: str = ""
    document: str = ""


def close(
    file: File, office: Office, closing: Closing, *, actor: str, letter_id: str, today: str, now: datetime
) -> Changes:
    """Close the case. Closing again changes nothing.

    Raises FeeOpen, InputRefused (field by field), StepNotAllowed (before the citizen came; in another's call).
    """
    booking = file.booking
    if booking.state is BookingState.CLOSED:
        return NOTHING
    refuse_another_clerk(file, "close", actor=actor)
    check_fee(file, office, closing)
    _check_delivery(file, closing)
    closed = replace(
        booking,
        state=step(BOOKING_STEPS, booking.state, "close"),
        outcome=closing.outcome.value,
        delivery=closing.delivery.value,
        document=closing.document,
        closed_at=now,
    )
    visit = replace(
        file.visit,
        state=step(VISIT_STEPS, file.visit.state, "close"),
        guest=revoked(file.visit.guest),
    )
    letter = write(
        letter_id,
        kind=LetterKind.RESULT,
        language=booking.language,
        link_version=booking.link_version,
        sequence=booking.sequence,
        now=now,
    )
    payload = {"outcome": closing.outcome.value, "delivery": closing.delivery.value}
    return Changes(
        booking=closed,
        visit=visit,
        letters=(letter,),
        dispatch=_dispatch(file, closing, by=actor, today=today),
        records=(Record("case-closed", actor, payload),),
    )


def check_fee(file: File, office: Office, closing: Closing) -> None:
    """Raise FeeOpen while money is owed: one that was asked for, or, for a matter done, one never asked."""
    if any(payment.is_open for payment in file.payments):
        raise FeeOpen(file.key.booking_id)
    settled = any(payment.state is not PaymentState.REFUNDED for payment in file.payments)
    if closing.outcome is Outcome.DONE and office.fees(file.booking.services) and not settled:
        raise FeeOpen(file.key.booking_id)


def _check_delivery(file: File, closing: Closing) -> None:
    if closing.delivery is Delivery.POST:
        lines = [line for line in closing.address.splitlines() if line.strip()]
        fits = ADDRESS_LINES_MIN <= len(lines) <= ADDRESS_LINES_MAX
        if not fits or len(closing.address) > ADDRESS_CHARACTERS_MAX:
            raise InputRefused({"address": "problem.address_lines"})
    if closing.delivery is Delivery.DOWNLOAD:
        ready = {paper.id for paper in file.papers if paper.from_ == "clerk" and paper.state is PaperState.CHECKED}
        if closing.document not in ready:
            raise InputRefused({"document": "problem.document_missing"})


def _dispatch(file: File, closing: Closing, *, by: str, today: str) -> Dispatch | None:
    if closing.delivery is not Delivery.POST:
        return None
    lines = "\n".join(line.strip() for line in closing.address.splitlines() if line.strip())
    return Dispatch(address=lines, document=", ".join(file.booking.services), due_on=today, by=by)
