"""SCTP ends at the worker: messages both ways, over a pipe and over a leg, with losses; and what may reach aiortc.

Fifty thousand broken packets are thrown at it in test_hostile_packets.
"""

import asyncio
import random
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from offer_samples import FULL_OFFER
from test_rtc_legs import Ears, Peer

from benchmarks.hostile.sctp_parser import chunk, packet_of
from media_worker.rtc import sctp
from media_worker.rtc.data import UNSENT_MAX_BYTES, DataLine
from media_worker.rtc.legs import RtcLegs
from media_worker.rtc.privates import aiortc
from media_worker.signalling.protocol import parse_offer
from media_worker.talk import OFFICE, PEERS

PATIENCE_S = 20


class Pipe:
    """One end of a line, as SCTP sees DTLS."""

    state = "connected"
    _role = "client"

    def __init__(self, chance: random.Random, loss: float = 0.0) -> None:
        self.other: Pipe | None = None
        self.receiver: Any = None
        self._chance, self._loss = chance, loss
        self._tasks: set[asyncio.Task[None]] = set()

    def _register_data_receiver(self, receiver: Any) -> None:
        self.receiver = receiver

    def _unregister_data_receiver(self, receiver: Any) -> None:
        self.receiver = None

    async def _send_data(self, data: bytes) -> None:
        if self.other and self.other.receiver and self._chance.random() >= self._loss:
            task = asyncio.create_task(self.other.receiver._handle_data(data))  # noqa: SLF001  # as DTLS does
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


class Browser:
    """The other side, with both channels agreed beforehand."""

    def __init__(self, dtls: Any) -> None:
        self.association = aiortc.RTCSctpTransport(dtls)
        self.association._rto = 0.3  # noqa: SLF001  # as quick to repeat as a browser is
        self.heard: dict[str, list[str | bytes]] = {"peers": [], "office": []}
        self.peers, self.office = self._channel("peers", PEERS), self._channel("office", OFFICE)

    def _channel(self, label: str, number: int) -> aiortc.RTCDataChannel:
        parameters = aiortc.RTCDataChannelParameters(label=label, negotiated=True, id=number)
        channel = aiortc.RTCDataChannel(self.association, parameters)
        channel.on("message", self.heard[label].append)
        return channel


class Line:
    """A worker's channels and a browser, connected."""

    def __init__(self, *, loss: float = 0.0, seed: int = 1) -> None:
        self.worker_end, self.browser_end = Pipe(random.Random(seed), loss), Pipe(random.Random(seed + 1), loss)
        self.worker_end.other, self.browser_end.other = self.browser_end, self.worker_end
        self.heard: list[tuple[int, bytes]] = []
        self.channels = DataLine(self.worker_end, received=lambda *said: self.heard.append(said))  # type: ignore[arg-type]  # a pipe for DTLS
        self.browser = Browser(self.browser_end)

    async def connect(self) -> None:
        await self.channels.start(remote_port=5_000)
        await self.browser.association.start(aiortc.RTCSctpCapabilities(16_384), 5_000)
        await until(lambda: self.browser.peers.readyState == "open")
        # Each side stands when it has heard of the other: a first word shows that the worker's does.
        self.browser.office.send("hello")
        await until(lambda: self.heard == [(OFFICE, b"hello")])
        self.heard.clear()

    async def end(self) -> None:
        await self.browser.association.stop()
        await self.channels.stop()
        await asyncio.sleep(0)


async def until(ready: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not ready():  # noqa: ASYNC110  # aiortc tells of messages only, not of everything between
            await asyncio.sleep(0.001)


def run(story: Callable[[], Awaitable[None]]) -> list[str]:
    """Run a story; return what reached the loop's last resort."""
    unheard: list[str] = []

    async def listening() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, found: unheard.append(str(found)))
        await story()
        await asyncio.sleep(0)

    asyncio.run(listening())
    return unheard


