"""One direction of a call: what one seat sends, as another seat receives it.

The path belongs to the room, not to a connection. When either side comes back after a reload, the path
carries on: the receiver keeps its SSRCs, and sequence numbers and timestamps continue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from chalicelib.domain.calls import Seat
from media_worker.forwarding.keyframes import KeyframeLimiter
from media_worker.forwarding.packets import (
    MARKER_BIT,
    SEQUENCE_OFFSET,
    SEQUENCE_TIMESTAMP_SSRC,
    U16,
    extension_elements,
    payload_length,
)
from media_worker.forwarding.rewriting import SequenceRewriter, TimestampRewriter

AUDIO_CLOCK_HZ = 48_000
VIDEO_CLOCK_HZ = 90_000
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
EXTENSION_IDS = 16
OSN_BYTES = 2  # RFC 4588, 4: a retransmission's payload begins with the original sequence number


class Kind(Enum):
    """The three streams that a participant sends."""

    AUDIO = "audio"
    VIDEO = "video"
    RTX = "rtx"  # retransmissions of video (RFC 4588)


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What one browser connection agreed on: its payload types, the SSRCs it sends, its header extensions.

    `ssrcs` may lack a kind: its SSRC is then learned from the first packet of that payload type.
    """

    payload_types: Mapping[Kind, int]
    ssrcs: Mapping[Kind, int] = field(default_factory=dict)
    extensions: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Stream:
    outgoing_ssrc: int
    sequence: SequenceRewriter = field(default_factory=SequenceRewriter)
    incoming_ssrc: int | None = None
    payload_type: int | None = None


