"""Links that are a capability: whoever holds the secret may act, and nobody needs an account.

The secret is derived, never stored: HMAC over office, booking, version and purpose. The table holds only the
version; raising it (a move) or cancelling ends every link that went out before. It travels in the fragment of
the address, which browsers send to no server and put into no Referer (RFC 3986, 3.5).
"""

import base64
import hashlib
import hmac
from enum import StrEnum

from chalicelib.domain.errors import LinkUnknown
from chalicelib.domain.ids import looks_like_id

SECRET_BYTES = 24  # 192 bits, above the 128 asked for; a multiple of 3 leaves base64 no spare bits to vary
KEY_BYTES_MIN = 32
VERSION_MAX = 2**32 - 1
_CHARACTERS = SECRET_BYTES * 4 // 3


class Purpose(StrEnum):
    """What a link is good for; a link for one is none for another."""

    JOIN = "join"
    MANAGE = "manage"
    RESULT = "result"
    GUEST = "guest"


def secret(key: bytes, *, office: str, booking_id: str, version: int, purpose: Purpose) -> str:
    """Derive a link's secret: 32 characters that fit an address. Raises ValueError for a weak key."""
    if len(key) < KEY_BYTES_MIN:
        raise ValueError(f"key: {KEY_BYTES_MIN} bytes are needed")
    if not 0 <= version <= VERSION_MAX:
        raise ValueError(f"version: {version} is out of range")
    parts = [part.encode() for part in ("fernamt-link/1", purpose.value, office, booking_id)]
    # Each part with its length in front: no two sets of parts share an encoding.
    message = b"".join(len(part).to_bytes(2, "big") + part for part in parts) + version.to_bytes(4, "big")
    digest = hmac.digest(key, message, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:SECRET_BYTES]).decode("ascii")


def check(given: str, *, key: bytes, office: str, booking_id: str, version: int, purpose: Purpose) -> None:
    """Compare in constant time. Raises LinkUnknown, and does not say what differs."""
    expected = secret(key, office=office, booking_id=booking_id, version=version, purpose=purpose)
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass")):
        raise LinkUnknown(purpose.value)


def fragment(booking_id: str, link_secret: str) -> str:
    """Return what stands behind the "#" of a link."""
    return f"{booking_id}.{link_secret}"


def parse_fragment(text: str) -> tuple[str, str]:
    """Split a fragment into booking id and secret, without trusting either. Raises LinkUnknown."""
    booking_id, dot, link_secret = text.strip().removeprefix("#").partition(".")
    if not dot or not looks_like_id(booking_id) or len(link_secret) != _CHARACTERS:
        raise LinkUnknown("fragment")
    return booking_id, link_secret
