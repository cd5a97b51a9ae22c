"""Tiny machines that make several sources look like one: a receiver sees numbers that only ever go on.

When a participant reloads the page, a new browser connection starts with new sequence numbers and timestamps.
Passed on as they are, the far side would wait for packets that never come and freeze. Each machine therefore
keeps an offset per source, and `switch` says that the next packet comes from a new one.
"""

SEQUENCE_MASK = 0xFFFF
SEQUENCE_HALF = 0x8000
SPAN_MAX = SEQUENCE_HALF - 1
TIMESTAMP_MASK = 0xFFFF_FFFF
TIMESTAMP_HALF = 0x8000_0000


class SequenceRewriter:
    """Maps 16-bit sequence numbers of changing sources onto one unbroken sequence, and back."""

    __slots__ = ("_begun", "_highest", "_offset", "_span")

    def __init__(self) -> None:
        self._begun = False
        self._highest = 0  # the highest number given out, once begun
        self._offset: int | None = None  # None between `switch` and the new source's first packet
        self._span = 0  # how far behind `_highest` numbers of this source may lie

    def switch(self) -> None:
        """Continue with a new source: its first packet gets the number after the highest one."""
        self._offset = None

    def map(self, sequence: int) -> int | None:
        """Return the outgoing number of a packet that arrived, or None for one older than its source."""
        offset = self._offset
        if offset is None:
            return self._begin(sequence)
        outgoing = (sequence + offset) & SEQUENCE_MASK
        ahead = (outgoing - self._highest) & SEQUENCE_MASK
        if ahead < SEQUENCE_HALF:
            self._highest = outgoing
            if self._span != SPAN_MAX:
                self._span = min(self._span + ahead, SPAN_MAX)
        elif SEQUENCE_MASK + 1 - ahead > self._span:
            return None
        return outgoing

    def map_past(self, sequence: int) -> int | None:
        """Return the outgoing number that `map` gave, or would have given, a packet already behind us."""
        if self._offset is None:
            return None
        outgoing = (sequence + self._offset) & SEQUENCE_MASK
        return outgoing if self._is_ours(outgoing) else None

    def unmap(self, outgoing: int) -> int | None:
        """Return the present source's number for one that was given out, or None if it is not its own."""
        if self._offset is None or not self._is_ours(outgoing):
            return None
        return (outgoing - self._offset) & SEQUENCE_MASK

    def _begin(self, sequence: int) -> int:
        if not self._begun:
            # Nobody came before: a first packet that was overtaken may still be let through.
            self._begun = True
            self._offset, self._highest, self._span = 0, sequence, SPAN_MAX
            return sequence
        outgoing = (self._highest + 1) & SEQUENCE_MASK
        self._offset, self._highest, self._span = (outgoing - sequence) & SEQUENCE_MASK, outgoing, 0
        return outgoing

    def _is_ours(self, outgoing: int) -> bool:
        return (self._highest - outgoing) & SEQUENCE_MASK <= self._span


class TimestampRewriter:
    """Maps 32-bit RTP timestamps of changing sources onto one time line."""

    __slots__ = ("_clock_rate_hz", "_highest", "_highest_at_ms", "_offset")

    def __init__(self, *, clock_rate_hz: int) -> None:
        self._clock_rate_hz = clock_rate_hz
        self._highest: int | None = None
        self._highest_at_ms = 0
        self._offset: int | None = None

    def switch(self) -> None:
        """Continue with a new source: its first packet lies as far behind the last one as the clock says."""
        self._offset = None

    def map(self, timestamp: int, *, now_ms: int) -> int:
        """Return the outgoing timestamp of a packet that arrived at `now_ms`."""
        offset = self._offset
        if offset is None:
            offset = self._offset = self._offset_for(timestamp, now_ms=now_ms)
        outgoing = (timestamp + offset) & TIMESTAMP_MASK
        highest = self._highest
        if highest is None or (outgoing - highest) & TIMESTAMP_MASK < TIMESTAMP_HALF:
            self._highest, self._highest_at_ms = outgoing, now_ms
        return outgoing

    def map_past(self, timestamp: int) -> int | None:
        """Return what `map` gives without moving on, or None before the source's first packet."""
        return None if self._offset is None else (timestamp + self._offset) & TIMESTAMP_MASK

    def _offset_for(self, timestamp: int, *, now_ms: int) -> int:
        if self._highest is None:
            return 0
        elapsed = max(1, (now_ms - self._highest_at_ms) * self._clock_rate_hz // 1000)
        return (self._highest + elapsed - timestamp) & TIMESTAMP_MASK
