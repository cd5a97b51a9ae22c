"""What may enter a leg (RFC 7983): STUN with the password from anybody, the rest from peers only.

A peer is an address from which a check with our password came; it then gets a socket of its own (`sockets`).
Without this guard one empty datagram, or a DTLS alert from a stranger, ends a stock aiortc call.
"""

import asyncio
import logging
import struct
from collections.abc import Callable, Container
from typing import Any, Protocol

from media_worker.rtc.stun import Verdict, judge

STUN_FIRST_BYTES = range(4)
DTLS_FIRST_BYTES = range(20, 64)
# A record of DTLS (RFC 6347, 4.1): type, version, epoch, sequence number in two parts, length.
RECORD = struct.Struct("!BHHHIH")
ALERT = 21

logger = logging.getLogger(__name__)


class IceProtocol(Protocol):
    """aioice's protocol of one socket, as far as the guard needs it."""

    @property
    def transactions(self) -> Container[bytes]:
        """The STUN transactions that await a response."""

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Take a STUN message."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the socket is closed."""

    def error_received(self, exc: Exception) -> None:
        """Learn of an error of the socket."""


class Guard(asyncio.DatagramProtocol):
    """Stands before aioice on the open socket, and sorts what peers send besides media."""

    def __init__(
        self,
        ice: IceProtocol,
        *,
        username: str,
        password: str,
        admit: Callable[[tuple[str, int]], None],
        to_dtls: Callable[[bytes], None],
    ) -> None:
        """Take the local ICE credentials, who lets a peer in, and where DTLS records of peers go.

        `admit` hears of each authentic check, before it is answered. It raises OSError if it cannot let the peer
        in: the check then stays unanswered.
        """
        self._ice = ice
        self._username = username
        self._password = password
        self._admit = admit
        self._to_dtls = to_dtls
        self.dropped = 0

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Take one datagram of the open socket: STUN or nothing. Never raises on its content."""
        if not data or data[0] not in STUN_FIRST_BYTES or not self._let_stun_in(data, (addr[0], addr[1])):
            self.dropped += 1

    def peer_said(self, data: bytes, peer: tuple[str, int]) -> None:
        """Take one datagram of a peer's socket that is not media. Never raises on its content."""
        if data and data[0] in DTLS_FIRST_BYTES and not holds_plain_alert(data):
            self._to_dtls(data)
        else:
            self.datagram_received(data, peer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell aioice, which waits for it when closing."""
        self._ice.connection_lost(exc)

    def error_received(self, exc: Exception) -> None:
        """Tell aioice."""
        self._ice.error_received(exc)

    def _let_stun_in(self, data: bytes, peer: tuple[str, int]) -> bool:
        verdict = judge(data, username=self._username, password=self._password, awaited=self._ice.transactions)
        if verdict is Verdict.DROP:
            return False
        try:
            if verdict is Verdict.AUTHENTIC_REQUEST:
                self._admit(peer)
            self._ice.datagram_received(data, peer)
        except (OSError, ValueError, LookupError, AssertionError, struct.error) as error:
            # Only somebody with the password gets this far; still no byte of theirs may end the loop.
            logger.warning("ICE refused a message: %s", type(error).__name__)
            return False
        return True


def holds_plain_alert(data: bytes) -> bool:
    """Tell whether one of the DTLS records is an alert that nothing protects (epoch 0).

    Whoever guesses a browser's port could end its handshake with one. What a browser would tell us by it, the end
    of the time for setting up tells as well.
    """
    offset = 0
    while offset + RECORD.size <= len(data):
        kind, _, epoch, _, _, length = RECORD.unpack_from(data, offset)
        if kind == ALERT and epoch == 0:
            return True
        offset += RECORD.size + length
    return False
