"""Whether this worker still counts: the office takes one that is silent for 3 s for dead, and places its calls anew.

A worker that cannot be heard must then have stopped by itself, or two would carry the same call. Sans-IO: the
heartbeat's thread says what was acknowledged, the media loop asks.
"""

from dataclasses import dataclass

from chalicelib.domain.calls import WORKER_SILENCE_MAX_MS


@dataclass(slots=True)
class Pulse:
    """The last beat that the table acknowledged, by a steady clock in milliseconds, at the moment of its writing."""

    acknowledged_ms: int

    def acknowledge(self, *, written_ms: int) -> None:
        """The table took a beat that was written at `written_ms`; answers may come in any order."""
        self.acknowledged_ms = max(self.acknowledged_ms, written_ms)

    def is_lost(self, *, now_ms: int) -> bool:
        """Tell whether the office may hold this worker for dead by now."""
        return now_ms - self.acknowledged_ms > WORKER_SILENCE_MAX_MS