def test_messages_pass_both_ways_as_bytes() -> None:
    async def story() -> None:
        line = Line()
        await line.connect()
        line.browser.peers.send(bytes(16_384))
        line.browser.peers.send("text")
        assert line.channels.send(PEERS, b"\x01" + bytes(16_384))
        assert line.channels.send(OFFICE, b'{"type": "move"}')
        await until(lambda: len(line.heard) == 2 and all(line.browser.heard.values()))
        assert line.heard == [(PEERS, bytes(16_384)), (PEERS, b"text")]
        assert line.browser.heard == {"peers": [b"\x01" + bytes(16_384)], "office": [b'{"type": "move"}']}
        await line.end()
        line.channels.send(PEERS, b"to nobody")

    assert run(story) == []


def test_an_answer_before_the_handshake_is_over_is_not_lost() -> None:
    """On a poor line a browser's first word overtakes its last packet of the handshake, and is answered at once."""

    async def story() -> None:
        line = Line()
        await line.channels.start(remote_port=5_000)
        assert line.channels.send(OFFICE, b"the answer")
        await asyncio.sleep(0.01)
        await line.browser.association.start(aiortc.RTCSctpCapabilities(16_384), 5_000)
        await until(lambda: line.browser.heard["office"] == [b"the answer"])
        await line.end()

    assert run(story) == []


def test_letters_arrive_in_order_however_many_packets_are_lost() -> None:
    async def story() -> None:
        line = Line(loss=0.1, seed=7)
        await line.connect()
        letters = [bytes((letter,)) for letter in range(100)]
        for letter in letters:
            line.browser.peers.send(letter)
            line.channels.send(PEERS, letter)
        await until(lambda: len(line.heard) == len(line.browser.heard["peers"]) == 100)
        assert [said for _, said in line.heard] == line.browser.heard["peers"] == letters
        await line.end()

    assert run(story) == []


def test_a_browser_that_takes_nothing_costs_a_bounded_store() -> None:
    async def story() -> None:
        line = Line()
        await line.connect()
        line.browser_end.receiver = None
        taken = 0
        for _ in range(100):
            taken += line.channels.send(PEERS, bytes(16_384))
            await asyncio.sleep(0)
        assert 8 <= taken <= UNSENT_MAX_BYTES // 16_384
        await line.end()

    assert run(story) == []


def test_a_leg_of_the_worker_carries_them() -> None:
    async def story() -> None:
        leg, peer, ears = await RtcLegs(bind_address="127.0.0.1", public_address="127.0.0.1").open(), Peer(), Ears()
        described = await peer.offer()
        whole = parse_offer(FULL_OFFER)
        leg.start(replace(whole, ice=described.ice, fingerprints=described.fingerprints), ears)
        leg.send_message(OFFICE, b"before anything stands")
        await peer.connect(leg)
        browser = Browser(peer.dtls)
        await browser.association.start(aiortc.RTCSctpCapabilities(16_384), 5_000)
        await until(lambda: browser.peers.readyState == "open")
        browser.peers.send(b"x")
        await asyncio.wait_for(ears.heard.wait(), PATIENCE_S)
        assert ears.messages == [(PEERS, b"x")]
        leg.send_message(PEERS, b"y")
        await until(lambda: browser.heard["peers"] == [b"y"])
        await browser.association.stop()
        await peer.close()
        await leg.closed()
        leg.send_message(PEERS, b"late")

    assert run(story) == []


@dataclass
class Known:
    """What the gate asks about."""

    is_established: bool = True
    held_bytes: int = 0
    held_pieces: int = 0
    is_waiting: bool = False
    newest_in_order: int | None = 0xFFFF_FFFF
    next_to_send: int = 3


def data(number: int = 0, stream: int = 0, payload: int = 53, said: bytes = b"x") -> bytes:
    return chunk(sctp.DATA, struct.pack("!IHHI", number, stream, 0, payload) + said)


def acknowledgement(newest: int, *gaps: tuple[int, int], claimed: int | None = None) -> bytes:
    body = struct.pack("!IIHH", newest, 9_999, len(gaps) if claimed is None else claimed, 0)
    return chunk(sctp.SACK, body + b"".join(struct.pack("!HH", *gap) for gap in gaps))


