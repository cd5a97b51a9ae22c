"""Offers whose candidates name others, and an ear for whatever the relay sends to anybody but its peers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from benchmarks.media_load.descriptions import Remote
from benchmarks.media_load.namespaces import Namespace
from benchmarks.media_load.peer import Peer
from benchmarks.media_load.relays import Relay

import aiortc  # isort: skip  # after peer, which hides the decoder

VICTIMS = "198.18.74"
EACH = 10
REALLY_CONNECTS_ONE_IN = 10
SETTLE_S = 6.0  # a stock agent's checks come once each 20 ms, and again for some seconds
ETHERNET_IP = 0x0800
IP_HEADER_BYTES = 20
# As a browser may write them, and as none would. Each names somebody who never asked.
SHAPES = (
    "a=candidate:{n} 1 udp 2130706431 {address} {port} typ host",
    "a=candidate:{n} 1 UDP 1677729535 {address} {port} typ srflx raddr {address} rport {port}",
    "a=candidate:{n} 1 udp 33562623 {address} {port} typ relay raddr 0.0.0.0 rport 0",
    "a=candidate:{n} 2 udp 2130706430 {address} {port} typ host generation 0 ufrag abcd network-id 1",
    "a=candidate:{n} 1 udp 99999999999 {address} {port} typ prflx raddr {address} rport 1",
)


class HostilePeer(Peer):
    """A browser whose offer names ten strangers; with `connects` it also comes itself."""

    def __init__(self, certificate: aiortc.RTCCertificate, number: int) -> None:
        super().__init__(certificate)
        self._number = number
        self.connects = number % REALLY_CONNECTS_ONE_IN == 0

    async def describe(self, address: str, *, setup: str, mids: tuple[str, str] = ("0", "1")) -> str:
        """Return the offer with its own candidate last, or none of its own."""
        text = await super().describe(address, setup=setup, mids=mids)
        first = self._number * EACH
        lines = [
            SHAPES[number % len(SHAPES)].format(
                n=number,
                address=f"{VICTIMS}.{number % 250 + 1}",
                port=(53, 80, 443)[number % 3] + 1_024 * (number % 7),
            )
            for number in range(first, first + EACH)
        ]
        own = next(line for line in text.splitlines() if line.startswith("a=candidate:"))
        return text.replace(own, "\r\n".join(lines + [own] * self.connects))

    async def connect(self, remote: Remote, *, offerer: bool) -> None:
        """Come, or stay away and let the relay look for others."""
        if self.connects:
            await super().connect(remote, offerer=offerer)


@contextmanager
def victims(space: Namespace) -> Iterator[None]:
    """Give the namespace a way to the victims' addresses, which ends at the cable's other end."""
    ways = [["ip", "-n", space.name, "route", "add", f"{VICTIMS}.0/24", "via", space.outside]]
    ways.append(["ip", "route", "add", "blackhole", f"{VICTIMS}.0/24"])
    for way in ways:
        subprocess.run(way, check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "route", "del", "blackhole", f"{VICTIMS}.0/24"], check=True)


@asynccontextmanager
async def captured(space: Namespace) -> AsyncIterator[Counter[str]]:
    """Count what leaves the namespace by the address it goes to; the generator's own is left out."""
    seen, loop = Counter[str](), asyncio.get_running_loop()
    inside, outside = socket.inet_aton(space.inside), socket.inet_aton(space.outside)
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETHERNET_IP)) as ear:
        ear.bind((f"{space.name}-o", ETHERNET_IP))
        ear.setblocking(False)  # noqa: FBT003  # the standard library's own words

        def hear() -> None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    packet = ear.recv(2_048)
                    if packet[12:16] == inside and packet[16:IP_HEADER_BYTES] != outside:
                        seen[socket.inet_ntoa(packet[16:IP_HEADER_BYTES])] += 1

        loop.add_reader(ear, hear)
        try:
            yield seen
        finally:
            loop.remove_reader(ear)


async def offer_candidates(relay: Relay, space: Namespace, core: int, *, offers: int) -> int:
    """Post so many offers with ten hostile candidates each; return how many packets went to anybody but us."""
    process = await relay.start(space, core)
    certificate = aiortc.RTCCertificate.generateCertificate()
    peers = [HostilePeer(certificate, number) for number in range(offers)]
    try:
        async with captured(space) as seen:
            for first, second in zip(peers[::2], peers[1::2], strict=True):
                await relay.connect(first, second)
            await asyncio.sleep(SETTLE_S)
            return seen.total()
    finally:
        process.end()
        for peer in peers:
            with contextlib.suppress(ConnectionError, OSError):
                await peer.close()
        await relay.end()
