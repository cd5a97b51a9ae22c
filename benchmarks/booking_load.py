"""Bookers, and the tick, at work at once: what each does, and what each is told."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from benchmarks.booking_office import MATTERS, WEEK, CountingClient, FastClock
from chalicelib.domain.bookings import Details
from chalicelib.domain.errors import (
    FileChanged,
    HoldExpired,
    NoSuchBooking,
    SlotTaken,
    StepNotAllowed,
)
from chalicelib.domain.files import NOTHING, Changes
from chalicelib.domain.letters import claim, claimable, sent
from chalicelib.services.ports import Due

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.files import File
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office
    from chalicelib.domain.slots import Slot
    from chalicelib.services.booking import Booking

DETAILS: Final = Details("Erika Musterfrau", "erika@example.org", "de")
LOOKS_MAX: Final = 4  # how often one attempt looks again after it was too late for a slot


@dataclass(slots=True)
class Told:
    """What one attempt was told. `letters` counts the acts that were acknowledged with a letter."""

    booker: str
    key: FileKey | None = None
    start: datetime | None = None
    state: str = "nothing"
    letters: Counter[str] = field(default_factory=Counter)
    refused: int = 0  # holds that were refused
    failures: list[str] = field(default_factory=list)  # acts that ended without a yes or a no


@dataclass(slots=True)
class Ledger:
    """Everything that anybody was told, and the files that the tick looked at because a hold was over."""

    told: list[Told] = field(default_factory=list)
    swept: set[FileKey] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Tick:
    """The minute's tick, several of them at once and without a pause: gives back holds, sends letters."""

    booking: Booking
    office: Office
    clock: FastClock
    ledger: Ledger
    counting: CountingClient
    sweeps: bool = True
    stopped: threading.Event = field(default_factory=threading.Event)
    failures: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Tick until stopped."""
        while not self.stopped.wait(0.05):
            self.look(self.clock.now())

    def look(self, now: datetime) -> None:
        """Look once at all that is due at `now`."""
        due = self.due(now)
        random.shuffle(due)
        for item in due:
            self.settle(item, now)

    def due(self, now: datetime) -> list[Due]:
        """Return what is due at `now`; nothing if the store does not answer, which is counted."""
        try:
            return list(self.booking.acting.files.due(self.office.key, until=now, limit=1000))
        except Exception as error:  # noqa: BLE001 - as below
            self.failures[type(error).__name__] += 1
            return []

    def settle(self, due: Due, now: datetime) -> None:
        """Do what is due with one item."""
        self.counting.doing("tick")
        try:
            self._settle(due, now)
        except (NoSuchBooking, FileChanged, StepNotAllowed):
            return  # another tick, or the citizen, was quicker
        except Exception as error:  # noqa: BLE001 - counted, and the next tick tries again
            self.failures[type(error).__name__] += 1

    def _settle(self, due: Due, now: datetime) -> None:
        if due.item.startswith("LETTER"):
            self.booking.acting.act(due.key, lambda file: _posted(file, now), now=now)
        elif self.sweeps:
            self.ledger.swept.add(due.key)
            self.booking.expire(self.office, due.key, now=now)


@dataclass(slots=True)
class Booker:
    """One person after another at one device: reads the week, holds, fills in, confirms, or does not."""

    booking: Booking
    tick: Tick
    name: str
    attempts: int
    chance: random.Random

    def run(self) -> None:
        """Make all attempts; whatever happens to one, it stays in the ledger."""
        for number in range(self.attempts):
            told = Told(f"{self.name}-{number}")
            self.tick.ledger.told.append(told)
            try:
                self._attempt(told)
            except HoldExpired:
                told.state = "late"
            except Exception as error:  # noqa: BLE001 - a crash is an attempt too, and must be counted
                told.failures.append(type(error).__name__)
            self.tick.ledger.outcomes[told.state] += 1

    def _attempt(self, told: Told) -> None:
        matters = self.chance.choice(MATTERS)
        if not self._hold(told, matters):
            return
        assert told.key is not None  # noqa: S101 - a hold that was acknowledged
        fate = self.chance.random()
        if fate < 0.1:
            return  # walks away at once
        if fate < 0.2:
            self._change_slot(told, matters)
        self._act("details")
        self.booking.give_details(told.key, DETAILS, booker=told.booker, now=self.tick.clock.now())
        if 0.2 <= fate < 0.3:
            return  # walks away before the last page
        self._confirm(told, told.key, late=0.3 <= fate < 0.45)
        if self.chance.random() < 0.35:
            self._move(told, told.key, matters)
        if self.chance.random() < 0.4:
            self._cancel(told, told.key)

    def _hold(self, told: Told, matters: tuple[str, ...]) -> bool:
        for _ in range(LOOKS_MAX):
            slot = self._choice(matters)
            if slot is None:
                told.state = "full"
                time.sleep(self.chance.uniform(0, 0.3))
                continue
            self._act("hold")
            try:
                told.key = self.booking.hold(
                    self.tick.office, matters, slot.start, booker=told.booker, now=self.tick.clock.now()
                )
            except (SlotTaken, FileChanged):
                told.state, told.refused = "refused", told.refused + 1
                continue
            told.state, told.start = "held", slot.start
            return True
        return False

    def _choice(self, matters: tuple[str, ...]) -> Slot | None:
        """Most people take the first free slot: that is where they meet."""
        self._act("week")
        week = self.booking.week(self.tick.office, matters, week=WEEK, now=self.tick.clock.now())
        if not week.slots:
            return None
        return week.slots[0] if self.chance.random() < 0.6 else self.chance.choice(week.slots)

    def _change_slot(self, told: Told, matters: tuple[str, ...]) -> None:
        slot = self._choice(matters)
        if slot is None or told.key is None:
            return
        self._act("change_slot")
        try:
            self.booking.change_slot(
                self.tick.office, told.key, slot.start, booker=told.booker, now=self.tick.clock.now()
            )
        except SlotTaken:
            return  # the old hold stays
        told.start = slot.start

    def _confirm(self, told: Told, key: FileKey, *, late: bool) -> None:
        if late:
            self._confirm_at_the_last_moment(told, key)
        else:
            self._act("confirm")
            self.booking.confirm(key, booker=told.booker, now=self.tick.clock.now())
        told.state = "confirmed"
        told.letters["confirmed"] += 1

    def _confirm_at_the_last_moment(self, told: Told, key: FileKey) -> None:
        """Press the button just before the hold is over, while the tick takes it back just after."""
        until = self.booking.draft(key, booker=told.booker).booking.hold_until
        assert until is not None  # noqa: S101 - a draft that is held
        time.sleep(max(0.0, self.tick.clock.seconds_until(until)))
        sweeper = threading.Thread(target=self.tick.settle, args=(Due(key, "HOLD", until), until))
        sweeper.start()
        self._act("confirm")
        try:
            self.booking.confirm(key, booker=told.booker, now=until - timedelta(milliseconds=1))
        finally:
            sweeper.join()

    def _move(self, told: Told, key: FileKey, matters: tuple[str, ...]) -> None:
        slot = self._choice(matters)
        if slot is None or slot.start == told.start:
            return
        self._act("move")
        try:
            self.booking.move(self.tick.office, key, slot.start, actor="citizen", now=self.tick.clock.now())
        except SlotTaken:
            return  # and the old slot is still theirs
        told.start = slot.start
        told.letters["moved"] += 1

    def _cancel(self, told: Told, key: FileKey) -> None:
        self._act("cancel")
        self.booking.cancel(self.tick.office, key, actor="citizen", now=self.tick.clock.now())
        told.state = "cancelled"
        told.letters["cancelled"] += 1

    def _act(self, name: str) -> None:
        self.tick.counting.doing(name)


def _posted(file: File, now: datetime) -> Changes:
    """Send every letter that is due: the proof needs them out of the way, not in a mailbox."""
    letters = [letter for letter in file.letters if claimable(letter, now=now)]
    if not letters:
        return NOTHING
    return Changes(letters=tuple(sent(claim(letter, now=now), now=now) for letter in letters))
