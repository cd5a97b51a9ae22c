"""What one seat sends: which packets are its own, and which paths they take."""

from collections.abc import Mapping

from chalicelib.domain.calls import Seat
from media_worker.forwarding.arrivals import Arrivals
from media_worker.forwarding.keyframes import KeyframeLimiter
from media_worker.forwarding.packets import (
    EXTENSION_BIT,
    RTP_HEADER_BYTES,
    TYPE_SEQUENCE_TIMESTAMP_SSRC,
    U16,
    VERSION_2,
    extension_elements,
)
from media_worker.forwarding.paths import TRANSPORT_CC_URI, Head, Kind, Negotiated, Path, Source

NO_PATHS: tuple[Path, ...] = ()


class Uplink(Source):
    """The sending side of a seat. It outlives the seat's connections; `joined` tells of a new one."""

    __slots__ = ("_by_type", "_transport_cc_id", "arrivals", "head", "keyframes", "paths", "seat", "terminates")

    def __init__(self, seat: Seat) -> None:
        super().__init__()
        self.seat = seat
        self.paths = NO_PATHS  # towards everybody who may see this seat now
        self.head = Head()
        self.keyframes = KeyframeLimiter()
        self.arrivals = Arrivals()
        # With one target its own feedback on the transport passes; with any other number we speak for it.
        self.terminates = True
        self._by_type: Mapping[int, Kind] = {}
        self._transport_cc_id = 0

    def joined(self, negotiated: Negotiated) -> None:
        """The seat sends from a new connection from now on."""
        self._by_type = {payload_type: kind for kind, payload_type in negotiated.payload_types.items()}
        self.ssrcs = {kind: negotiated.ssrcs.get(kind) for kind in Kind}
        self.extensions = negotiated.extensions
        self._transport_cc_id = negotiated.extensions.get(TRANSPORT_CC_URI, 0)
        self.keyframes.forget()
        self.arrivals.restart()

    def left(self) -> None:
        """Nothing of the seat is let through until it comes back."""
        self._by_type = {}

    def lead(self, paths: tuple[Path, ...]) -> None:
        """Send along these paths from now on."""
        self.paths = paths
        self.terminates = len(paths) != 1
        for path in paths:
            path.carry_transport_sequence(carried=not self.terminates)

    def route(self, packet: bytearray, size: int, *, now_ms: int) -> tuple[Path, ...]:
        """Read a decrypted packet (the first `size` bytes) into `head`; return the paths that it may take.

        Nothing is patched: each path's `rewrite` does that. A packet that was not agreed on takes no path.
        """
        head = self.head
        first = packet[0] if size >= RTP_HEADER_BYTES else 0
        if first >> 6 != VERSION_2:
            return NO_PATHS
        second, head.sequence, head.timestamp, ssrc = TYPE_SEQUENCE_TIMESTAMP_SSRC.unpack_from(packet, 1)
        kind = self._by_type.get(second & 0x7F)
        if kind is None:
            return NO_PATHS
        start = RTP_HEADER_BYTES + 4 * (first & 0x0F)
        if first & EXTENSION_BIT:
            if start + 4 > size:
                return NO_PATHS
            start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3])
        if start > size:
            return NO_PATHS
        known = self.ssrcs[kind]
        if known != ssrc:
            if known is not None:
                return NO_PATHS
            self.ssrcs[kind] = ssrc
        head.kind, head.start, head.size, head.marker = kind, start, size, second & 0x80
        if self.terminates and self._transport_cc_id:
            self._note_arrival(packet, now_ms=now_ms)
        return self.paths

    def feedback(self, reporter: int) -> list[bytes]:
        """Return transport-wide feedback about what arrived since the last time, if it is ours to give."""
        media = self.ssrcs.get(Kind.VIDEO) or self.ssrcs.get(Kind.AUDIO)
        if not self.terminates or media is None:
            return []
        return self.arrivals.report(reporter=reporter, media=media)

    def _note_arrival(self, packet: bytearray, *, now_ms: int) -> None:
        for identifier, offset, length in extension_elements(packet):
            if identifier == self._transport_cc_id and length == U16.size:
                self.arrivals.note(U16.unpack_from(packet, offset + 1)[0], now_ms=now_ms)
                return
