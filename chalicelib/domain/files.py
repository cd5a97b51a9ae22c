"""The file (Akte): all that belongs to one booking, and what an act changes in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from chalicelib.domain.errors import NoSuchPaper, NoSuchPayment
from chalicelib.domain.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from chalicelib.domain.bookings import Booking
    from chalicelib.domain.cases import Head, Record
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.letters import Letter
    from chalicelib.domain.papers import Paper
    from chalicelib.domain.payments import Payment
    from chalicelib.domain.visits import Presence


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A document to be posted: what the dispatch list shows."""

    address: str  # lines as printed on the envelope
    document: str
    due_on: str  # ISO date, Europe/Berlin
    by: str


@dataclass(frozen=True, slots=True)
class UnitClaim:
    """One unit of capacity to take: refused when `capacity` are taken already."""

    start: datetime
    capacity: int


@dataclass(frozen=True, slots=True)
class File:
    """Everything of one booking as one read gave it. `head.rev` is what a commit is conditional on."""

    head: Head
    booking: Booking
    visit: Visit = field(default_factory=Visit)
    presence: Presence | None = None
    guest_presence: Presence | None = None
    payments: tuple[Payment, ...] = ()
    papers: tuple[Paper, ...] = ()
    letters: tuple[Letter, ...] = ()
    dispatch: Dispatch | None = None

    @property
    def key(self) -> FileKey:
        """Which file this is."""
        return self.booking.key

    def payment(self, payment_id: str) -> Payment:
        """The payment of that id; raises NoSuchPayment."""
        for payment in self.payments:
            if payment.id == payment_id:
                return payment
        raise NoSuchPayment(payment_id)

    def paper(self, paper_id: str) -> Paper:
        """The paper of that id; raises NoSuchPaper."""
        for paper in self.papers:
            if paper.id == paper_id:
                return paper
        raise NoSuchPaper(paper_id)

    def after(self, changes: Changes, head: Head) -> File:
        """The file as it stands once `changes` are committed under `head`."""
        return replace(
            self,
            head=head,
            booking=changes.booking or self.booking,
            visit=changes.visit or self.visit,
            payments=_merged(self.payments, changes.payments),
            papers=_merged(self.papers, changes.papers),
            letters=_merged(self.letters, changes.letters),
            dispatch=changes.dispatch or self.dispatch,
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What one act changes: whole new values, entries for the case, capacity taken and given back."""

    booking: Booking | None = None
    visit: Visit | None = None
    payments: tuple[Payment, ...] = ()
    papers: tuple[Paper, ...] = ()
    letters: tuple[Letter, ...] = ()
    dispatch: Dispatch | None = None
    records: tuple[Record, ...] = ()
    take: tuple[UnitClaim, ...] = ()
    release: tuple[datetime, ...] = ()
    notice: str = ""  # the provider's event id, which must be new to the office
    forget: bool = False  # erase the file: only a draft that never became a booking

    def __bool__(self) -> bool:
        """Whether anything is to be written at all."""
        return self != NOTHING


NOTHING = Changes()


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Item = TypeVar("_Item", bound=_Identified)


def _merged(old: Sequence[_Item], new: Sequence[_Item]) -> tuple[_Item, ...]:
    by_id: Mapping[str, _Item] = {item.id: item for item in (*old, *new)}
    return tuple(by_id.values())
