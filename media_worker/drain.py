"""Ending without cutting a call: no new ones, and one call after the other is asked to connect elsewhere first.

All at once would be one storm of handshakes, in which each takes as long as all of them.

Sans-IO: `begin` and `tick` take the time and say what should happen; the worker makes it happen.
"""

from dataclasses import dataclass
from enum import Enum

# Fargate kills 120 s after SIGTERM, whatever we wish.
DRAIN_MAX_MS = 90_000
# A browser that missed the first request, asleep or just joining, hears the next.
ASK_AGAIN_MS = 5_000
# Between two calls: about what a move takes on a slow machine. With many calls less, so that all have been asked
# early enough to be asked again.
PACE_MAX_MS = 1_500
ROUND_MAX_MS = 30_000


class Step(Enum):
    """What a draining worker does now."""

    WAIT = "wait"
    ASK = "ask"  # ask the next call to connect elsewhere
    END = "end"


@dataclass(slots=True)
class Drain:
    """One drain, from the signal to the end."""

    began_ms: int | None = None
    asked_ms: int | None = None
    pace_ms: int | None = None  # settled by how many calls there were at first

    @property
    def is_on(self) -> bool:
        """Tell whether the worker takes no new calls any more."""
        return self.began_ms is not None

    def begin(self, *, now_ms: int) -> None:
        """The platform wants this worker gone; said twice is said once."""
        if self.began_ms is None:
            self.began_ms = now_ms

    def tick(self, *, calls: int, now_ms: int) -> Step:
        """Say what to do now; `calls` is how many rooms have anybody in them."""
        if self.began_ms is None:
            return Step.WAIT
        if calls == 0 or now_ms - self.began_ms >= DRAIN_MAX_MS:
            return Step.END
        if self.pace_ms is None:
            self.pace_ms = min(PACE_MAX_MS, ROUND_MAX_MS // calls)
        if self.asked_ms is None or now_ms - self.asked_ms >= self.pace_ms:
            self.asked_ms = now_ms
            return Step.ASK
        return Step.WAIT
