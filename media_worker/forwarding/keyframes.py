"""Key frames are asked for seldom: lossy links ask often, and each one costs bandwidth."""

# Lower recovers faster, and floods a phone's encoder.
KEYFRAME_MIN_INTERVAL_MS = 500


class KeyframeLimiter:
    """Lets one request through per interval, and a second one at once after a pause (a token bucket of two).

    Who comes into light is asked at once; when the browsers have agreed on keys, a moment later, they ask for the
    first picture that can be opened, and must not wait for it. What came too early is kept and let through when due.
    """

    __slots__ = ("_full_at_ms", "_pending")

    def __init__(self) -> None:
        self._full_at_ms: int | None = None  # when the bucket would be full again
        self._pending = False

    def want(self) -> None:
        """Note a request, to be passed on as soon as `due` says so."""
        self._pending = True

    def due(self, *, now_ms: int) -> bool:
        """Return True, once, when a request that had to wait may now be passed on."""
        full_at_ms = now_ms if self._full_at_ms is None else max(self._full_at_ms, now_ms)
        if not self._pending or full_at_ms - now_ms > KEYFRAME_MIN_INTERVAL_MS:
            return False
        self._full_at_ms, self._pending = full_at_ms + KEYFRAME_MIN_INTERVAL_MS, False
        return True

    def forget(self) -> None:
        """The sender is a new one: it may be asked at once."""
        self._full_at_ms, self._pending = None, False
