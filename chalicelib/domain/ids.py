"""Identifiers: opaque, made from given bytes; a reference is for the human ear."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

ID_BYTES = 16  # 128 bit: an id cannot be guessed, though it is never the only key to anything
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: nothing that is misread or misheard
REFERENCE_CHARACTERS = 8


@dataclass(frozen=True, slots=True, order=True)
class FileKey:
    """Which file: the office is part of every key, so that no tenant reads another's."""

    office: str
    booking_id: str


def new_id(random_bytes: bytes) -> str:
    """26 lower-case base-32 characters from 16 random bytes; safe in paths and keys."""
    if len(random_bytes) != ID_BYTES:
        raise ValueError(f"an id needs {ID_BYTES} bytes, not {len(random_bytes)}")
    return base64.b32encode(random_bytes).decode("ascii").rstrip("=").lower()


def looks_like_id(text: str) -> bool:
    """Whether `text` has the shape of an id; anything else is absent without asking the store."""
    return len(text) == 26 and all(letter in "abcdefghijklmnopqrstuvwxyz234567" for letter in text)  # noqa: PLR2004 - 128 bit in base 32


def reference(prefix: str, booking_id: str) -> str:
    """The citizen's reference, such as `HD-7K3M-9QX2`: spoken, printed, never a key to anything.

    Derived one way, so that the reference on a letter gives nothing of the id away.
    """
    digest = int.from_bytes(hashlib.sha256(b"fernamt reference\0" + booking_id.encode()).digest()[:8], "big")
    letters = "".join(CROCKFORD[(digest >> (5 * place)) & 31] for place in range(REFERENCE_CHARACTERS))
    return f"{prefix}-{letters[:4]}-{letters[4:]}"


def fingerprint(secret: str) -> str:
    """What the table keeps of a browser's secret: enough to recognise it, useless to whoever reads it."""
    return hashlib.sha256(b"fernamt booker\0" + secret.encode()).hexdigest()
