"""What may enter a media socket (RFC 7983): STUN with the password from anybody, the rest from peers only.

A peer is an address from which a check with our password came. Without this guard one empty datagram, or a
DTLS alert from a stranger, ends a stock aiortc call.
"""

import asyncio
import logging
import struct
from collections.abc import Callable, Container
from typing import Any, Protocol

from media_worker.rtc.stun import Verdict, judge

# A browser checks from each of its interfaces, both families; more than this is no browser.
PEERS_MAX = 32
STUN_FIRST_BYTES = range(4)
DTLS_FIRST_BYTES = range(20, 64)
MEDIA_FIRST_BYTE_MIN = 128
MEDIA_FIRST_BYTE_MAX = 191

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
    """Stands before aioice on its socket and sorts what comes in."""

    def __init__(
        self,
        ice: IceProtocol,
        *,
        username: str,
        password: str,
        to_dtls: Callable[[bytes], None],
        to_media: Callable[[bytes], None],
    ) -> None:
        """Take the local ICE credentials and where DTLS records and SRTP packets of peers go."""
        self._ice = ice
        self._username = username
        self._password = password
        self._to_dtls = to_dtls
        self._to_media = to_media
        self._peers: set[tuple[str, int]] = set()
        self.dropped = 0

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Sort one datagram; never raises on its content."""
        first = data[0] if data else -1
        if MEDIA_FIRST_BYTE_MIN <= first <= MEDIA_FIRST_BYTE_MAX:
            if addr[:2] in self._peers:
                self._to_media(data)
                return
        elif first in STUN_FIRST_BYTES:
            if self._let_stun_in(data, addr):
                return
        elif first in DTLS_FIRST_BYTES and addr[:2] in self._peers:
            self._to_dtls(data)
            return
        self.dropped += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell aioice, which waits for it when closing."""
        self._ice.connection_lost(exc)

    def error_received(self, exc: Exception) -> None:
        """Tell aioice."""
        self._ice.error_received(exc)

    def _let_stun_in(self, data: bytes, addr: tuple[Any, ...]) -> bool:
        verdict = judge(data, username=self._username, password=self._password, awaited=self._ice.transactions)
        if verdict is Verdict.DROP:
            return False
        if verdict is Verdict.AUTHENTIC_REQUEST and addr[:2] not in self._peers:
            if len(self._peers) >= PEERS_MAX:
                return False
            self._peers.add((addr[0], addr[1]))
        try:
            self._ice.datagram_received(data, addr)
        except (ValueError, LookupError, AssertionError, struct.error) as error:
            # Only somebody with the password gets this far; still no byte of theirs may end the loop.
            logger.warning("ICE refused a message: %s", type(error).__name__)
            return False
        return True
