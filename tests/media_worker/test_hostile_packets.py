"""Fifty thousand broken packets a parser, and none of them is answered with an exception."""

import asyncio
import random
import struct
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packet_samples import CHROMIUM, FIREFOX, block, receiver_report, rtcp, rtp, sender_report
from test_guard import answer, check

from chalicelib.domain.calls import Seat
from media_worker.forwarding.bridge import Bridge
from media_worker.forwarding.paths import Kind
from media_worker.forwarding.reception import Reception
from media_worker.rtc.guard import Guard
from media_worker.rtc.privates import aioice
from media_worker.rtc.stun import Verdict, judge

MUTATIONS = 50_000


SEATS = {Seat.CITIZEN: CHROMIUM, Seat.CLERK: FIREFOX, Seat.GUEST: FIREFOX}


def a_bridge(*lit: Seat) -> tuple[Bridge, Reception]:
    """Return a bridge with three seats, those lit that are named, and what the clerk receives."""
    bridge = Bridge()
    bridge.light(lit, now_ms=0)
    receptions = {seat: Reception(seat, new_ssrc=count(1_000).__next__) for seat in SEATS}
    for seat, negotiated in SEATS.items():
        bridge.join(seat, negotiated, receptions[seat], now_ms=0)
    return bridge, receptions[Seat.CLERK]


TWO = (Seat.CITIZEN, Seat.CLERK)
THREE = (*TWO, Seat.GUEST)


def mutated(chance: random.Random, packet: bytes | bytearray) -> bytearray:
    """Flip, cut, double or lengthen; the length fields are hit more often than the rest."""
    changed = bytearray(packet)
    for _ in range(chance.randint(1, 6)):
        where = chance.randrange(min(len(changed), chance.choice((4, 20, 4_000)))) if changed else 0
        match chance.randrange(4):
            case 0 if changed:
                changed[where] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
            case 1:
                del changed[where:]
            case 2:
                changed[where:where] = chance.randbytes(chance.randrange(9))
            case _:
                changed += changed[: chance.randrange(40)]
    return changed


def rtp_seeds() -> list[bytearray]:
    return [
        rtp(payload_type=111, sequence=1, ssrc=0xA0, extensions={1: b"\x01", 3: b"\x00\x01"}),
        rtp(payload_type=96, sequence=1, ssrc=0xB0, marker=True),
        rtp(payload_type=97, sequence=1, ssrc=0xC0, payload=b"\x00\x01rest", padding=3),
    ]


def rtcp_seeds(video: int) -> list[bytes]:
    return [
        sender_report(0xB1, timestamp=1, blocks=(block(video, highest=1),)) + rtcp(1, 202, bytes(12)),
        receiver_report(0xB1, block(video, highest=1), block(video, highest=2)),
        rtcp(1, 205, struct.pack("!IIHHHH", 1, video, 1, 0xFFFF, 9, 1)),
        rtcp(15, 205, struct.pack("!IIHHI", 1, video, 1, 1, 0) + b"\x20\x01\x00\x00"),
        rtcp(1, 206, struct.pack("!II", 1, video)) + rtcp(4, 206, struct.pack("!IIII", 1, 0, video, 0)),
        rtcp(15, 206, struct.pack("!II4sIII", 1, 0, b"REMB", 0x02_04_00_01, video, 999)),
    ]


@pytest.mark.parametrize("lit", [TWO, THREE], ids=["two", "three"])
def test_no_broken_rtp_packet_is_an_exception(lit: tuple[Seat, ...]) -> None:
    chance, (bridge, _) = random.Random(1), a_bridge(*lit)
    seeds = rtp_seeds()
    for now_ms in range(MUTATIONS):
        bridge.receive_rtp(Seat.CITIZEN, mutated(chance, chance.choice(seeds)), now_ms=now_ms)
        if now_ms % 100 == 0:
            bridge.tick(now_ms=now_ms)


@pytest.mark.parametrize("lit", [TWO, THREE], ids=["two", "three"])
def test_no_broken_rtcp_packet_is_an_exception(lit: tuple[Seat, ...]) -> None:
    chance, (bridge, clerk) = random.Random(2), a_bridge(*lit)
    bridge.receive_rtp(Seat.CITIZEN, rtp(payload_type=96, sequence=1, ssrc=0xB0), now_ms=0)
    seeds = rtcp_seeds(clerk.ssrcs[Seat.CITIZEN][Kind.VIDEO])
    for now_ms in range(MUTATIONS):
        bridge.receive_rtcp(Seat.CLERK, mutated(chance, chance.choice(seeds)), now_ms=now_ms)
        if now_ms % 100 == 0:
            bridge.tick(now_ms=now_ms)


def stun_seeds() -> list[bytes]:
    return [
        struct.pack("!HHI12s", 1, 20, 0x2112A442, bytes(12)) + struct.pack("!HH16s", 6, 16, b"user:them"),
        check(username="user:them", password="pass"),
        check(username="user:them", password="guess"),
        answer(b"awaited-000!"),
    ]


def test_no_broken_stun_message_is_an_exception() -> None:
    """And of the broken ones, none passes: what was changed is not authentic."""
    chance, seeds = random.Random(3), stun_seeds()
    for _ in range(MUTATIONS):
        data = bytes(mutated(chance, chance.choice(seeds)))
        verdict = judge(data, username="user", password="pass", awaited={b"awaited-000!"})
        if verdict is Verdict.AUTHENTIC_REQUEST:
            # Changed was only what follows the integrity attribute: it does not cover that, and aioice skips it.
            assert data[8:20] == seeds[1][8:20]
        elif verdict is Verdict.AWAITED_RESPONSE:
            assert data[8:20] == b"awaited-000!"


def test_no_broken_message_of_a_peer_ends_its_guard() -> None:
    """Through the guard into aioice itself, as anybody who overheard a check could send it."""
    chance, seeds = random.Random(4), stun_seeds()

    async def throw() -> int:
        connection = aioice.ice.Connection(ice_controlling=False)
        protocol = aioice.ice.StunProtocol(connection)
        protocol.connection_made(NoNetwork())
        protocol.local_candidate = aioice.Candidate.from_sdp("1 1 udp 1 127.0.0.1 4 typ host")
        guard = Guard(protocol, username="user", password="pass", admit=lambda _: None, to_dtls=lambda _: None)
        for _ in range(MUTATIONS):
            guard.peer_said(bytes(mutated(chance, chance.choice(seeds))), ("127.0.0.1", 5))
        return guard.dropped

    assert 0 < asyncio.run(throw()) < MUTATIONS


class NoNetwork(asyncio.DatagramTransport):
    """Where answers go."""

    def sendto(self, data: object, addr: object = None) -> None:
        pass


@given(st.binary(max_size=200))
def test_any_bytes_do(data: bytes) -> None:
    bridge, _ = a_bridge(*THREE)
    assert isinstance(bridge.receive_rtp(Seat.CITIZEN, bytearray(data), now_ms=0), list)
    assert isinstance(bridge.receive_rtcp(Seat.CLERK, data, now_ms=0), list)
    assert judge(data, username="user", password="pass", awaited={}) is Verdict.DROP


@pytest.mark.parametrize("size", [0, 1, 11, 12, 13, 1_500, 65_507])
def test_any_length_does(size: int) -> None:
    bridge, _ = a_bridge(*THREE)
    for filler in (b"\x80", b"\x90", b"\xbf", b"\xff"):
        bridge.receive_rtp(Seat.CITIZEN, bytearray(filler * size), now_ms=0)
        bridge.receive_rtcp(Seat.CITIZEN, filler * size, now_ms=0)
