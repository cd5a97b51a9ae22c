"""One direction of a call: what one seat sends, as one connection of another seat receives it.

The path belongs to the receiving connection. Whatever happens at the other end (a reload, another citizen, a
room left for the next) the receiver keeps its SSRCs, and sequence numbers and timestamps continue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from chalicelib.domain.calls import Seat
from media_worker.forwarding.packets import (
    EXTENSION_BIT,
    EXTENSION_STOP,
    ONE_BYTE_EXTENSIONS,
    RTP_HEADER_BYTES,
    TYPE_SEQUENCE_TIMESTAMP_SSRC,
    U16,
    payload_length,
)
from media_worker.forwarding.rates import Bound
from media_worker.forwarding.rewriting import SequenceRewriter, TimestampRewriter

AUDIO_CLOCK_HZ = 48_000
VIDEO_CLOCK_HZ = 90_000
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
TRANSPORT_CC_BYTES = 3  # identifier and length, then a 16-bit number
EXTENSION_IDS = 16
# A second of lost video; older wishes were asked for again or given up.
WANTED_MAX = 256
NOT_WANTED = object()
OSN_BYTES = 2  # RFC 4588, 4: a retransmission's payload begins with the original sequence number


class Kind(IntEnum):
    """The three streams that a participant sends; a number, because every packet looks something up by it."""

    AUDIO = 0
    VIDEO = 1
    RTX = 2  # retransmissions of video (RFC 4588)


RTX = Kind.RTX


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What one browser connection agreed on: its payload types, the SSRCs it sends, its header extensions.

    `ssrcs` may lack a kind: its SSRC is then learned from the first packet of that payload type.
    """

    payload_types: Mapping[Kind, int]
    ssrcs: Mapping[Kind, int] = field(default_factory=dict)
    extensions: Mapping[str, int] = field(default_factory=dict)


class Source:
    """The sending side of a path, as far as the path needs it."""

    __slots__ = ("extensions", "ssrcs")

    def __init__(self) -> None:
        self.ssrcs: dict[Kind, int | None] = {}  # None until the first packet tells
        self.extensions: Mapping[str, int] = {}


class Head:
    """What was read of the packet at hand; one object serves all packets of a seat, one after another."""

    __slots__ = ("kind", "marker", "sequence", "size", "start", "timestamp")

    def __init__(self) -> None:
        self.kind = Kind.AUDIO
        self.sequence = self.timestamp = 0
        self.start = self.size = 0  # where the payload begins, where the packet ends
        self.marker = 0  # the marker's bit of the second byte


class Sink(Protocol):
    """Where a path's packets go: the leg of its target."""

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Encrypt and send the first `size` bytes, which may be overwritten."""


class _Nowhere:
    """The sink of a path that only tests look at."""

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Send nothing."""


NOWHERE: Sink = _Nowhere()


@dataclass(slots=True)
class _Stream:
    outgoing_ssrc: int
    sequence: SequenceRewriter = field(default_factory=SequenceRewriter)
    payload_type: int | None = None