INITIAL = struct.pack("!IIHHI", 1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("chunks", "association", "admitted"),
    [
        ([data()], Known(), True),
        ([data(0), data(1, stream=1, payload=51)], Known(), True),
        ([data(255)], Known(), True),
        ([data(256)], Known(), False),
        ([data(0xFFFF_FFF0)], Known(), True),  # a repeat: it is acknowledged again
        ([data(stream=3)], Known(), False),
        ([data(payload=50)], Known(), False),
        ([data(said=b"")], Known(), False),
        ([data()], Known(newest_in_order=None), False),
        ([data()], Known(held_bytes=sctp.HELD_MAX_BYTES + 1), False),
        ([data()], Known(held_pieces=sctp.HELD_MAX_PIECES), False),
        ([data()] * 41, Known(), False),
        ([acknowledgement(2)], Known(), True),
        ([acknowledgement(0, (2, 2))], Known(), True),
        ([acknowledgement(3)], Known(), False),
        ([acknowledgement(0, (2, 3))], Known(), False),
        ([acknowledgement(0, (1, 65_535))], Known(), False),
        ([acknowledgement(0, (2, 1))], Known(), False),
        ([acknowledgement(0, claimed=400)], Known(), False),
        ([chunk(sctp.INIT, INITIAL)], Known(is_established=False), True),
        ([chunk(sctp.INIT, INITIAL)], Known(), False),
        ([chunk(sctp.INIT, INITIAL)], Known(is_established=False, held_pieces=1), False),
        ([chunk(sctp.INIT, INITIAL)], Known(is_established=False, is_waiting=True), False),
        ([chunk(sctp.INIT, INITIAL), data()], Known(is_established=False), False),
        ([chunk(sctp.INIT, INITIAL[:-1])], Known(is_established=False), False),
        ([chunk(sctp.INIT, INITIAL + bytes(4))], Known(is_established=False), False),
        ([chunk(sctp.HEARTBEAT, b"\0\1\0\4")], Known(), True),
        ([chunk(sctp.HEARTBEAT, bytes(4))], Known(), False),
        ([chunk(sctp.HEARTBEAT, b"\0\1\0\3")], Known(), False),
        ([chunk(sctp.HEARTBEAT, b"\0\1")], Known(), False),
        ([chunk(sctp.ABORT, b"")], Known(), True),
        ([chunk(sctp.SHUTDOWN, bytes(4))], Known(), True),
        ([chunk(sctp.SHUTDOWN, bytes(3))], Known(), False),
        ([chunk(sctp.COOKIE_ECHO, b"any")], Known(is_established=False), True),
        ([chunk(130, b"\0\x0d\0\4")], Known(), False),
        ([chunk(192, bytes(4))], Known(), False),
        ([chunk(sctp.DATA, bytes(16), length=3)], Known(), False),
        ([chunk(sctp.DATA, bytes(16), length=99)], Known(), False),
        ([], Known(), False),
        ([bytes(1_500)], Known(), False),
    ],
)
def test_only_whole_packets_of_what_is_served_get_in(
    chunks: list[bytes],
    association: Known,
    admitted: bool,  # noqa: FBT001  # a column of the table
) -> None:
    gate = sctp.Gate(now_ms=0)
    assert gate.admits(packet_of(*chunks), association, now_ms=0) == admitted
    assert gate.dropped == (not admitted)


def test_a_flood_of_packets_reaches_nobody_and_a_pause_lets_in_again() -> None:
    gate = sctp.Gate(now_ms=0)
    passed = sum(gate.admits(packet_of(data()), Known(), now_ms=0) for _ in range(5_000))
    assert passed == sctp.CHUNKS_PER_S
    assert gate.admits(packet_of(data()), Known(), now_ms=10)


def test_what_raises_inside_ends_neither_the_channels_nor_the_leg() -> None:
    """The gate is left out here: then a parameter too short raises in aiortc, and the last resort takes it."""

    async def story() -> None:
        line = Line()
        await line.connect()
        association = line.channels._association  # noqa: SLF001  # the last resort is behind it
        association._gate = None  # noqa: SLF001  # as above
        tag = association._local_verification_tag  # noqa: SLF001  # as above
        await association._handle_data(packet_of(chunk(sctp.SACK, bytes(3)), tag=tag))  # noqa: SLF001  # as DTLS does
        assert association.failures == 1
        line.browser.peers.send(b"still here")
        await until(lambda: line.heard == [(PEERS, b"still here")])
        await line.end()

    assert run(story) == []
