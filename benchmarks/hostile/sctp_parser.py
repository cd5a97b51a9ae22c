"""SCTP under fire: packets in an association that lives, from the first handshake to the last word."""

from __future__ import annotations

import asyncio
import random
import struct
from typing import Any, cast

from google_crc32c import value as crc32c

from benchmarks.hostile.mutations import Seed, mutated
from media_worker.rtc import sctp
from media_worker.rtc.privates import Association

import aiortc  # isort: skip  # after privates, which hides the decoder

PORT = 5_000
CHECKSUM = slice(8, 12)
# The worker's budget would let only the first ones in.
CHUNKS_PER_S = 10**9


class Pipe:
    """One end of a line, as SCTP sees DTLS: what is sent waits until it is fetched."""

    state = "connected"
    _role = "client"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.said: list[bytes] = []

    def _register_data_receiver(self, receiver: Any) -> None:
        """Packets are handed over by hand."""

    def _unregister_data_receiver(self, receiver: Any) -> None:
        """As above."""

    async def _send_data(self, data: bytes) -> None:
        self.sent.append(data)
        self.said.append(data)

    def fetch(self) -> list[bytes]:
        """Return what was sent since."""
        fetched, self.sent = self.sent, []
        return fetched


def chunk(kind: int, body: bytes, *, length: int | None = None) -> bytes:
    """Return one chunk; `length` is what its header says, if that is a lie."""
    head = struct.pack("!BBH", kind, 3, 4 + len(body) if length is None else length)
    return head + body + bytes(-len(body) % 4)


def packet_of(*chunks: bytes, tag: int = 0) -> bytes:
    """Return a packet with a right checksum."""
    head, body = struct.pack("!HHI", PORT, PORT, tag), b"".join(chunks)
    return head + struct.pack("<I", crc32c(head + bytes(4) + body)) + body


# What a browser says seldom; as it is, ABORT would end each association at once.
RARE = (
    chunk(sctp.HEARTBEAT, b"\0\1\0\7abc\0"),
    chunk(sctp.HEARTBEAT_ACK, b"\0\1\0\7abc\0"),
    chunk(sctp.ERROR, b"\0\3\0\x0c" + bytes(8)),
    chunk(sctp.SHUTDOWN_COMPLETE, b""),
    chunk(130, struct.pack("!HHIIIH", 13, 18, 1, 1, 1, 0)),
    chunk(192, bytes(8)),
)


class SctpParser:
    """Our end of an association, its gate before it; without the gate, what the gate is for."""

    def __init__(self) -> None:
        self.gate: sctp.Gate
        self._ours: Association
        self._bare: Association
        self._seeds: list[Seed] = []

    async def renew(self) -> None:
        """Let a new association come to stand, and speak a little."""
        await self._end()
        self.gate = sctp.Gate(now_ms=0, chunks_per_s=CHUNKS_PER_S)
        self._ours, seeds = await _standing(self.gate)
        self._bare, more = await _standing(None)
        self._seeds = seeds
        self._ours_tag, self._bare_tag = seeds[-1].data[4:8], more[-1].data[4:8]

    def broken(self, chance: random.Random) -> bytes:
        """Return a packet with a right checksum and, mostly, the right tag."""
        packet = mutated(chance, self._seeds)
        packet += bytes(max(0, 13 - len(packet)))
        if chance.random() < 0.9:
            packet[4:8] = bytes(4) if packet[12] == sctp.INIT else self._ours_tag
        packet[CHECKSUM] = bytes(4)
        packet[CHECKSUM] = struct.pack("<I", crc32c(bytes(packet)))
        return bytes(packet)

    def take(self, packet: bytes) -> None:
        """As from DTLS, decrypted."""
        _run(self._ours, packet)

    def take_unguarded(self, packet: bytes) -> None:
        """Raise what aiortc's association raises on its own."""
        readdressed = bytearray(packet)
        if readdressed[4:8] == self._ours_tag:
            readdressed[4:8] = self._bare_tag
        readdressed[CHECKSUM] = bytes(4)
        readdressed[CHECKSUM] = struct.pack("<I", crc32c(bytes(readdressed)))
        before = self._bare.failures
        _run(self._bare, bytes(readdressed))
        if self._bare.failures > before:
            raise RuntimeError("SCTP raised")

    def unheard(self) -> int:
        """What got through the gate and raised."""
        return self._ours.failures

    async def _end(self) -> None:
        if self._seeds:
            for association in (self._ours, self._bare):
                await association.end()


def _run(association: Association, packet: bytes) -> None:
    """Handle one packet to its end; nothing in it waits for the network."""
    handling = association._handle_data(packet)  # noqa: SLF001  # as DTLS does
    try:
        handling.send(None)
    except StopIteration:
        return
    handling.close()
    raise RuntimeError("SCTP waits for something")


async def _standing(gate: sctp.Gate | None) -> tuple[Association, list[Seed]]:
    """Return an association that stands, and what the browser said to it."""
    here, there = Pipe(), Pipe()
    ours = Association(cast("aiortc.RTCDtlsTransport", here), received=lambda *_: None, gate=gate)
    theirs = Association(cast("aiortc.RTCDtlsTransport", there), received=lambda *_: None, gate=None)
    await ours.begin(PORT)
    await theirs.begin(PORT)
    for spoken in (b"", bytes(3_000), b"x"):
        if spoken:
            await theirs.send(0, spoken)
            await ours.send(1, spoken)
        while here.sent or there.sent:
            for data in there.fetch():
                await ours._handle_data(data)  # noqa: SLF001  # as DTLS does
            for data in here.fetch():
                await theirs._handle_data(data)  # noqa: SLF001  # as above
    if not ours.is_established:
        raise RuntimeError("the association does not stand")
    await theirs.end()
    said = there.said[:-1]  # without the ABORT of its end
    tag = int.from_bytes(said[-1][4:8], "big")
    said += [packet_of(part, tag=tag) for part in RARE]
    await asyncio.sleep(0)
    return ours, [Seed(data, lengths=(14, 30, 34), counts=(13, 12)) for data in said]
