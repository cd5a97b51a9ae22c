"""The receipt: what a citizen keeps in hand of a closed case, and can hold the office to.

It names the end of the case's chain as it stood then. Whoever exports the case later has to show a chain that
passes through exactly that entry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.cases import Entry, stamp
from chalicelib.domain.errors import CaseError
from chalicelib.domain.files import File
from chalicelib.domain.offices import Delivery, Office
from chalicelib.domain.payments import PaymentState

TOLD = (
    "booking-confirmed",
    "booking-moved",
    "visit-called",
    "paper-checked",
    "identity-checked",
    "fee-paid",
    "fee-waived",
    "fee-refunded",
    "case-closed",
)
"""Kinds of entries that mean something to a citizen; each has a sentence in the catalogues."""


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that happened, and when. `kind` is an entry's."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Fee:
    """What was paid, waived or given back, in minor units."""

    minor_units: int
    currency: str
    state: PaymentState
    method: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that is printed. Times are aware UTC; `matters` and `office` are in the citizen's language."""

    reference: str
    office: str
    city: str
    address: tuple[str, ...]
    colour: str
    person: str
    matters: tuple[str, ...]
    done: tuple[Done, ...]
    fees: tuple[Fee, ...]
    delivery: Delivery | None
    closed_at: datetime
    seq: int
    hash: str
    signature: str

    @property
    def closed(self) -> str:
        """The time of closing as entries write it."""
        return stamp(self.closed_at)


def receipt_of(file: File, office: Office, entries: Sequence[Entry], *, language: str) -> Receipt:
    """Draw up the receipt of a file from its chain. Raises CaseError while nothing signed is there."""
    if not entries or file.head.signature is None:
        raise CaseError("a case without a signed head has no receipt")
    return Receipt(
        reference=file.booking.reference,
        office=_in(office.name, language),
        city=office.city,
        address=office.address,
        colour=office.colour,
        person=file.booking.details.name if file.booking.details else "",
        matters=tuple(_in(service.name, language) for service in office.matters(file.booking.services)),
        done=tuple(Done(entry.kind, entry.at) for entry in entries if entry.kind in TOLD),
        fees=tuple(
            Fee(payment.amount.minor_units, payment.amount.currency, payment.state, payment.method)
            for payment in file.payments
        ),
        delivery=delivery_of(file),
        closed_at=entries[-1].at,
        seq=file.head.seq,
        hash=file.head.hash,
        signature=file.head.signature,
    )


def delivery_of(file: File) -> Delivery | None:
    """Tell how the result reaches the citizen: posted, or for download; None if there is none."""
    if file.dispatch is not None:
        return Delivery.POST
    if any(paper.from_ == "clerk" and paper.digest for paper in file.papers):
        return Delivery.DOWNLOAD
    return None


def _in(text: Mapping[str, str], language: str) -> str:
    return text.get(language) or next(iter(text.values()))