class Path:
    """Rewrites packets of `source` for `target`, and translates what `target` says about them back."""

    def __init__(self, *, source: Seat, target: Seat, ssrcs: Mapping[Kind, int]) -> None:
        """Take the SSRC under which the target receives each kind; they never change."""
        self.source = source
        self.target = target
        self.keyframes = KeyframeLimiter()
        self._streams = {kind: _Stream(ssrcs[kind]) for kind in Kind}
        self._kind_of_outgoing = {ssrcs[kind]: kind for kind in Kind}
        self._clocks = {
            Kind.AUDIO: TimestampRewriter(clock_rate_hz=AUDIO_CLOCK_HZ),
            Kind.VIDEO: TimestampRewriter(clock_rate_hz=VIDEO_CLOCK_HZ),
        }
        self._clocks[Kind.RTX] = self._clocks[Kind.VIDEO]
        self._transport_sequence = SequenceRewriter()
        self._sent_extensions: Mapping[str, int] = {}
        self._received_extensions: Mapping[str, int] = {}
        self._extension_ids = bytes(EXTENSION_IDS)
        self._transport_cc_id = 0

    def source_joined(self, negotiated: Negotiated) -> None:
        """The source sends from a new connection from now on."""
        for kind, stream in self._streams.items():
            stream.incoming_ssrc = negotiated.ssrcs.get(kind)
            stream.sequence.switch()
        self._clocks[Kind.AUDIO].switch()
        self._clocks[Kind.VIDEO].switch()
        self._transport_sequence.switch()
        self.keyframes.forget()
        self._sent_extensions = negotiated.extensions
        self._map_extensions()

    def target_joined(self, negotiated: Negotiated) -> None:
        """The target receives on a new connection from now on."""
        for kind, stream in self._streams.items():
            stream.payload_type = negotiated.payload_types.get(kind)
        self._received_extensions = negotiated.extensions
        self._map_extensions()

    def outgoing_ssrc(self, kind: Kind) -> int:
        """Return the SSRC under which the target receives this kind."""
        return self._streams[kind].outgoing_ssrc

    def incoming_ssrc(self, kind: Kind) -> int | None:
        """Return the SSRC under which the source sends this kind, if known yet."""
        return self._streams[kind].incoming_ssrc

    def to_outgoing(self, incoming: int) -> int | None:
        """Translate an SSRC of the source into the target's numbering."""
        for stream in self._streams.values():
            if stream.incoming_ssrc == incoming:
                return stream.outgoing_ssrc
        return None

    def to_incoming(self, outgoing: int) -> int | None:
        """Translate an SSRC in the target's numbering into the source's."""
        kind = self._kind_of_outgoing.get(outgoing)
        return None if kind is None else self._streams[kind].incoming_ssrc

    def is_video(self, outgoing: int) -> bool:
        """Tell whether the target receives video under this SSRC."""
        return self._kind_of_outgoing.get(outgoing) is Kind.VIDEO

    def rewrite(self, packet: bytearray, start: int, kind: Kind, *, now_ms: int) -> bool:
        """Patch an RTP packet of the source in place for the target; `start` is where its payload begins.

        Returns False for a packet that the target must not get: foreign SSRC, kind it did not negotiate, or
        older than the source's connection.
        """
        sequence, timestamp, ssrc = SEQUENCE_TIMESTAMP_SSRC.unpack_from(packet, SEQUENCE_OFFSET)
        stream = self._streams[kind]
        if stream.incoming_ssrc is None:
            stream.incoming_ssrc = ssrc
        if stream.payload_type is None or stream.incoming_ssrc != ssrc:
            return False
        clock = self._clocks[kind]
        outgoing_timestamp: int | None
        if kind is Kind.RTX:
            outgoing_timestamp = clock.map_past(timestamp)
            if outgoing_timestamp is None or not self._rewrite_original_sequence(packet, start):
                return False
        else:
            outgoing_timestamp = clock.map(timestamp, now_ms=now_ms)
        outgoing_sequence = stream.sequence.map(sequence)
        if outgoing_sequence is None:
            return False
        packet[1] = packet[1] & MARKER_BIT | stream.payload_type
        SEQUENCE_TIMESTAMP_SSRC.pack_into(
            packet, SEQUENCE_OFFSET, outgoing_sequence, outgoing_timestamp, stream.outgoing_ssrc
        )
        return self._rewrite_extensions(packet)

    def lost_at_source(self, outgoing_ssrc: int, lost: list[int]) -> list[int]:
        """Translate sequence numbers that the target misses; those of a former connection are left out."""
        kind = self._kind_of_outgoing.get(outgoing_ssrc)
        if kind is None:
            return []
        found = map(self._streams[kind].sequence.unmap, lost)
        return [sequence for sequence in found if sequence is not None]

    def transport_sequence_at_source(self, outgoing: int) -> int | None:
        """Translate a transport-wide sequence number back; None for one of a former connection."""
        return self._transport_sequence.unmap(outgoing)

    def report_time(self, incoming_ssrc: int, timestamp: int) -> int | None:
        """Translate the RTP timestamp of a sender's report; None before the first packet of that stream."""
        for kind, stream in self._streams.items():
            if stream.incoming_ssrc == incoming_ssrc:
                return self._clocks[kind].map_past(timestamp)
        return None

    def _rewrite_original_sequence(self, packet: bytearray, start: int) -> bool:
        if payload_length(packet, start) < OSN_BYTES:
            return True  # a probe for bandwidth: padding only, it repeats no packet
        original = self._streams[Kind.VIDEO].sequence.map_past(U16.unpack_from(packet, start)[0])
        if original is None:
            return False
        U16.pack_into(packet, start, original)
        return True

    def _rewrite_extensions(self, packet: bytearray) -> bool:
        for identifier, offset, length in extension_elements(packet):
            if identifier == self._transport_cc_id and length == U16.size:
                sequence = self._transport_sequence.map(U16.unpack_from(packet, offset + 1)[0])
                if sequence is None:
                    return False
                U16.pack_into(packet, offset + 1, sequence)
            renamed = self._extension_ids[identifier]
            if renamed:
                packet[offset] = renamed << 4 | packet[offset] & 0x0F
            else:
                # Zero bytes are padding (RFC 8285, 4.2): what the target did not negotiate vanishes.
                packet[offset : offset + 1 + length] = bytes(1 + length)
        return True

    def _map_extensions(self) -> None:
        renamed = bytearray(EXTENSION_IDS)
        for uri, identifier in self._sent_extensions.items():
            renamed[identifier] = self._received_extensions.get(uri, 0)
        self._extension_ids = bytes(renamed)
        self._transport_cc_id = self._sent_extensions.get(TRANSPORT_CC_URI, 0)
