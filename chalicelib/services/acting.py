"""The three movements of every act: load the file, let the domain decide, commit once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib.domain.cases import SALT_BYTES, START, Head, seal
from chalicelib.domain.errors import FileChanged
from chalicelib.services.ports import Commit

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.domain.bookings import Booking
    from chalicelib.domain.files import Changes, File
    from chalicelib.domain.ids import FileKey
    from chalicelib.services.ports import Chance, Files, HeadSigner

ATTEMPTS = 8  # losing eight races in a row for one file means something else is wrong
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Acting:
    """Carries decisions of the domain to the store; races are decided by the store's condition alone."""

    files: Files
    chance: Chance
    signer: HeadSigner

    def act(self, key: FileKey, decide: Callable[[File], Changes], *, now: datetime) -> File:
        """Apply `decide` to the file as it stands, and again if somebody else was quicker.

        Returns the file after the act; if `decide` wants nothing changed, nothing is written.
        Raises what `decide` raises, NoSuchBooking, SlotTaken, StoreBusy, FileChanged after ATTEMPTS.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self.act_once(self.files.load(key), decide, now=now)
            except FileChanged:
                continue
        return self.act_once(self.files.load(key), decide, now=now)

    def act_once(self, file: File, decide: Callable[[File], Changes], *, now: datetime) -> File:
        """As `act` on a file just loaded, without a second try."""
        changes = decide(file)
        if not changes:
            return file
        head = self._commit(file.head, changes.booking or file.booking, changes, now=now)
        return file.after(changes, head)

    def create(self, booking: Booking, changes: Changes, *, now: datetime) -> Head:
        """Write a file that was not there before. Raises SlotTaken, StoreBusy."""
        blank = Head(rev=0, seq=0, hash=START, signature=None, nonce="")
        return self._commit(blank, booking, replace(changes, booking=booking), now=now, new=True)

    def _commit(self, before: Head, booking: Booking, changes: Changes, *, now: datetime, new: bool = False) -> Head:
        booking_id = booking.key.booking_id
        salts = [self.chance.token(SALT_BYTES) for _ in changes.records]
        entries, payloads, digest = seal(before, changes.records, at=now, salts=salts, booking_id=booking_id)
        seq = before.seq + len(entries)
        signature = self.signer.sign(booking_id, seq, digest) if entries else before.signature
        head = Head(before.rev + 1, seq, digest, signature, self.chance.token(NONCE_BYTES).hex())
        self.files.commit(Commit(booking.key, None if new else before.rev, head, booking, changes, entries, payloads))
        return head
