"""Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01) about one browser's packets.

With three seats the targets' own feedback is of no use to a sender: it would hear of two networks at once. The
worker then tells it of the way to the worker, and bounds it by what the targets can take (`rates`).
"""

import struct
from collections.abc import Sequence

from media_worker.forwarding import rtcp

TICK_US = 250  # unit of a delta
TICKS_PER_MS = 1_000 // TICK_US
REFERENCE_MS = 64  # unit of the reference time
SMALL_MAX = 0xFF
LARGE_MAX = 0x7FFF
SEQUENCE_HALF = 0x8000

# Symbols of a packet's status (3.1.1): not received, small delta, large or negative delta.
LOST, SMALL, LARGE = 0, 1, 2
ONE_BIT_SYMBOLS = 14
TWO_BIT_SYMBOLS = 7
RUN_MAX = 0x1FFF
# A vector of two-bit symbols tells of 7 packets in the same two bytes.
RUN_WORTH_IT = TWO_BIT_SYMBOLS + 1

# A report with 2-byte deltas stays below 1,000 bytes: it must fit a datagram together with its tag.
PACKETS_PER_REPORT = 400
# A source that jumps this far has begun anew, or lies: nobody hears of 500 lost packets because of a jump.
JUMP_MAX = 500


class Arrivals:
    """Notes when packets came, and reports each of them once; gaps are reported as lost."""

    __slots__ = ("_at_ms", "_count", "_next")

    def __init__(self) -> None:
        self._at_ms: dict[int, int] = {}  # by unwrapped sequence number
        self._next: int | None = None  # the first number of which nothing was reported yet
        self._count = 0  # of reports, modulo 256

    def restart(self) -> None:
        """A new connection numbers its packets anew."""
        self._at_ms.clear()
        self._next = None

    def note(self, sequence: int, *, now_ms: int) -> None:
        """A packet with this transport-wide number came."""
        if self._next is None:
            self._next = sequence
        ahead = (sequence - self._next + SEQUENCE_HALF & 0xFFFF) - SEQUENCE_HALF
        if abs(ahead) > JUMP_MAX + PACKETS_PER_REPORT:
            self.restart()
            self._next, ahead = sequence, 0
        self._at_ms.setdefault(self._next + ahead, now_ms)

    def report(self, *, reporter: int, media: int) -> list[bytes]:
        """Return what is to be told since the last report, as RTCP packets; nothing new, no packet."""
        packets = []
        while self._at_ms:
            first = min(self._at_ms)
            if self._next is not None and first > self._next:
                first = self._next  # those before it are lost
            packets.append(self._one_report(first, reporter=reporter, media=media))
        return packets

    def _one_report(self, first: int, *, reporter: int, media: int) -> bytes:
        last = min(max(self._at_ms), first + PACKETS_PER_REPORT - 1)
        arrivals = [self._at_ms.get(number) for number in range(first, last + 1)]
        reference = next((at for at in arrivals if at is not None), 0) // REFERENCE_MS
        symbols: list[int] = []
        deltas = bytearray()
        before = reference * REFERENCE_MS * TICKS_PER_MS
        for at in arrivals:
            if at is None:
                symbols.append(LOST)
                continue
            delta = at * TICKS_PER_MS - before
            if not -LARGE_MAX <= delta <= LARGE_MAX:
                break  # more than 8 s apart: the next report starts with a time of its own
            symbols.append(SMALL if 0 <= delta <= SMALL_MAX else LARGE)
            deltas += struct.pack("!B" if symbols[-1] == SMALL else "!h", delta)
            before = at * TICKS_PER_MS
        told = first + len(symbols)
        for number in [number for number in self._at_ms if number < told]:
            del self._at_ms[number]
        if self._next is None or told > self._next:
            self._next = told
        head = struct.pack("!IIHHI", reporter, media, first & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8)
        body = bytearray(head)
        body[-1] = self._count
        self._count = (self._count + 1) & 0xFF
        return rtcp.write(
            rtcp.Part(rtcp.FMT_TRANSPORT_CC, rtcp.TRANSPORT_FEEDBACK, bytes(body + write_chunks(symbols) + deltas))
        )


def write_chunks(symbols: Sequence[int]) -> bytes:
    """Return the status chunks (3.1.2 to 3.1.4) of these symbols, the last vector filled up with LOST."""
    chunks = bytearray()
    at = 0
    while at < len(symbols):
        run = _run_at(symbols, at)
        if run >= RUN_WORTH_IT or run == len(symbols) - at:
            chunks += struct.pack("!H", symbols[at] << 13 | run)
            at += run
            continue
        vector = symbols[at : at + ONE_BIT_SYMBOLS]
        if LARGE not in vector:
            bits = sum(symbol << ONE_BIT_SYMBOLS - 1 - place for place, symbol in enumerate(vector))
            chunks += struct.pack("!H", 0x8000 | bits)
            at += ONE_BIT_SYMBOLS
        else:
            vector = symbols[at : at + TWO_BIT_SYMBOLS]
            bits = sum(symbol << 2 * (TWO_BIT_SYMBOLS - 1 - place) for place, symbol in enumerate(vector))
            chunks += struct.pack("!H", 0xC000 | bits)
            at += TWO_BIT_SYMBOLS
    return bytes(chunks)


def _run_at(symbols: Sequence[int], at: int) -> int:
    end = at
    while end < len(symbols) and end - at < RUN_MAX and symbols[end] == symbols[at]:
        end += 1
    return end - at
