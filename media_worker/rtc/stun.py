"""Which STUN messages (RFC 8489) may reach aioice: only whole ones, and requests only with the password.

aioice's parser raises on many malformed messages and answers unauthenticated ones, which makes a reflector.
This one does neither: it never raises, and what it refuses is dropped without a word.
"""

import hmac
import struct
from collections.abc import Container
from enum import Enum
from hashlib import sha1

HEADER = struct.Struct("!HHI12s")
ATTRIBUTE = struct.Struct("!HH")
MAGIC_COOKIE = 0x2112A442
BINDING_REQUEST = 0x0001
BINDING_RESPONSES = (0x0101, 0x0111)
USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
INTEGRITY_BYTES = 20
MESSAGE_MAX_BYTES = 1_500


class Verdict(Enum):
    """What a STUN message is to us."""

    DROP = "drop"
    AUTHENTIC_REQUEST = "authentic request"  # its sender knows our password: a peer
    AWAITED_RESPONSE = "awaited response"  # aioice checks its integrity


def judge(data: bytes, *, username: str, password: str, awaited: Container[bytes]) -> Verdict:
    """Judge one datagram that begins like STUN; `awaited` holds (`in`) the transactions under way."""
    if not HEADER.size <= len(data) <= MESSAGE_MAX_BYTES:
        return Verdict.DROP
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    is_whole = cookie == MAGIC_COOKIE and length == len(data) - HEADER.size and not length % 4
    # The cheap questions first: strangers ask most.
    if kind == BINDING_REQUEST:
        is_ours = f"{username}:".encode() in data
    else:
        is_ours = kind in BINDING_RESPONSES and transaction in awaited
    if not is_whole or not is_ours:
        return Verdict.DROP
    attributes = _attributes(data)
    if attributes is None:
        return Verdict.DROP
    if kind in BINDING_RESPONSES:
        return Verdict.AWAITED_RESPONSE
    return _judge_request(data, attributes, username=username, password=password)


def _judge_request(data: bytes, attributes: dict[int, tuple[int, int]], *, username: str, password: str) -> Verdict:
    if USERNAME not in attributes or MESSAGE_INTEGRITY not in attributes:
        return Verdict.DROP
    start, length = attributes[USERNAME]
    if not data.startswith(f"{username}:".encode(), start, start + length):
        return Verdict.DROP
    start, length = attributes[MESSAGE_INTEGRITY]
    if length != INTEGRITY_BYTES:
        return Verdict.DROP
    # RFC 8489, 14.5: the length counts up to the integrity attribute, which is not covered itself.
    covered = start - ATTRIBUTE.size
    length_field = struct.pack("!H", start + INTEGRITY_BYTES - HEADER.size)
    expected = hmac.digest(password.encode(), data[:2] + length_field + data[4:covered], sha1)
    if not hmac.compare_digest(expected, data[start : start + INTEGRITY_BYTES]):
        return Verdict.DROP
    return Verdict.AUTHENTIC_REQUEST


def _attributes(data: bytes) -> dict[int, tuple[int, int]] | None:
    """Return where each attribute's value lies (offset, length), the first of its kind; None if cut off."""
    found: dict[int, tuple[int, int]] = {}
    offset = HEADER.size
    while offset < len(data):
        if offset + ATTRIBUTE.size > len(data):
            return None
        kind, length = ATTRIBUTE.unpack_from(data, offset)
        start = offset + ATTRIBUTE.size
        offset = start + (length + 3) // 4 * 4
        if offset > len(data):
            return None
        if MESSAGE_INTEGRITY not in found:
            found.setdefault(kind, (start, length))
    return found
