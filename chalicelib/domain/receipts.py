"""The receipt: what a citizen keeps in hand of a closed case, and can hold the office to.

It names the end of the case's chain as it stood then. Whoever exports the case later has to show a chain that
passes through exactly that entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.domain.errors import CaseError
from chalicelib.domain.payments import PaymentState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chalicelib.domain.cases import Entry, Head, Payload
    from chalicelib.domain.files import File
    from chalicelib.domain.offices import Office

TOLD = frozenset(
    {
        "booking-confirmed",
        "citizen-called",
        "step-done",
        "paper-checked",
        "fee-paid",
        "fee-waived",
        "fee-refunded",
        "case-closed",
    }
)
"""Kinds of entries that mean something to a citizen; each has a sentence `receipt.<kind>` in the catalogues."""


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that happened, and when. `detail` is the step's or the paper's name, in the receipt's language."""

    kind: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Fee:
    """What was paid, waived or given back, in minor units."""

    minor_units: int
    currency: str
    state: PaymentState
    method: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that is printed. Times are aware UTC; texts of the office file are in the citizen's language."""

    reference: str
    office: str
    address: tuple[str, ...]
    colour: str
    person: str
    start: datetime
    matters: tuple[str, ...]
    done: tuple[Done, ...]
    fees: tuple[Fee, ...]
    fee_due: bool
    """Whether the matters cost anything: no entry in `fees` then means that it was not charged."""
    outcome: str
    delivery: str
    closed_at: datetime
    seq: int
    hash: str


def receipt_of(
    file: File,
    office: Office,
    head: Head,
    entries: Sequence[Entry],
    payloads: Sequence[Payload],
    *,
    language: str,
) -> Receipt:
    """Draw up the receipt of a closed case. Raises CaseError before that."""
    booking = file.booking
    if booking.closed_at is None or head.signature is None:
        raise CaseError("a case that is not closed has no receipt")
    return Receipt(
        reference=booking.reference,
        office=_in(office.name, language),
        address=office.address,
        colour=office.colour,
        person=booking.details.name if booking.details else "",
        start=booking.start,
        matters=tuple(_in(service.name, language) for service in office.matters(booking.services)),
        done=tuple(_done(file, office, entries, payloads, language)),
        fees=tuple(
            Fee(
                payment.amount.minor_units,
                payment.amount.currency,
                payment.state,
                payment.method,
                payment.settled_at,
            )
            for payment in file.payments
            if payment.state in (PaymentState.PAYED, PaymentState.WAIVED, PaymentState.REFUNDED)
        ),
        fee_due=bool(office.fees(booking.services)),
        outcome=booking.outcome,
        delivery=booking.delivery,
        closed_at=booking.closed_at,
        seq=head.seq,
        hash=head.hash,
    )


def _done(
    file: File, office: Office, entries: Sequence[Entry], payloads: Sequence[Payload], language: str
) -> Iterator[Done]:
    """Yield what happened. Of a step that was ticked more than once, the last time counts; unticked ones do not."""
    said = {payload.seq: payload.payload for payload in payloads}
    steps = {
        f"{service.key}/{one.key}": _in(one.text, language)
        for service in office.matters(file.booking.services)
        for one in service.steps
    }
    last = {str(said.get(entry.seq, {}).get("step")): entry.seq for entry in entries if entry.kind == "step-done"}
    for entry in entries:
        told = said.get(entry.seq, {})
        if entry.kind == "step-done":
            step = str(told.get("step"))
            if step in file.visit.steps_done and step in steps and last[step] == entry.seq:
                yield Done(entry.kind, entry.at, steps[step])
        elif entry.kind in TOLD:
            yield Done(entry.kind, entry.at, str(told.get("name", "")) if entry.kind == "paper-checked" else "")


def _in(text: Mapping[str, str], language: str) -> str:
    return text.get(language) or next(iter(text.values()))
