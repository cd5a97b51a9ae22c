"""RTP packets (RFC 3550, 5.1) seen and patched in place: no field is copied out that nobody asks for.

Nothing here raises on hostile bytes: a packet that is not what it claims to be is `False` or `None`.
"""

import struct
from typing import TypeAlias

Packet: TypeAlias = bytes | bytearray | memoryview

# Buffers that packets are received, rewritten and encrypted in: an Ethernet frame, and room for a tag.
PACKET_BUFFER_BYTES = 2_048
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

TYPE_SEQUENCE_TIMESTAMP_SSRC = struct.Struct("!BHII")  # from the second byte on: marker and payload type first
U16 = struct.Struct("!H")
U32 = struct.Struct("!I")


def is_rtcp(packet: Packet) -> bool:
    """Tell RTCP from RTP on a shared port (RFC 5761); anything shorter than a header is neither."""
    return len(packet) >= 2 and packet[1] in RTCP_TYPES  # noqa: PLR2004  # version byte and type byte


def payload_length(packet: Packet, start: int, end: int) -> int:
    """Return how many payload bytes lie from `start` to `end`, without padding, at least 0."""
    length = end - start
    if packet[0] & PADDING_BIT and length:
        length -= packet[end - 1]
    return max(length, 0)


def extension_elements(packet: Packet) -> list[tuple[int, int, int]]:
    """List the one-byte header extensions (RFC 8285, 4.2) as (identifier, offset of its byte, data length).

    The header, with its extensions, must be whole. Two-byte extensions are never negotiated here: an empty list.
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
