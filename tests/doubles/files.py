"""The port Files in memory, under the same contract as the table: `tests/contracts/test_files.py`."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.adapters.dynamodb import keys
from chalicelib.domain.bookings import DRAFT_KEPT, BookingState
from chalicelib.domain.cases import Entry, Head, Payload
from chalicelib.domain.errors import FileChanged, NoSuchBooking, NoticeSeen, SlotTaken
from chalicelib.domain.files import Dispatch, File
from chalicelib.domain.ids import FileKey
from chalicelib.domain.visits import Presence
from chalicelib.services.ports import Commit, DayRow, Due


@dataclass
class InMemoryFiles:
    """All of an office in dictionaries; a commit holds the lock, so it is as atomic as a transaction."""

    files: dict[FileKey, File] = field(default_factory=dict)
    units: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    chains: dict[FileKey, tuple[list[Entry], list[Payload]]] = field(default_factory=dict)
    presences: dict[FileKey, Presence] = field(default_factory=dict)
    notices: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    guest_presences: dict[FileKey, Presence] = field(default_factory=dict)

    def load(self, key: FileKey) -> File:
        if key not in self.files:
            raise NoSuchBooking(key.booking_id)
        its, guests = self.presences.get(key), self.guest_presences.get(key)
        return replace(self.files[key], presence=its, guest_presence=guests)

    def commit(self, commit: Commit) -> None:
        with self.lock:
            self._check(commit)
            self._apply(commit)

    def case(self, key: FileKey) -> tuple[Head, list[Entry], list[Payload]]:
        head = self.load(key).head
        entries, payloads = self.chains.get(key, ([], []))
        return head, list(entries), list(payloads)

    def beat(self, key: FileKey, presence: Presence, *, start: datetime) -> None:
        self.presences[key] = presence

    def beat_guest(self, key: FileKey, presence: Presence) -> None:
        self.guest_presences[key] = presence

    def taken(self, office: str, week: str) -> dict[datetime, int]:
        return {
            start: count
            for (owner, start), count in self.units.items()
            if owner == office and keys.week_of(start) == week
        }

    def day(self, office: str, date: str) -> list[DayRow]:
        rows = [
            DayRow(file.booking, file.visit, self.presences.get(key))
            for key, file in self.files.items()
            if key.office == office
            and keys.berlin_date(file.booking.start) == date
            and file.booking.state in (BookingState.CONFIRMED, BookingState.CLOSED)
        ]
        return sorted(rows, key=lambda row: (row.booking.start, row.booking.key))

    def dispatches(self, office: str, date: str) -> list[tuple[FileKey, Dispatch]]:
        return [
            (key, file.dispatch)
            for key, file in self.files.items()
            if key.office == office and file.dispatch and file.dispatch.due_on == date
        ]

    def due(self, office: str, *, until: datetime, limit: int = 1000) -> list[Due]:
        found = [due for file in self.files.values() for due in _dues(file) if due.key.office == office]
        return sorted((due for due in found if due.at <= until), key=lambda due: due.at)[:limit]

    def notice_seen(self, office: str, event_id: str) -> bool:
        return (office, event_id) in self.notices

    def _check(self, commit: Commit) -> None:
        current = self.files.get(commit.key)
        if (current.head.rev if current else None) != commit.before_rev:
            if current and current.head.nonce == commit.head.nonce:
                return
            raise FileChanged(commit.key.booking_id)
        office, changes = commit.key.office, commit.changes
        if changes.notice and (office, changes.notice) in self.notices:
            raise NoticeSeen(changes.notice)
        if any(self.units[office, claim.start] >= claim.capacity for claim in changes.take):
            raise SlotTaken(commit.booking.start.isoformat())
        if any(self.units[office, start] <= 0 for start in changes.release):
            raise FileChanged(commit.key.booking_id)

    def _apply(self, commit: Commit) -> None:
        key, changes = commit.key, commit.changes
        current = self.files.get(key)
        if current and current.head.nonce == commit.head.nonce:
            return
        self.units.update((key.office, claim.start) for claim in changes.take)
        self.units.subtract((key.office, start) for start in changes.release)
        if changes.forget:
            del self.files[key]
            return
        before = current or File(commit.head, commit.booking)
        self.files[key] = before.after(changes, commit.head)
        entries, payloads = self.chains.setdefault(key, ([], []))
        entries.extend(commit.entries)
        payloads.extend(commit.payloads)
        if changes.notice:
            self.notices.add((key.office, changes.notice))


def _dues(file: File) -> list[Due]:
    booking = file.booking
    found = [
        Due(file.key, f"PAYMENT|{payment.id}", payment.look_again_at)
        for payment in file.payments
        if payment.look_again_at
    ]
    found += [Due(file.key, f"LETTER|{letter.id}", letter.due_at) for letter in file.letters if letter.due_at]
    if booking.hold_until and booking.state is BookingState.HELD:
        found.append(Due(file.key, "HOLD", booking.hold_until))
    if booking.hold_until and booking.state is BookingState.EXPIRED:
        found.append(Due(file.key, "HOLD", booking.hold_until + DRAFT_KEPT))
    return found
