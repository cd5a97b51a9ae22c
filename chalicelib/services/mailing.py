"""Letters leave the outbox: leased to one sender, written, handed over, marked; tried again when mail is down.

The stream calls `deliver` as soon as a letter is written, the minute tick calls it for what is due again. Both
may call twice and at once: the lease is a commit like any other, so one of them sends. A sender that dies after
handing over leaves a lease that runs out, and the letter goes a second time under the same Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.domain import letters
from chalicelib.domain.cases import Record
from chalicelib.domain.files import NOTHING, Changes
from chalicelib.domain.letters import Letter, LetterKind, LetterState, MailRefused, MailUnavailable
from chalicelib.domain.links import Purpose, fragment, secret
from chalicelib.domain.receipts import receipt_of
from chalicelib.services.acting import Acting
from chalicelib.services.ports import LetterLinks, Mailer, Receipts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.domain.files import File
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office


@dataclass(frozen=True, slots=True)
class Mailing:
    """`public_url` is the origin that links lead to, `link_key` what their secrets are derived from."""

    acting: Acting
    mailer: Mailer
    receipts: Receipts
    public_url: str
    link_key: bytes = field(repr=False)

    def deliver(self, office: Office, key: FileKey, letter_id: str, *, now: datetime) -> LetterState:
        """Send a letter if it is anybody's turn to; return its state afterwards.

        Raises NoSuchBooking, NoSuchLetter, StoreBusy. A mail service that is down is not an error: the letter
        is due again later.
        """
        mine = False

        def claim(file: File) -> Changes:
            nonlocal mine
            letter = letters.find(file.letters, letter_id)
            mine = letters.claimable(letter, now=now)
            return _claimed(file, letter, now=now) if mine else NOTHING

        file = self.acting.act(key, claim, now=now)
        letter = letters.find(file.letters, letter_id)
        if not mine or letter.state is not LetterState.SENDING:
            return letter.state
        try:
            self._send(office, file, letter)
        except MailUnavailable:
            return self._mark(file, letter, lambda held: letters.failed(held, now=now), now=now)
        except MailRefused:
            return self._mark(file, letter, letters.given_up, now=now)
        except Exception:  # a fault of ours: the letter waits its turn like any other, and the fault is heard of
            self._mark(file, letter, lambda held: letters.failed(held, now=now), now=now)
            raise
        return self._mark(file, letter, lambda held: letters.sent(held, now=now), now=now)

    def links(self, office: Office, file: File, letter: Letter) -> LetterLinks:
        """Derive the links of a letter. Each opens in the letter's language."""

        def link(purpose: Purpose) -> str:
            key = file.key
            derived = secret(
                self.link_key,
                office=key.office,
                booking_id=key.booking_id,
                version=letter.link_version,
                purpose=purpose,
            )
            where = f"{self.public_url}/{office.key}/{purpose.value}?lang={letter.language}"
            return f"{where}#{fragment(key.booking_id, derived)}"

        entry = f"{self.public_url}/{office.key}?lang={letter.language}"
        return LetterLinks(entry, link(Purpose.JOIN), link(Purpose.MANAGE), link(Purpose.RESULT))

    def _send(self, office: Office, file: File, letter: Letter) -> None:
        receipt = None
        if letter.kind is LetterKind.RESULT:
            head, entries, payloads = self.acting.files.case(file.key)
            told = receipt_of(file, office, head, entries, payloads, language=letter.language)
            receipt = self.receipts.make(told, language=letter.language)
        links = self.links(office, file, letter)
        self.mailer.send(letter, file=file, office=office, links=links, receipt=receipt)

    def _mark(self, file: File, claimed: Letter, mark: Callable[[Letter], Letter], *, now: datetime) -> LetterState:
        def decide(file: File) -> Changes:
            held = letters.find(file.letters, claimed.id)
            if (held.state, held.attempts) != (claimed.state, claimed.attempts):
                return NOTHING  # our lease ran out, and somebody else took over
            marked = mark(held)
            return Changes(letters=(marked,), records=_records(marked))

        after = self.acting.act(file.key, decide, now=now)
        return letters.find(after.letters, claimed.id).state


def _claimed(file: File, letter: Letter, *, now: datetime) -> Changes:
    """Lease the letter, unless a newer one has overtaken it or it was tried often enough."""
    if letter.sequence < file.booking.sequence:
        return Changes(letters=(letters.superseded(letter),))
    if letters.exhausted(letter):  # its senders died one after another
        dropped = letters.given_up(letter)
        return Changes(letters=(dropped,), records=_records(dropped))
    return Changes(letters=(letters.claim(letter, now=now),))


def _records(letter: Letter) -> tuple[Record, ...]:
    """Return what the case says of a letter that has come to its end."""
    kinds = {LetterState.SENT: "letter-sent", LetterState.UNDELIVERABLE: "letter-undeliverable"}
    if letter.state not in kinds:
        return ()
    return (Record(kinds[letter.state], "system", {"letter": letter.id, "kind": letter.kind.value}),)
