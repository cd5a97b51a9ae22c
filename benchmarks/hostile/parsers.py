"""The parsers of the media worker as a stranger reaches them, each beside one without its guard.

A parser of ours raises nothing, whatever it is given, but what its contract names (`OfferRefused`, `TicketRefused`).
The naive one beside it gets the same packets: it shows that they can hurt.
"""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol, cast

from benchmarks.hostile.mutations import Seed, mutated, mutated_lines
from chalicelib.domain.calls import Seat
from media_worker.forwarding.bridge import Bridge, pass_on
from media_worker.forwarding.packets import PACKET_BUFFER_BYTES
from media_worker.forwarding.paths import Kind
from media_worker.forwarding.reception import Reception
from media_worker.rtc import privates  # noqa: F401  # hides the decoder, which aiortc would import
from media_worker.rtc.guard import Guard
from media_worker.signalling.answers import write_answer
from media_worker.signalling.messages import Endpoint, Fingerprint, IceCredentials
from media_worker.signalling.protocol import OfferRefused, parse_offer
from media_worker.signalling.server import negotiated_by, remote_streams
from tests.media_worker.offer_samples import FINGERPRINT, FULL_OFFER, OFFER
from tests.media_worker.packet_samples import (
    CHROMIUM,
    FIREFOX,
    block,
    receiver_report,
    rtcp,
    rtp,
    sender_report,
)

import aioice  # isort: skip  # after privates
import aiortc.sdp  # isort: skip

TICK_EACH = 100
SEATS = {Seat.CITIZEN: CHROMIUM, Seat.CLERK: FIREFOX, Seat.GUEST: FIREFOX}
TWO, THREE = (Seat.CITIZEN, Seat.CLERK), tuple(SEATS)


class Parser(Protocol):
    """One parser under fire. Anything that `take` raises is a defect, and so is one that never ends."""

    async def renew(self) -> None:
        """Begin anew with a fresh state; called now and then."""

    def broken(self, chance: random.Random) -> Any:
        """Return the next broken packet."""

    def take(self, packet: Any) -> None:
        """Give it to the worker's own parser."""

    def take_unguarded(self, packet: Any) -> None:
        """Give it to one that trusts it. What its contract names is no defect of it either."""

    def unheard(self) -> int:
        """How many errors were caught inside, by a last resort, since `renew`."""


class Plain:
    """A parser without a state of its own."""

    async def renew(self) -> None:
        """There is none."""

    def unheard(self) -> int:
        """Nothing is caught inside."""
        return 0


