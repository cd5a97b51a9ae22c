"""RTP packets (RFC 3550, 5.1) seen and patched in place: no field is copied out that nobody asks for.

Nothing here raises on hostile bytes: a packet that is not what it claims to be is `False` or `None`.
"""

import struct
from typing import TypeAlias

Packet: TypeAlias = bytes | bytearray | memoryview

RTP_HEADER_BYTES = 12
VERSION_2 = 2
PADDING_BIT = 0x20
EXTENSION_BIT = 0x10
MARKER_BIT = 0x80
ONE_BYTE_EXTENSIONS = 0xBEDE
# RFC 8285, 4.2: identifier 15 ends the one-byte list, 0 is a byte of padding.
EXTENSION_STOP = 15

# RFC 5761, 4: with RTP and RTCP on one port, these second bytes are RTCP.
RTCP_TYPES = range(192, 224)

SEQUENCE_TIMESTAMP_SSRC = struct.Struct("!HII")
SEQUENCE_OFFSET = 2
U16 = struct.Struct("!H")
U32 = struct.Struct("!I")


def is_rtcp(packet: Packet) -> bool:
    """Tell RTCP from RTP on a shared port (RFC 5761); anything shorter than a header is neither."""
    return len(packet) >= 2 and packet[1] in RTCP_TYPES  # noqa: PLR2004  # version byte and type byte


def payload_start(packet: Packet) -> int | None:
    """Return the offset of the payload, or None if this is not a whole RTP packet of version 2."""
    size = len(packet)
    if size < RTP_HEADER_BYTES or packet[0] >> 6 != VERSION_2:
        return None
    first = packet[0]
    start = RTP_HEADER_BYTES + 4 * (first & 0x0F)
    if first & EXTENSION_BIT:
        if start + 4 > size:
            return None
        start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3])
    return start if start <= size else None


def payload_length(packet: Packet, start: int) -> int:
    """Return how many payload bytes follow `start` (from `payload_start`), without padding, at least 0."""
    length = len(packet) - start
    if packet[0] & PADDING_BIT and length:
        length -= packet[-1]
    return max(length, 0)


def extension_elements(packet: Packet) -> list[tuple[int, int, int]]:
    """List the one-byte header extensions (RFC 8285, 4.2) as (identifier, offset of its byte, data length).

    The packet must have passed `payload_start`. Two-byte extensions are never negotiated here: an empty list.
    """
    if not packet[0] & EXTENSION_BIT:
        return []
    head = RTP_HEADER_BYTES + 4 * (packet[0] & 0x0F)
    if packet[head] << 8 | packet[head + 1] != ONE_BYTE_EXTENSIONS:
        return []
    offset = head + 4
    end = offset + 4 * (packet[head + 2] << 8 | packet[head + 3])
    found = []
    while offset < end:
        byte = packet[offset]
        if byte == 0:
            offset += 1
            continue
        identifier, length = byte >> 4, (byte & 0x0F) + 1
        if identifier == EXTENSION_STOP or offset + 1 + length > end:
            break
        found.append((identifier, offset, length))
        offset += 1 + length
    return found
