"""After the run: the table, read whole and past all faults, beside what the bookers were told."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks.booking_office import COUNTERS
from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.codec import from_item
from chalicelib.domain.bookings import Booking, BookingState
from chalicelib.domain.cases import Head
from chalicelib.domain.letters import Letter
from chalicelib.domain.slots import Slot, units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from benchmarks.booking_load import Ledger, Told
    from chalicelib.domain.ids import FileKey

UNANSWERED: Final = frozenset({"StoreBusy", "FileChanged"})  # neither a yes nor a no


@dataclass(frozen=True, slots=True)
class Stored:
    """One file as it lies in the table."""

    booking: Booking
    head: Head
    entries: int
    letters: Counter[str]


@dataclass(frozen=True, slots=True)
class Table:
    """All of one office."""

    files: Mapping[FileKey, Stored]
    taken: Mapping[datetime, int]

    def confirmed(self) -> Iterator[Booking]:
        """Yield the bookings that are promised to somebody."""
        return (stored.booking for stored in self.files.values() if stored.booking.state == "confirmed")


@dataclass(frozen=True, slots=True)
class Findings:
    """What does not agree; all zero is the proof."""

    overbooked: int
    acked_missing: int
    stuck_holds: int
    lost_old_slots: int
    disowned: int


def read_table(client: Any, table: str, office: str) -> Table:
    """Read every item of the office with consistent scans."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    taken: dict[datetime, int] = {}
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        ConsistentRead=True,
        FilterExpression="begins_with(pk, :office)",
        ExpressionAttributeValues={":office": {"S": f"{office}|"}},
    )
    for row in (row for page in pages for row in page["Items"]):
        if row["sk"]["S"].startswith("UNIT|"):
            start = keys.parse_minute(row["sk"]["S"].removeprefix("UNIT|"))
            taken[start] = int(row["taken"]["N"])
        else:
            rows[row["pk"]["S"]].append(row)
    files = {keys.file_key(pk): stored for pk, found in rows.items() if (stored := _stored(found))}
    return Table(files, taken)


def compare(table: Table, ledger: Ledger) -> Findings:
    """Hold the table against the ledger, and against itself."""
    covered = Counter(unit for booking in table.confirmed() for unit in _units(booking))
    told = Counter(
        unit
        for note in ledger.told
        if note.state == "confirmed" and note.key and note.start and note.key in table.files
        for unit in units(Slot(note.start, table.files[note.key].booking.minutes), 10)
    )
    held = sum(stored.booking.state is BookingState.HELD for stored in table.files.values())
    starts = set(covered) | set(table.taken)
    return Findings(
        overbooked=sum(max(0, covered[unit] - COUNTERS, told[unit] - COUNTERS) for unit in starts | set(told)),
        acked_missing=sum(not _kept(note, table) for note in ledger.told),
        stuck_holds=held + sum(max(0, table.taken.get(unit, 0) - covered[unit]) for unit in starts),
        lost_old_slots=sum(max(0, covered[unit] - table.taken.get(unit, 0)) for unit in starts),
        # A hold that the tick had to give back, though whoever asked for it was told no.
        disowned=len(ledger.swept - {note.key for note in ledger.told}),
    )


def _kept(note: Told, table: Table) -> bool:
    """Whether the table holds what this attempt was last told, with a letter and an entry for each act.

    An act that ended without an answer may or may not have happened: both keep the word.
    """
    if note.state not in ("confirmed", "cancelled") or UNANSWERED & set(note.failures):
        return True
    stored = table.files.get(note.key) if note.key else None
    if stored is None:
        return False
    return (
        stored.booking.state == note.state
        and stored.booking.start == note.start
        and stored.letters == note.letters
        and stored.head.seq == stored.entries == note.letters.total()
    )


def _stored(rows: list[dict[str, Any]]) -> Stored | None:
    by_key = {row["sk"]["S"]: row for row in rows}
    if keys.BOOKING not in by_key or keys.HEAD not in by_key:
        return None  # torn: whoever was told of it finds nothing
    letters = [from_item(Letter, row) for sk, row in by_key.items() if sk.startswith(keys.LETTER)]
    return Stored(
        booking=from_item(Booking, by_key[keys.BOOKING]),
        head=from_item(Head, by_key[keys.HEAD]),
        entries=sum(sk.startswith(keys.ENTRY) for sk in by_key),
        letters=Counter(str(letter.kind) for letter in letters),
    )


def _units(booking: Booking) -> tuple[datetime, ...]:
    return units(Slot(booking.start, booking.minutes), 10)
