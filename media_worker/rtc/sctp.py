"""Which SCTP packets (RFC 9260) may reach aiortc: whole ones, of what our three channels need.

aiortc's parser raises on many malformed packets, and some keep it busy: a parameter of length 0 for ever, an
acknowledgement with gaps of 65,535 for seconds, a message without an end until memory is used up. It serves whoever
holds a ticket; this one never raises, and what it refuses is dropped, which SCTP takes for a loss.
"""

import struct
from typing import Protocol

from media_worker.budgets import Bucket

HEADER_BYTES = 12
CHUNK_HEADER = struct.Struct("!BBH")
PACKET_MAX_BYTES = 1_500
CHUNKS_MAX = 40  # letters, encrypted, are 44 bytes and more

DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT = range(7)
SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK = range(7, 12)
SHUTDOWN_COMPLETE = 14
BARE = (SHUTDOWN_ACK, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE)
# Not served: RE-CONFIG (nobody closes one channel alone), FORWARD-TSN (all channels are reliable).

STREAMS = (0, 1, 2)
UNORDERED = (2,)
# Text and bytes, also empty ones (RFC 8831, 8); no DATA_CHANNEL_OPEN, the channels are agreed beforehand.
PAYLOADS = (51, 53, 56, 57)

WINDOW_BYTES = 128 * 1024
# A browser that keeps to the window cannot have more under way; who does not is not waited for.
HELD_MAX_BYTES = 2 * WINDOW_BYTES
AHEAD_MAX = 256
HELD_MAX_PIECES = 320

# Twice what messages within their budget need, acknowledgements included.
CHUNKS_PER_S = 1_000


class Receiving(Protocol):
    """What the gate must know of the association."""

    @property
    def is_established(self) -> bool:
        """Tell whether it stands."""

    @property
    def held_bytes(self) -> int:
        """How much waits for a missing piece."""

    @property
    def held_pieces(self) -> int:
        """In how many pieces."""

    @property
    def is_waiting(self) -> bool:
        """Tell whether a piece is missing before one that came."""

    @property
    def newest_in_order(self) -> int | None:
        """The number of the last piece before which none is missing."""

    @property
    def next_to_send(self) -> int:
        """The number that our next piece will have."""


class Gate:
    """Before one association."""

    def __init__(self, *, now_ms: int, chunks_per_s: int = CHUNKS_PER_S) -> None:
        """Take how many chunks may pass in a second; what is above is lost, and sent again later."""
        self._budget = Bucket(chunks_per_s, now_ms=now_ms)
        self.dropped = 0

    def admits(self, packet: bytes, association: Receiving, *, now_ms: int) -> bool:
        """Tell whether this packet, decrypted, may reach the association. Never raises."""
        chunks = split(packet)
        fits = (
            chunks is not None
            and self._budget.holds(len(chunks), now_ms=now_ms)
            and all(_fits(kind, body, association) for kind, body in chunks)
            and (len(chunks) == 1 or INIT not in (kind for kind, _ in chunks))
        )
        if not fits or chunks is None:
            self.dropped += 1
            return False
        self._budget.spend(len(chunks))
        return True


def split(packet: bytes) -> list[tuple[int, bytes]] | None:
    """Return the kind and the body of each chunk; None if the packet is not whole."""
    if not HEADER_BYTES + CHUNK_HEADER.size <= len(packet) <= PACKET_MAX_BYTES:
        return None
    chunks: list[tuple[int, bytes]] = []
    offset = HEADER_BYTES
    while offset < len(packet):
        if offset + CHUNK_HEADER.size > len(packet) or len(chunks) == CHUNKS_MAX:
            return None
        kind, _, length = CHUNK_HEADER.unpack_from(packet, offset)
        if length < CHUNK_HEADER.size or offset + length > len(packet):
            return None
        chunks.append((kind, packet[offset + CHUNK_HEADER.size : offset + length]))
        offset += (length + 3) // 4 * 4
    return chunks


def _fits(kind: int, body: bytes, association: Receiving) -> bool:
    if kind == DATA:
        return _data_fits(body, association)
    if kind == SACK:
        return _acknowledgement_fits(body, association)
    if kind in (INIT, INIT_ACK):
        # A second one would begin anew in the middle, or over what an association that ended left behind.
        begins = not (association.is_established or association.held_pieces or association.is_waiting)
        return begins and len(body) >= 16 and _parameters_fit(body[16:])  # noqa: PLR2004  # RFC 9260, 3.3.2
    if kind in (HEARTBEAT, HEARTBEAT_ACK, ABORT, ERROR):
        return _parameters_fit(body)
    return (kind == SHUTDOWN and len(body) == 4) or kind in BARE  # noqa: PLR2004  # RFC 9260, 3.3.8


def _data_fits(body: bytes, association: Receiving) -> bool:
    newest = association.newest_in_order
    if len(body) <= 12 or newest is None:  # noqa: PLR2004  # RFC 9260, 3.3.1
        return False
    number, stream, _, payload = struct.unpack_from("!IHHI", body)
    ahead = number - newest & 0xFFFF_FFFF
    is_repeat = ahead == 0 or ahead >= 0x8000_0000  # noqa: PLR2004  # serial numbers: RFC 9260, 1.6
    return (
        stream in STREAMS
        and payload in PAYLOADS
        and (is_repeat or ahead <= AHEAD_MAX)
        and association.held_bytes <= HELD_MAX_BYTES
        and association.held_pieces < HELD_MAX_PIECES
    )


def _acknowledgement_fits(body: bytes, association: Receiving) -> bool:
    if len(body) < 12:  # noqa: PLR2004  # RFC 9260, 3.3.4
        return False
    newest, _, gaps, repeats = struct.unpack_from("!IIHH", body)
    under_way: int = association.next_to_send - newest - 1 & 0xFFFF_FFFF
    if len(body) != 12 + 4 * (gaps + repeats) or under_way >= 0x8000_0000:  # noqa: PLR2004  # serial numbers
        return False
    last: int = 0
    for first, end in struct.iter_unpack("!HH", body[12 : 12 + 4 * gaps]):
        # In order, not empty, and never of what we have not sent.
        if not last < first <= end:
            return False
        last = int(end)
    return last <= under_way


def _parameters_fit(body: bytes) -> bool:
    offset = 0
    while offset < len(body):
        if offset + 4 > len(body):
            return False
        length = int.from_bytes(body[offset + 2 : offset + 4], "big")
        if length < 4 or offset + length > len(body):  # noqa: PLR2004  # the length counts its own header
            return False
        offset += (length + 3) // 4 * 4
    return True
