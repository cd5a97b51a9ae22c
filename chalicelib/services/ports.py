"""What the use cases need of the world. Each port has a real adapter and a written double under one contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.domain.bookings import Booking
    from chalicelib.domain.calls import MediaTicketClaims, WorkerBeat
    from chalicelib.domain.cases import Entry, Head, Payload
    from chalicelib.domain.checkouts import Checkout, CheckoutState, Notice
    from chalicelib.domain.files import Changes, Dispatch, File
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.letters import Letter
    from chalicelib.domain.offices import Office
    from chalicelib.domain.papers import Paper, UploadForm
    from chalicelib.domain.payments import Payment
    from chalicelib.domain.receipts import Receipt
    from chalicelib.domain.visits import Presence, Visit


@dataclass(frozen=True, slots=True)
class Commit:
    """One act, sealed: what changes, the case's new entries, and the head that they lead to.

    `before_rev` is None for a new file. `head.nonce` is fresh for every commit: a repeat after a lost answer
    finds its own nonce in the store and is done.
    """

    key: FileKey
    before_rev: int | None
    head: Head
    booking: Booking  # as it stands after the act; its start decides where index entries lie
    changes: Changes
    entries: Sequence[Entry] = ()
    payloads: Sequence[Payload] = ()


class Files(Protocol):
    """The store of files. Every method is one request (a commit's repeats after faults aside)."""

    def load(self, key: FileKey) -> File:
        """All of a file but its case entries, strongly consistent. Raises NoSuchBooking."""
        ...

    def commit(self, commit: Commit) -> None:
        """Write all or nothing. Raises FileChanged (another was quicker), SlotTaken, StoreBusy."""
        ...

    def case(self, key: FileKey) -> tuple[Head, list[Entry], list[Payload]]:
        """The chain of a file, in order. Raises NoSuchBooking."""
        ...

    def beat(self, key: FileKey, presence: Presence, *, start: datetime) -> None:
        """Note a heartbeat; the last one wins."""
        ...

    def beat_guest(self, key: FileKey, presence: Presence) -> None:
        """Note a heartbeat of the guest's browser; the last one wins."""
        ...

    def taken(self, office: str, week: str) -> Mapping[datetime, int]:
        """How many of each unit are taken in an ISO week (`2026-W48`)."""
        ...

    def day(self, office: str, date: str) -> Sequence[DayRow]:
        """The confirmed bookings of a calendar day in order of start; may lag a moment behind."""
        ...

    def dispatches(self, office: str, date: str) -> Sequence[tuple[FileKey, Dispatch]]:
        """What is to be posted on a day."""
        ...

    def due(self, office: str, *, until: datetime, limit: int = 1000) -> Sequence[Due]:
        """What the tick has to look at, the longest due first."""
        ...

    def notice_seen(self, office: str, event_id: str) -> bool:
        """Whether a commit with that notice has happened."""
        ...


@dataclass(frozen=True, slots=True)
class DayRow:
    """One line of the day's list."""

    booking: Booking
    visit: Visit
    presence: Presence | None


@dataclass(frozen=True, slots=True)
class Due:
    """Something whose time has come: `item` is `HOLD`, `PAYMENT|id` or `LETTER|id`."""

    key: FileKey
    item: str
    at: datetime


class Chance(Protocol):
    """Randomness, asked at the edge."""

    def token(self, size: int) -> bytes:
        """`size` unpredictable bytes."""
        ...


class HeadSigner(Protocol):
    """Signs the end of a case's chain, so that whoever runs the table cannot rewrite it unseen."""

    def sign(self, booking_id: str, seq: int, digest: str) -> str:
        """ES256 JWS over the head."""
        ...


class Clock(Protocol):
    """The time, asked at the edge."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class CheckoutPage:
    """What the citizen reads on the provider's page, and where it leads. No name, no e-mail.

    All of it must follow from the file alone: a repeat with the same key and another text is refused.
    """

    matter: str
    payee: str
    locale: str
    success_url: str
    cancel_url: str


class Payments(Protocol):
    """The payment provider. Whatever changes something there is safe to repeat with the same key.

    Every method raises ProviderUnavailable without an answer and ProviderRefused for a final no.
    """

    def open_checkout(self, payment: Payment, *, key: FileKey, page: CheckoutPage) -> Checkout:
        """Open the page for this attempt; the same attempt always gives the same checkout."""
        ...

    def read_checkout(self, checkout_id: str) -> CheckoutState:
        """Ask how a checkout stands."""
        ...

    def expire_checkout(self, checkout_id: str) -> CheckoutState:
        """End an open checkout, so that nobody can pay there any more; return how it stands now."""
        ...

    def refund(self, payment: Payment, *, key: FileKey) -> None:
        """Give the whole amount back, once however often it is called."""
        ...

    def read_notice(self, raw: bytes, signature: str, *, now: datetime) -> Notice:
        """Verify a notice by its raw body. Raises NoticeForged, or NoticeForeign for what is not ours."""
        ...


class MediaTickets(Protocol):
    """Signs the way into a call."""

    def mint(self, claims: MediaTicketClaims) -> str:
        """The signed ticket."""
        ...


class Workers(Protocol):
    """The media workers' heartbeats."""

    def beats(self) -> Sequence[WorkerBeat]:
        """The last heartbeat of each; one request."""
        ...


class PaperStore(Protocol):
    """Where papers lie: what was uploaded in quarantine, checked copies apart from it."""

    def form(self, key: FileKey, paper: Paper) -> UploadForm:
        """Sign a form that uploads this one paper, of its type and at most its size, for some minutes."""
        ...

    def quarantined(self, key: FileKey, paper_id: str) -> bytes:
        """What was uploaded. Raises PaperNotArrived, and PaperRefused above the limit of size."""
        ...

    def discard(self, key: FileKey, paper_id: str) -> None:
        """Delete what was uploaded; nothing there is as good."""
        ...

    def keep(self, key: FileKey, paper: Paper, data: bytes, *, digest: str) -> None:
        """Store a checked copy under its SHA-256; storing it again changes nothing."""
        ...

    def link(self, key: FileKey, paper: Paper) -> str:
        """An address that downloads the checked copy, for a minute."""
        ...


class PaperCheck(Protocol):
    """Tells harmless papers from others."""

    def clean(self, data: bytes, *, media_type: str) -> bytes:
        """The copy that may be served, in bounded memory and time. Raises PaperRefused."""
        ...


@dataclass(frozen=True, slots=True)
class LetterLinks:
    """The addresses that a letter carries, secrets in their fragments; `entry` is the office's first page."""

    entry: str
    join: str = field(repr=False)
    manage: str = field(repr=False)
    result: str = field(repr=False)


class Mailer(Protocol):
    """Writes and sends letters."""

    def send(self, letter: Letter, *, file: File, office: Office, links: LetterLinks, receipt: bytes | None) -> None:
        """Hand one mail over. Raises MailUnavailable (again later) or MailRefused (never again)."""
        ...


class Receipts(Protocol):
    """Prints receipts."""

    def make(self, receipt: Receipt, *, language: str) -> bytes:
        """The receipt as PDF."""
        ...
