"""Letters: messages to a citizen, written into the file by the act that causes them and sent afterwards.

A letter holds no address, no text and no secret. Name, address and time stand in the booking; the secrets of
its links are derived when it is sent. So a letter that waits can never tell of a state that is over: one
whose `sequence` the booking has passed by is dropped, because a newer letter follows it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.errors import Absent, FernamtError
from chalicelib.domain.transitions import allows, step

LEASE = timedelta(minutes=2)  # longer than a function that sends may run (30 s): no second sender beside it
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)


class NoSuchLetter(Absent):
    """No such letter in this file."""


class MailUnavailable(FernamtError):
    """The mail service did not take the letter now; it may later."""


class MailRefused(FernamtError):
    """The letter can never be sent: there is no such address."""


class LetterKind(StrEnum):
    """What a letter is about."""

    CONFIRMED = "confirmed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    RESENT = "resent"
    RESULT = "result"


class LetterState(StrEnum):
    """Where a letter stands."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    SUPERSEDED = "superseded"
    UNDELIVERABLE = "undeliverable"


LETTER_STEPS = {
    (LetterState.DUE, "claim"): LetterState.SENDING,
    (LetterState.SENDING, "claim"): LetterState.SENDING,  # the sender before died; its lease is over
    (LetterState.SENDING, "send"): LetterState.SENT,
    (LetterState.SENDING, "fail"): LetterState.DUE,
    (LetterState.SENDING, "give-up"): LetterState.UNDELIVERABLE,
    (LetterState.DUE, "give-up"): LetterState.UNDELIVERABLE,
    (LetterState.DUE, "supersede"): LetterState.SUPERSEDED,
    (LetterState.SENDING, "supersede"): LetterState.SUPERSEDED,
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `due_at`: when to send it, to try again, or when a sender's lease ends; None when done.

    `sequence` is the iCalendar SEQUENCE (RFC 5545, 3.8.7.4), raised with every move and cancellation;
    `link_version` is the version of the links it carries.
    """

    id: str
    kind: LetterKind
    language: str
    link_version: int
    sequence: int
    created_at: datetime
    state: LetterState = LetterState.DUE
    due_at: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None


def write(
    letter_id: str, *, kind: LetterKind, language: str, link_version: int, sequence: int, now: datetime
) -> Letter:
    """Put a letter into the outbox, due at once."""
    return Letter(letter_id, kind, language, link_version, sequence, created_at=now, due_at=now)


def claimable(letter: Letter, *, now: datetime) -> bool:
    """Whether it is anybody's turn to send the letter: due, and no sender's lease runs."""
    return allows(LETTER_STEPS, letter.state, "claim") and letter.due_at is not None and letter.due_at <= now


def claim(letter: Letter, *, now: datetime) -> Letter:
    """Lease the letter to one sender for two minutes. Raises StepNotAllowed."""
    state = step(LETTER_STEPS, letter.state, "claim")
    return replace(letter, state=state, attempts=letter.attempts + 1, due_at=now + LEASE)


def sent(letter: Letter, *, now: datetime) -> Letter:
    """Note that the mail service took the letter. Raises StepNotAllowed."""
    return replace(letter, state=step(LETTER_STEPS, letter.state, "send"), due_at=None, sent_at=now)


def failed(letter: Letter, *, now: datetime) -> Letter:
    """Set the next attempt, or give up after the last (41 hours). Raises StepNotAllowed."""
    if exhausted(letter):
        return given_up(letter)
    wait = BACKOFF[letter.attempts - 1]
    return replace(letter, state=step(LETTER_STEPS, letter.state, "fail"), due_at=now + wait)


def exhausted(letter: Letter) -> bool:
    """Whether the letter was tried as often as it will be."""
    return letter.attempts > len(BACKOFF)


def given_up(letter: Letter) -> Letter:
    """Leave a letter unsent for good; the desk shows it. Raises StepNotAllowed."""
    return replace(letter, state=step(LETTER_STEPS, letter.state, "give-up"), due_at=None)


def find(letters: Iterable[Letter], letter_id: str) -> Letter:
    """Return the letter of that id. Raises NoSuchLetter."""
    for letter in letters:
        if letter.id == letter_id:
            return letter
    raise NoSuchLetter(letter_id)


def superseded(letter: Letter) -> Letter:
    """Drop a letter that a newer one has overtaken. Raises StepNotAllowed."""
    return replace(letter, state=step(LETTER_STEPS, letter.state, "supersede"), due_at=None)