class Wire:
    """Where forwarded packets end: it spoils the buffer, as encryption in place does."""

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Spoil what was sent."""
        packet[:size] = b"\xff" * size


def a_bridge(*lit: Seat) -> tuple[Bridge, dict[Seat, Reception]]:
    """Return a bridge with three seats, those lit that are named, and what each receives."""
    bridge = Bridge()
    bridge.light(lit, now_ms=0)
    receptions = {seat: Reception(seat, new_ssrc=count(1_000).__next__) for seat in SEATS}
    for seat, negotiated in SEATS.items():
        bridge.join(seat, negotiated, receptions[seat], now_ms=0, sink=Wire())
    return bridge, receptions


def rtp_seeds() -> list[Seed]:
    """Sound, a picture, a retransmission, as Chromium sends them."""
    sound = rtp(payload_type=111, sequence=1, ssrc=0xA0, extensions={1: b"\x01", 3: b"\x00\x01"})
    picture = rtp(payload_type=96, sequence=1, ssrc=0xB0, marker=True, extensions={3: b"\x00\x02"})
    bare = rtp(payload_type=96, sequence=2, ssrc=0xB0)
    again = rtp(payload_type=97, sequence=1, ssrc=0xC0, payload=b"\x00\x01rest", padding=3)
    return [Seed(bytes(each), lengths=(2, 12, 14), counts=(0, 16)) for each in (sound, picture, bare, again)]


def rtcp_seeds(video: int) -> list[Seed]:
    """Reports and feedback of all sorts about the stream `video`."""
    feedback = struct.pack("!IIHHI", 1, video, 1, 3, 0) + b"\x20\x03\x01\x01\x01\x00"
    compounds = [
        sender_report(0xB1, timestamp=1, blocks=(block(video, highest=1),)) + rtcp(1, 202, bytes(12)),
        receiver_report(0xB1, block(video, highest=1), block(video, highest=2)),
        rtcp(1, 205, struct.pack("!IIHHHH", 1, video, 1, 0xFFFF, 9, 1)),
        rtcp(15, 205, feedback + bytes(-len(feedback) % 4)),
        rtcp(1, 206, struct.pack("!II", 1, video)) + rtcp(4, 206, struct.pack("!IIII", 1, 0, video, 0)),
        rtcp(15, 206, struct.pack("!II4sIII", 1, 0, b"REMB", 0x02_04_00_01, video, 999)),
    ]
    return [Seed(data, lengths=(2, 14, 20), counts=(0, 16, 20)) for data in compounds]


class RtpParser(Plain):
    """Decrypted RTP, on the short way of a packet: two seats in light, and three."""

    def __init__(self) -> None:
        self._seeds = rtp_seeds()
        self._bridges = [a_bridge(*lit)[0] for lit in (TWO, THREE)]
        self._buffer, self._spare = bytearray(PACKET_BUFFER_BYTES), bytearray(PACKET_BUFFER_BYTES)
        self._now_ms = 0

    def broken(self, chance: random.Random) -> bytes:
        """Return at most what fits a datagram."""
        return bytes(mutated(chance, self._seeds)[:1_500])

    def take(self, packet: bytes) -> None:
        """What lies behind the packet in the buffer is left from former ones, as it is in a call."""
        self._now_ms += 1
        for bridge in self._bridges:
            self._buffer[: len(packet)] = packet
            pass_on(bridge.uplink(Seat.CITIZEN), self._buffer, len(packet), self._spare, now_ms=self._now_ms)
            if self._now_ms % TICK_EACH == 0:
                bridge.tick(now_ms=self._now_ms)

    def take_unguarded(self, packet: bytes) -> None:
        """A reader that believes its header, as in many a tutorial."""
        first, _, _, _, _ = struct.unpack_from("!BBHII", packet)
        offset = 12 + 4 * (first & 0x0F)
        if first & 0x10:
            _, words = struct.unpack_from("!HH", packet, offset)
            offset += 4
            end = offset + 4 * words
            while offset < end:
                offset += 1 + ((packet[offset] & 0x0F) + 1 if packet[offset] else 0)


class RtcpParser(Plain):
    """Decrypted RTCP, through the bridge."""

    def __init__(self) -> None:
        self._bridges = []
        for lit in (TWO, THREE):
            bridge, receptions = a_bridge(*lit)
            bridge.receive_rtp(Seat.CITIZEN, rtp(payload_type=96, sequence=1, ssrc=0xB0), now_ms=0)
            self._bridges.append(bridge)
        # All receptions draw the same numbers.
        self._seeds = rtcp_seeds(receptions[Seat.CLERK].ssrcs[Seat.CITIZEN][Kind.VIDEO])
        self._now_ms = 0

    def broken(self, chance: random.Random) -> bytes:
        """Return at most what fits a datagram."""
        return bytes(mutated(chance, self._seeds)[:1_500])

    def take(self, packet: bytes) -> None:
        """From the clerk, about the citizen's stream."""
        self._now_ms += 1
        for bridge in self._bridges:
            bridge.receive_rtcp(Seat.CLERK, packet, now_ms=self._now_ms)
            if self._now_ms % TICK_EACH == 0:
                bridge.tick(now_ms=self._now_ms)

    def take_unguarded(self, packet: bytes) -> None:
        """A reader that believes lengths and counts."""
        offset = 0
        while offset < len(packet):
            first, kind, words = struct.unpack_from("!BBH", packet, offset)
            body, amount = offset + 4, first & 0x1F
            if kind in (200, 201):
                for number in range(amount):
                    struct.unpack_from("!IIIIII", packet, body + (24 if kind == 200 else 4) + 24 * number)
            elif kind == 206 and amount == 15:
                struct.unpack_from(f"!{packet[body + 12]}I", packet, body + 16)
            offset += 4 + 4 * words