class Path:
    """Rewrites packets of `source` for `target`, and translates what `target` says about them back."""

    def __init__(self, *, source: Seat, target: Seat, ssrcs: Mapping[Kind, int]) -> None:
        """Take the SSRC under which the target receives each kind; they never change."""
        self.source = source
        self.target = target
        self.sink = NOWHERE
        self.bound = Bound()
        self._from = Source()
        self._streams = [_Stream(ssrcs[kind]) for kind in Kind]
        self._kind_of_outgoing = {ssrcs[kind]: kind for kind in Kind}
        audio = TimestampRewriter(clock_rate_hz=AUDIO_CLOCK_HZ)
        video = TimestampRewriter(clock_rate_hz=VIDEO_CLOCK_HZ)
        self._clocks = [audio, video, video]
        self._transport_sequence = SequenceRewriter()
        self._carries_transport_sequence = True
        # With several targets, a retransmission is for those who asked: the source's numbers that we asked for.
        self._wanted: dict[int, None] = {}
        self._received_extensions: Mapping[str, int] = {}
        self._extension_ids = bytes(EXTENSION_IDS)
        self._transport_cc_id = 0

    def source_joined(self, source: Source) -> None:
        """Another connection sends from now on: the source came back, or the target came to another one."""
        self._from = source
        for stream in self._streams:
            stream.sequence.switch()
        for clock in self._clocks:
            clock.switch()
        self._transport_sequence.switch()
        self._wanted.clear()
        self._map_extensions()

    def target_joined(self, negotiated: Negotiated, sink: Sink) -> None:
        """The target's connection stands, and agreed on this."""
        for kind, stream in zip(Kind, self._streams, strict=True):
            stream.payload_type = negotiated.payload_types.get(kind)
        self.sink = sink
        self._received_extensions = negotiated.extensions
        self._map_extensions()

    def carry_transport_sequence(self, *, carried: bool) -> None:
        """Pass the source's transport-wide numbers on, or leave them out, because nobody could use them."""
        if carried == self._carries_transport_sequence:
            return
        self._carries_transport_sequence = carried
        if carried:
            # What was left out meanwhile must not look lost.
            self._transport_sequence.switch()
            self._streams[RTX].sequence.switch()
        self._wanted.clear()
        self._map_extensions()

    @property
    def is_terminated(self) -> bool:
        """Tell whether the source has several targets, so that feedback ends at the worker."""
        return not self._carries_transport_sequence

    def outgoing_ssrc(self, kind: Kind) -> int:
        """Return the SSRC under which the target receives this kind."""
        return self._streams[kind].outgoing_ssrc

    def to_outgoing(self, incoming: int) -> int | None:
        """Translate an SSRC of the source into the target's numbering."""
        kind = self._kind_of_incoming(incoming)
        return None if kind is None else self._streams[kind].outgoing_ssrc

    def to_incoming(self, outgoing: int) -> int | None:
        """Translate an SSRC in the target's numbering into the source's."""
        kind = self._kind_of_outgoing.get(outgoing)
        return None if kind is None else self._from.ssrcs.get(kind)

    def is_video(self, outgoing: int) -> bool:
        """Tell whether the target receives video under this SSRC."""
        return self._kind_of_outgoing.get(outgoing) is Kind.VIDEO

    def rewrite(self, packet: bytearray, head: Head, *, now_ms: int) -> bool:
        """Patch an RTP packet of the source in place for the target; `head` was read from it.

        Returns False for a packet that the target must not get: a kind that it did not negotiate, older than
        the source's connection, or a repetition that it did not ask for.
        """
        kind = head.kind
        stream = self._streams[kind]
        payload_type = stream.payload_type
        if payload_type is None:
            return False
        if kind is RTX:
            timestamp = self._clocks[RTX].map_past(head.timestamp)
            if timestamp is None or not self._rewrite_original_sequence(packet, head):
                return False
            if not self._carries_transport_sequence:
                stream.sequence.switch()  # those for others leave no gap: it would be reported as loss
        else:
            timestamp = self._clocks[kind].map(head.timestamp, now_ms=now_ms)
        sequence = stream.sequence.map(head.sequence)
        if sequence is None:
            return False
        TYPE_SEQUENCE_TIMESTAMP_SSRC.pack_into(
            packet, 1, head.marker | payload_type, sequence, timestamp, stream.outgoing_ssrc
        )
        if packet[0] & EXTENSION_BIT and not self._rewrite_extensions(packet):
            return False
        if not self._carries_transport_sequence:
            self.bound.sent(head.size, now_ms=now_ms)
        return True

    def lost_at_source(self, outgoing_ssrc: int, lost: list[int]) -> list[int]:
        """Translate sequence numbers that the target misses; those of a former connection are left out."""
        kind = self._kind_of_outgoing.get(outgoing_ssrc)
        if kind is None:
            return []
        found = map(self._streams[kind].sequence.unmap, lost)
        return [sequence for sequence in found if sequence is not None]

    def want(self, sequences: list[int]) -> None:
        """The target asked for these video packets (the source's numbers) again."""
        for sequence in sequences:
            self._wanted[sequence] = None
        while len(self._wanted) > WANTED_MAX:
            del self._wanted[next(iter(self._wanted))]

    def transport_sequence_at_source(self, outgoing: int) -> int | None:
        """Translate a transport-wide sequence number back; None for one of a former connection."""
        return self._transport_sequence.unmap(outgoing)

    def report_time(self, incoming_ssrc: int, timestamp: int) -> int | None:
        """Translate the RTP timestamp of a sender's report; None before the first packet of that stream."""
        kind = self._kind_of_incoming(incoming_ssrc)
        return None if kind is None else self._clocks[kind].map_past(timestamp)

    def _kind_of_incoming(self, incoming: int) -> Kind | None:
        return next((kind for kind, ssrc in self._from.ssrcs.items() if ssrc == incoming), None)

    def _rewrite_original_sequence(self, packet: bytearray, head: Head) -> bool:
        if payload_length(packet, head.start, head.size) < OSN_BYTES:
            # A probe for bandwidth: padding only, it repeats no packet. With several targets it ends here,
            # like the feedback that it asks for.
            return self._carries_transport_sequence
        original = U16.unpack_from(packet, head.start)[0]
        if not self._carries_transport_sequence and self._wanted.pop(original, NOT_WANTED) is NOT_WANTED:
            return False
        outgoing = self._streams[Kind.VIDEO].sequence.map_past(original)
        if outgoing is None:
            return False
        U16.pack_into(packet, head.start, outgoing)
        return True

    def _rewrite_extensions(self, packet: bytearray) -> bool:
        """Give one-byte extensions (RFC 8285, 4.2) the target's identifiers; the header was found whole."""
        offset = RTP_HEADER_BYTES + 4 * (packet[0] & 0x0F)
        if packet[offset] << 8 | packet[offset + 1] != ONE_BYTE_EXTENSIONS:
            return True
        end = offset + 4 + 4 * (packet[offset + 2] << 8 | packet[offset + 3])
        offset += 4
        while offset < end:
            byte = packet[offset]
            if not byte:
                offset += 1
                continue
            identifier, after = byte >> 4, offset + 2 + (byte & 0x0F)
            if identifier == EXTENSION_STOP or after > end:
                break
            renamed = self._extension_ids[identifier]
            if not renamed:
                # Zero bytes are padding (RFC 8285, 4.2): what the target did not negotiate vanishes.
                packet[offset:after] = bytes(after - offset)
            else:
                if identifier == self._transport_cc_id and after - offset == TRANSPORT_CC_BYTES:
                    sequence = self._transport_sequence.map(packet[offset + 1] << 8 | packet[offset + 2])
                    if sequence is None:
                        return False
                    U16.pack_into(packet, offset + 1, sequence)
                packet[offset] = renamed << 4 | byte & 0x0F
            offset = after
        return True

    def _map_extensions(self) -> None:
        renamed = bytearray(EXTENSION_IDS)
        for uri, identifier in self._from.extensions.items():
            if uri != TRANSPORT_CC_URI or self._carries_transport_sequence:
                renamed[identifier] = self._received_extensions.get(uri, 0)
        self._extension_ids = bytes(renamed)
        self._transport_cc_id = self._from.extensions.get(TRANSPORT_CC_URI, 0)
