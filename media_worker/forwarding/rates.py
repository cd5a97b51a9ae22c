"""How much one target can take of one source, so that a sender with several targets is bounded by the slowest.

The rule, once for each path of a source with more than one target:

1. A target's own estimate (REMB) counts while it is fresh, shared evenly among the sources that it receives.
2. Loss in its receiver's reports bounds it too, as in Google's congestion control (draft-ietf-rmcat-gcc-02, 6):
   above 10 % the bound becomes what was sent less half the loss; below 2 % it grows by 8 % a report; between, it
   stays. A bound that has grown past `CEILING_BPS` is none.
3. The path's bound is the smaller of the two; the source hears the minimum over its paths, never below `FLOOR_BPS`.
"""

FLOOR_BPS = 100_000
CEILING_BPS = 5_000_000
REMB_FRESH_MS = 5_000
LOSS_HIGH = 0.10
LOSS_LOW = 0.02
GROWTH = 1.08
RATE_WINDOW_MS = 1_000


class Bound:
    """What one path can carry, in bits per second."""

    __slots__ = ("_bytes", "_loss_bps", "_remb_at_ms", "_remb_bps", "_sent_bps", "_since_ms")

    def __init__(self) -> None:
        self._remb_bps = CEILING_BPS
        self._remb_at_ms = 0
        self._loss_bps = CEILING_BPS
        self._bytes = 0
        self._sent_bps = 0
        self._since_ms: int | None = None

    def sent(self, size: int, *, now_ms: int) -> None:
        """A packet of `size` bytes was forwarded."""
        if self._since_ms is None:
            self._since_ms = now_ms
        elapsed_ms = now_ms - self._since_ms
        if elapsed_ms >= RATE_WINDOW_MS:
            self._sent_bps = self._bytes * 8_000 // elapsed_ms
            self._since_ms, self._bytes = now_ms, 0
        self._bytes += size

    def estimated(self, bps: int, *, now_ms: int) -> None:
        """The target's own estimate of what reaches it from this source."""
        self._remb_bps, self._remb_at_ms = bps, now_ms

    def lost(self, fraction: float) -> None:
        """The target reported this fraction (0 to 1) of the video as lost."""
        if fraction > LOSS_HIGH:
            base = min(self._loss_bps, self._sent_bps or self._loss_bps)
            self._loss_bps = max(FLOOR_BPS, int(base * (1 - fraction / 2)))
        elif fraction < LOSS_LOW:
            self._loss_bps = min(CEILING_BPS, int(self._loss_bps * GROWTH))

    def bps(self, *, now_ms: int) -> int:
        """Return the bound; `CEILING_BPS` means that there is none."""
        estimated = self._remb_bps if now_ms - self._remb_at_ms < REMB_FRESH_MS else CEILING_BPS
        return max(FLOOR_BPS, min(estimated, self._loss_bps))
