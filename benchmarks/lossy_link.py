"""A poor line between browsers and a worker: UDP that loses and delays, by a seeded chance.

Common kernels lack netem, so the line stands in the way itself: for each port of the worker it opens one of its
own, which goes into the answer in its place. Each packet, either way, is lost or waits a while of its own; so some
overtake others, as they do on a real line.
"""

from __future__ import annotations

import asyncio
import random
import re
import threading
from dataclasses import dataclass, field
from typing import cast

HERE = "127.0.0.1"
CANDIDATE = re.compile(r"(a=candidate:\S+ \d+ udp \d+ \S+ )(\d+)( typ host)", re.IGNORECASE)
Address = tuple[str, int]


@dataclass
class LossyLine:
    """`loss` as a share, `jitter_s` the longest wait; a line of its own thread. `stop()` ends it."""

    loss: float
    jitter_s: float
    seed: int = 1
    carried: int = 0
    lost: int = 0
    _ports: dict[int, int] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # a repeatable line
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def through(self, answer: str) -> str:
        """Return an SDP answer whose candidates lead over the line."""
        return CANDIDATE.sub(lambda found: f"{found[1]}{self._port(int(found[2]))}{found[3]}", answer)

    def stop(self) -> None:
        """Cut the line."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def pass_on(self, send: asyncio.DatagramTransport, data: bytes, to: Address | None) -> None:
        """Lose a packet, or send it after its wait; `to` is None on a connected socket."""
        self.carried += 1
        if self._chance.random() < self.loss:
            self.lost += 1
            return
        self._loop.call_later(self._chance.uniform(0, self.jitter_s), _send, send, data, to)

    def _port(self, worker: int) -> int:
        if worker not in self._ports:
            opened = asyncio.run_coroutine_threadsafe(self._open(worker), self._loop)
            self._ports[worker] = opened.result(5)
        return self._ports[worker]

    async def _open(self, worker: int) -> int:
        near, _ = await self._loop.create_datagram_endpoint(lambda: _Near(self, (HERE, worker)), local_addr=(HERE, 0))
        port: int = near.get_extra_info("sockname")[1]
        return port


def _send(transport: asyncio.DatagramTransport, data: bytes, to: Address | None) -> None:
    if not transport.is_closing():
        transport.sendto(data, to)


class _Near(asyncio.DatagramProtocol):
    """What browsers send to; each of them gets a socket of its own towards the worker."""

    def __init__(self, line: LossyLine, worker: Address) -> None:
        self._line, self._worker = line, worker
        self._far: dict[Address, asyncio.Task[asyncio.DatagramTransport]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: Address) -> None:
        if address not in self._far:
            self._far[address] = asyncio.ensure_future(self._reach(address))
        far = self._far[address]
        if far.done():
            self._line.pass_on(far.result(), data, None)
        # The first checks of a browser that come before its socket stands are lost: it repeats them.

    async def _reach(self, browser: Address) -> asyncio.DatagramTransport:
        near = cast("asyncio.DatagramTransport", self._transport)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Far(self._line, near, browser), remote_addr=self._worker
        )
        return transport

    def error_received(self, exc: Exception) -> None:
        """A browser that went is no error."""


class _Far(asyncio.DatagramProtocol):
    """What the worker answers to one browser."""

    def __init__(self, line: LossyLine, near: asyncio.DatagramTransport, browser: Address) -> None:
        self._line, self._near, self._browser = line, near, browser

    def datagram_received(self, data: bytes, address: Address) -> None:
        del address
        self._line.pass_on(self._near, data, self._browser)

    def error_received(self, exc: Exception) -> None:
        """A worker that went is no error."""
