"""Messages of the data channels: who hears them, how many a seat may send, and what the worker itself says."""

import json
from collections.abc import Collection, Mapping

from chalicelib.domain.calls import Seat
from media_worker.budgets import Bucket

PEERS = 0  # browser to browser, passed on unread
OFFICE = 1  # worker to browser
TEXT = 2  # as PEERS, but nothing waits for what was lost before it: letters as they are typed

MESSAGE_MAX_BYTES = 16 * 1024
# Letters typed by a fast hand are ten a second; a key agreement is a dozen at once.
MESSAGES_PER_S = 200
BYTES_PER_S = 512 * 1024

SENDER_CODES: Mapping[Seat, int] = {Seat.CITIZEN: 1, Seat.CLERK: 2, Seat.GUEST: 3, Seat.ECHO: 4}


class Allowance:
    """What one connection may send: two token buckets that hold a second's worth each."""

    __slots__ = ("_bytes", "_messages")

    def __init__(self, *, now_ms: int) -> None:
        self._messages = Bucket(MESSAGES_PER_S, now_ms=now_ms)
        self._bytes = Bucket(BYTES_PER_S, now_ms=now_ms)

    def take(self, size: int, *, now_ms: int) -> bool:
        """Say whether a message of `size` bytes may pass now, and count it if so."""
        passes = self._messages.holds(1, now_ms=now_ms) and self._bytes.holds(size, now_ms=now_ms)
        if size > MESSAGE_MAX_BYTES or not passes:
            return False
        self._messages.spend(1)
        self._bytes.spend(size)
        return True


def passed_on(sender: Seat, message: bytes) -> bytes:
    """Return what the others get: one byte that says from which seat, then the message as it came."""
    return bytes([SENDER_CODES[sender]]) + message


def who_is_there(*, room: str, generation: int, you: Seat, seats: Mapping[Seat, str], lit: Collection[Seat]) -> bytes:
    """Return the worker's message about who sits and who is in light; `seats` gives each connection's name."""
    return _said(
        {
            "type": "seats",
            "room": room,
            "generation": generation,
            "you": you.value,
            "seats": {seat.value: name for seat, name in seats.items()},
            "lit": sorted(seat.value for seat in lit),
        }
    )


def please_move() -> bytes:
    """Return the worker's request to connect anew with a fresh ticket: it is about to end."""
    return _said({"type": "move"})


def _said(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
