"""Ending without cutting a call: no new ones, and who is here is asked to connect elsewhere first.

Sans-IO: `begin` and `tick` take the time and say what should happen; the worker makes it happen.
"""

from dataclasses import dataclass
from enum import Enum

# Fargate kills 120 s after SIGTERM, whatever we wish.
DRAIN_MAX_MS = 90_000
# A browser that missed the first request, asleep or just joining, hears the next.
ASK_AGAIN_MS = 5_000


class Step(Enum):
    """What a draining worker does now."""

    WAIT = "wait"
    ASK = "ask"  # ask everybody to connect elsewhere
    END = "end"


@dataclass(slots=True)
class Drain:
    """One drain, from the signal to the end."""

    began_ms: int | None = None
    asked_ms: int | None = None

    @property
    def is_on(self) -> bool:
        """Tell whether the worker takes no new calls any more."""
        return self.began_ms is not None

    def begin(self, *, now_ms: int) -> None:
        """The platform wants this worker gone; said twice is said once."""
        if self.began_ms is None:
            self.began_ms = now_ms

    def tick(self, *, occupied: bool, now_ms: int) -> Step:
        """Say what to do now; `occupied` while anybody is connected."""
        if self.began_ms is None:
            return Step.WAIT
        if not occupied or now_ms - self.began_ms >= DRAIN_MAX_MS:
            return Step.END
        if self.asked_ms is None or now_ms - self.asked_ms >= ASK_AGAIN_MS:
            self.asked_ms = now_ms
            return Step.ASK
        return Step.WAIT
