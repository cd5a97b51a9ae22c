"""How much one browser may do in a second: a token bucket. Time is an argument."""


class Bucket:
    """Lets `per_second` tokens pass in the long run, and as many at once after a second of rest."""

    __slots__ = ("_at_ms", "_per_second", "_thousandths")

    def __init__(self, per_second: int, *, now_ms: int) -> None:
        self._per_second = per_second
        self._thousandths = per_second * 1_000
        self._at_ms = now_ms

    def holds(self, tokens: int, *, now_ms: int) -> bool:
        """Tell whether so many may pass now. Time that runs backwards brings nothing."""
        if now_ms > self._at_ms:
            gained = (now_ms - self._at_ms) * self._per_second
            self._thousandths = min(self._per_second * 1_000, self._thousandths + gained)
            self._at_ms = now_ms
        return self._thousandths >= tokens * 1_000

    def spend(self, tokens: int) -> None:
        """So many passed."""
        self._thousandths -= tokens * 1_000
