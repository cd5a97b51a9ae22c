"""The data channels of one leg: SCTP (RFC 9260, RFC 8831) ends here, and payloads are passed on unread.

The channels are agreed beforehand by their numbers, so no opening message is ever parsed. Whatever a browser
sends can at most end its own association, never its leg and never anybody else's.
"""

import asyncio
from collections.abc import Callable

from media_worker.rtc.privates import Association
from media_worker.rtc.sctp import Gate

import aiortc  # isort: skip  # after privates, which hides the decoder

# What a browser may leave unacknowledged before it gets nothing more: it slept, or it is none.
UNSENT_MAX_BYTES = 256 * 1024


class DataLine:
    """The data channels of one browser connection."""

    def __init__(self, dtls: aiortc.RTCDtlsTransport, *, received: Callable[[int, bytes], None]) -> None:
        """Take the leg's transport; `received` hears each message with the number of its channel."""
        gate = Gate(now_ms=int(asyncio.get_running_loop().time() * 1_000))
        self._association = Association(dtls, received=received, gate=gate)
        self._unsent: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self._unsent_bytes = 0
        self._sending: asyncio.Task[None] | None = None

    async def start(self, *, remote_port: int) -> None:
        """Begin the association; call it once DTLS stands. Raises ConnectionError."""
        await self._association.begin(remote_port)
        self._sending = asyncio.create_task(self._send_all())

    def send(self, channel: int, message: bytes) -> bool:
        """Queue a message, in order; returns False when so much waits already that it is dropped."""
        if self._unsent_bytes + self._association.unacknowledged + len(message) > UNSENT_MAX_BYTES:
            return False
        self._unsent_bytes += len(message)
        self._unsent.put_nowait((channel, message))
        return True

    async def stop(self) -> None:
        """End the association."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._association.end()

    async def _send_all(self) -> None:
        while True:
            channel, message = await self._unsent.get()
            self._unsent_bytes -= len(message)
            await self._association.send(channel, message)
