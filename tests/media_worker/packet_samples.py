"""Packets as browsers send them, built byte by byte."""

import struct

from media_worker.forwarding.paths import TRANSPORT_CC_URI, Kind, Negotiated

LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


def rtp(
    *,
    payload_type: int,
    sequence: int,
    timestamp: int = 0,
    ssrc: int = 1,
    payload: bytes = b"payload",
    extensions: dict[int, bytes] | None = None,
    padding: int = 0,
    marker: bool = False,
) -> bytearray:
    first = 0x80 | (0x10 if extensions else 0) | (0x20 if padding else 0)
    packet = bytearray(
        struct.pack("!BBHII", first, payload_type | (0x80 if marker else 0), sequence, timestamp, ssrc)
    )
    if extensions:
        elements = b"".join(bytes([number << 4 | len(data) - 1]) + data for number, data in extensions.items())
        elements += bytes(-len(elements) % 4)
        packet += struct.pack("!HH", 0xBEDE, len(elements) // 4) + elements
    packet += payload
    if padding:
        packet += bytes(padding - 1) + bytes([padding])
    return packet


def rtcp(fmt: int, kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | fmt, kind, len(body) // 4) + body


def block(ssrc: int, *, highest: int, cycles: int = 0, lost: int = 0) -> bytes:
    return struct.pack("!IIHHIII", ssrc, lost, cycles, highest, 7, 8, 9)


def sender_report(ssrc: int, *, timestamp: int, blocks: tuple[bytes, ...] = ()) -> bytes:
    body = struct.pack("!IQIII", ssrc, 0x1234, timestamp, 10, 1000) + b"".join(blocks)
    return rtcp(len(blocks), 200, body)


def receiver_report(ssrc: int, *blocks: bytes) -> bytes:
    return rtcp(len(blocks), 201, struct.pack("!I", ssrc) + b"".join(blocks))


def fields(packet: bytes | bytearray) -> tuple[int, int, int, int]:
    """Return (payload type, sequence, timestamp, SSRC)."""
    second, sequence, timestamp, ssrc = struct.unpack_from("!xBHII", packet)
    return second & 0x7F, sequence, timestamp, ssrc


# Two browsers that number everything differently.
CHROMIUM = Negotiated(
    payload_types={Kind.AUDIO: 111, Kind.VIDEO: 96, Kind.RTX: 97},
    ssrcs={Kind.AUDIO: 0xA0, Kind.VIDEO: 0xB0, Kind.RTX: 0xC0},
    extensions={TRANSPORT_CC_URI: 3, LEVEL_URI: 1},
)
FIREFOX = Negotiated(
    payload_types={Kind.AUDIO: 109, Kind.VIDEO: 120, Kind.RTX: 124},
    ssrcs={Kind.AUDIO: 0xA1, Kind.VIDEO: 0xB1, Kind.RTX: 0xC1},
    extensions={TRANSPORT_CC_URI: 7},
)
