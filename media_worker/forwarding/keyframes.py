"""Key frames are asked for seldom: lossy links ask often, and each one costs bandwidth."""

# Lower recovers faster, and floods a phone's encoder.
KEYFRAME_MIN_INTERVAL_MS = 500


class KeyframeLimiter:
    """Lets one request through per interval; one that came too early is kept and let through when due."""

    __slots__ = ("_asked_at_ms", "_pending")

    def __init__(self) -> None:
        self._asked_at_ms: int | None = None
        self._pending = False

    def want(self) -> None:
        """Note a request, to be passed on as soon as `due` says so."""
        self._pending = True

    def due(self, *, now_ms: int) -> bool:
        """Return True, once, when a request that had to wait may now be passed on."""
        if not self._pending:
            return False
        if self._asked_at_ms is not None and now_ms - self._asked_at_ms < KEYFRAME_MIN_INTERVAL_MS:
            return False
        self._asked_at_ms, self._pending = now_ms, False
        return True

    def forget(self) -> None:
        """The sender is a new one: it may be asked at once."""
        self._asked_at_ms, self._pending = None, False
