"""Chance, clock and signature for tests: seeded, settable, recognisable."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class SeededChance:
    """Random bytes that repeat with the seed."""

    seed: int = 0
    source: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.source = random.Random(self.seed)

    def token(self, size: int) -> bytes:
        return self.source.randbytes(size)


@dataclass
class SetClock:
    """A clock that goes only when told. Starts on Tuesday, 24 November 2026, 7:00 UTC (8:00 in Heidelberg)."""

    moment: datetime = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def forward(self, **delta: float) -> datetime:
        self.moment += timedelta(**delta)
        return self.moment


class PlainSigner:
    """A signature that a test can read."""

    def sign(self, booking_id: str, seq: int, digest: str) -> str:
        return f"signed:{booking_id}:{seq}:{digest}"