class StunParser(Plain):
    """STUN, through the guard into aioice: from strangers, and from whoever overheard a check."""

    def __init__(self) -> None:
        connection = aioice.ice.Connection(ice_controlling=False)
        protocol = aioice.ice.StunProtocol(connection)
        protocol.connection_made(NoNetwork())
        protocol.local_candidate = aioice.Candidate.from_sdp("1 1 udp 1 127.0.0.1 4 typ host")
        protocol.transactions[AWAITED] = cast("aioice.stun.Transaction", Awaiting())
        self._guard = Guard(
            protocol, username="user", password=PASSWORD, admit=lambda _: None, to_dtls=lambda _: None
        )
        self._seeds = stun_seeds()

    def broken(self, chance: random.Random) -> bytes:
        """Return a datagram that may begin with anything."""
        return bytes(mutated(chance, self._seeds))

    def take(self, packet: bytes) -> None:
        """On the open socket, and on that of a peer."""
        self._guard.datagram_received(packet, ("127.0.0.1", 5))
        self._guard.peer_said(packet, ("127.0.0.1", 6))

    def take_unguarded(self, packet: bytes) -> None:
        """The parser of aioice, whose callers expect ValueError."""
        expecting(ValueError, lambda: aioice.stun.parse_message(packet))


PASSWORD, AWAITED = "p" * 22, b"awaited-000!"


def stun_seeds() -> list[Seed]:
    """A check of ours, one with another password, one without, and answers that are awaited."""
    stun = aioice.stun

    def message(kind: Any, password: str | None, **attributes: Any) -> bytes:
        made = stun.Message(message_method=stun.Method.BINDING, message_class=kind, transaction_id=AWAITED)
        for name, value in attributes.items():
            made.attributes[name.replace("_", "-")] = value
        if password is not None:
            made.add_message_integrity(password.encode())
            made.add_fingerprint()
        return bytes(made)

    request = {"USERNAME": "user:them", "PRIORITY": 1, "ICE_CONTROLLING": 7, "USE_CANDIDATE": None}
    response = {"XOR_MAPPED_ADDRESS": ("192.0.2.1", 5_000)}
    every = [
        message(stun.Class.REQUEST, PASSWORD, **request),
        message(stun.Class.REQUEST, "g" * 22, **request),
        message(stun.Class.REQUEST, None, **request),
        message(stun.Class.RESPONSE, PASSWORD, **response),
        message(stun.Class.RESPONSE, None, XOR_MAPPED_ADDRESS=("2001:db8::1", 5_000)),
        message(stun.Class.ERROR, None, ERROR_CODE=(487, "Role Conflict")),
    ]
    return [Seed(data, lengths=(2, 22, 38, 46), counts=(0, 1)) for data in every]


class Awaiting:
    """A transaction under way."""

    def response_received(self, message: Any, address: Any) -> None:
        """Anything will do."""


class NoNetwork(asyncio.DatagramTransport):
    """Where answers go."""

    def sendto(self, data: object, addr: object = None) -> None:
        """Nowhere."""


class OfferParser(Plain):
    """SDP offers, and what is made of those that are understood."""

    _ENDPOINT = Endpoint(
        ice=IceCredentials("abcd", PASSWORD),
        fingerprints=(Fingerprint("sha-256", FINGERPRINT),),
        address="192.0.2.1",
        port=5_000,
    )

    def __init__(self) -> None:
        self._remotes = remote_streams(Reception(Seat.CITIZEN, new_ssrc=count(1).__next__))
        self.answered = 0

    def broken(self, chance: random.Random) -> str:
        """Return a text that was an offer."""
        return mutated_lines(chance, chance.choice((OFFER, FULL_OFFER)))

    def take(self, packet: str) -> None:
        """Parse, and answer."""
        try:
            offer = parse_offer(packet)
        except OfferRefused:
            return
        negotiated_by(offer)
        write_answer(offer, endpoint=self._ENDPOINT, remotes=self._remotes, session_id=1).encode()
        self.answered += 1

    def take_unguarded(self, packet: str) -> None:
        """The parser of aiortc, whose callers expect ValueError."""
        expecting(ValueError, lambda: aiortc.sdp.SessionDescription.parse(packet))


def expecting(known: type[Exception], call: Callable[[], object]) -> None:
    """Call, and take what the callee's contract names."""
    try:
        call()
    except known:
        return
