"""A leg against a peer made of aiortc's public parts, and the contract on its private ones."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
import uvloop
from offer_samples import OFFER
from packet_samples import receiver_report, rtp

from media_worker.rtc import privates
from media_worker.rtc.legs import RtcLeg, RtcLegs
from media_worker.rtc.privates import aioice, aiortc
from media_worker.signalling.messages import Fingerprint, IceCredentials, Offer
from media_worker.signalling.protocol import parse_offer

PATIENCE_S = 20
Loop = Callable[[], asyncio.AbstractEventLoop]
stun = aioice.stun


@dataclass
class Ears:
    """Keeps what a leg says."""

    rtp: list[bytes] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)
    messages: list[tuple[int, bytes]] = field(default_factory=list)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    down: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def leg_up(self) -> None:
        self.up.set()

    def leg_down(self) -> None:
        self.down.set()

    def rtp_received(self, packet: bytearray, size: int) -> None:
        self.rtp.append(bytes(packet[:size]))
        self.heard.set()

    def rtcp_received(self, packet: bytes) -> None:
        self.rtcp.append(packet)
        self.heard.set()

    def message_received(self, channel: int, message: bytes) -> None:
        self.messages.append((channel, message))
        self.heard.set()


class Peer:
    """A browser's side: controlling, and starting DTLS."""

    def __init__(self) -> None:
        self.certificate = aiortc.RTCCertificate.generateCertificate()
        self.gatherer = aiortc.RTCIceGatherer(iceServers=[])
        self.ice = aiortc.RTCIceTransport(self.gatherer)
        self.dtls = aiortc.RTCDtlsTransport(self.ice, [self.certificate])

    async def offer(self) -> Offer:
        await privates.gather_on(self.gatherer, "127.0.0.1")
        self.gatherer._connection.ice_controlling = True  # noqa: SLF001  # the browser's role
        local = self.gatherer.getLocalParameters()
        prints = (Fingerprint(found.algorithm, found.value) for found in self.certificate.getFingerprints())
        return replace(
            parse_offer(OFFER),
            ice=IceCredentials(local.usernameFragment, local.password),
            fingerprints=tuple(found for found in prints if found.algorithm == "sha-256"),
        )

    async def connect(self, leg: RtcLeg) -> None:
        end = leg.endpoint
        candidate = aiortc.RTCIceCandidate(1, "1", end.address, end.port, 2130706431, "udp", "host")
        await self.ice.addRemoteCandidate(candidate)
        await self.ice.start(aiortc.RTCIceParameters(end.ice.username, end.ice.password))
        self.dtls._set_role("client")  # noqa: SLF001  # as the answer's setup:passive says
        named = [aiortc.RTCDtlsFingerprint(found.algorithm, found.value) for found in end.fingerprints]
        await self.dtls.start(aiortc.RTCDtlsParameters(named))

    async def send(self, packet: bytes) -> None:
        await self.dtls._send_rtp(packet)  # noqa: SLF001  # stands for the browser's media

    async def close(self) -> None:
        await self.dtls.stop()
        await self.ice.stop()


def test_every_private_name_is_still_there() -> None:
    """If this fails, aiortc or aioice changed: mend media_worker/rtc/privates.py before upgrading."""

    async def look() -> list[str]:
        peer = Peer()
        protocol = await privates.gather_on(peer.gatherer, "127.0.0.1")
        absent = privates.absent_names(
            {
                "RTCIceGatherer": peer.gatherer,
                "RTCIceTransport": peer.ice,
                "Connection": peer.gatherer._connection,  # noqa: SLF001  # the contract on exactly this
                "StunProtocol": protocol,
                "RTCDtlsTransport": peer.dtls,
                "RTCSctpTransport": aiortc.RTCSctpTransport(peer.dtls),
                "RTCCertificate": peer.certificate,
                "Session": privates.Session(),
                "libsrtp": privates.srtp_calls,
            }
        )
        await peer.ice.stop()
        return absent

    assert asyncio.run(look()) == []


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_media_passes_both_ways_and_a_stranger_disturbs_nothing(loop: Loop) -> None:
    async def call() -> None:
        legs = RtcLegs(bind_address="127.0.0.1", public_address="127.0.0.1")
        leg, peer, ears = await legs.open(), Peer(), Ears()
        leg.start(await peer.offer(), ears)
        throw_junk(leg.endpoint.port)
        await peer.connect(leg)
        await asyncio.wait_for(ears.up.wait(), PATIENCE_S)
        throw_junk(leg.endpoint.port)

        packet = rtp(payload_type=96, sequence=1, ssrc=7)
        await peer.send(bytes(packet))
        await asyncio.wait_for(ears.heard.wait(), PATIENCE_S)
        assert ears.rtp == [bytes(packet)]

        ears.heard.clear()
        await peer.send(receiver_report(7))
        await asyncio.wait_for(ears.heard.wait(), PATIENCE_S)
        assert ears.rtcp == [receiver_report(7)]

        before = received_by(peer)
        leg.send_rtp(packet.copy(), len(packet))
        leg.send_rtcp(receiver_report(8))
        leg.send_rtp(bytearray(3_000), 3_000)  # too long for a datagram of ours: dropped
        async with asyncio.timeout(PATIENCE_S):
            while received_by(peer) < before + 2:  # noqa: ASYNC110  # aiortc counts without telling
                await asyncio.sleep(0.01)

        await peer.close()
        await asyncio.wait_for(ears.down.wait(), PATIENCE_S)
        await leg.closed()
        leg.send_rtp(packet.copy(), len(packet))

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(call())


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_browser_that_changes_its_address_takes_the_call_along(loop: Loop) -> None:
    async def call() -> None:
        legs = RtcLegs(bind_address="127.0.0.1", public_address="127.0.0.1")
        leg, peer, ears = await legs.open(), Peer(), Ears()
        offer = await peer.offer()
        leg.start(offer, ears)
        await peer.connect(leg)
        await asyncio.wait_for(ears.up.wait(), PATIENCE_S)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as moved:
            moved.bind(("127.0.0.1", 0))
            moved.setblocking(False)  # noqa: FBT003  # the standard library's own words
            moved.sendto(check_with_nomination(leg, offer), ("127.0.0.1", leg.endpoint.port))
            got = await answered(moved, offer, ("127.0.0.1", leg.endpoint.port))
            await asyncio.sleep(0.05)
            leg.send_rtp(rtp(payload_type=96, sequence=1, ssrc=7), 19)
            media = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(moved, 2_000), PATIENCE_S)
            assert media[:2] == b"\x80\x60", got
            # What it sends from there is heard.
            ears.heard.clear()
            moved.sendto(peer.dtls._tx_srtp.protect_rtcp(receiver_report(7)), ("127.0.0.1", leg.endpoint.port))  # noqa: SLF001
            await asyncio.wait_for(ears.heard.wait(), PATIENCE_S)
            assert ears.rtcp == [receiver_report(7)]
        await peer.close()
        leg.close()
        await leg.closed()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(call())


def test_handshake_and_media_agree_on_authenticated_encryption() -> None:
    async def call() -> tuple[str, str]:
        leg, peer, ears = await RtcLegs(bind_address="127.0.0.1", public_address="127.0.0.1").open(), Peer(), Ears()
        leg.start(await peer.offer(), ears)
        await peer.connect(leg)
        await asyncio.wait_for(ears.up.wait(), PATIENCE_S)
        suites = leg.suites
        await peer.close()
        await leg.closed()
        return suites

    cipher, profile = asyncio.run(call())
    assert "GCM" in cipher
    assert profile == "SRTP_AEAD_AES_256_GCM"


@pytest.mark.parametrize("waits", [False, True], ids=["before it began", "while it waits"])
def test_a_leg_that_nobody_comes_to_releases_its_socket(waits: bool) -> None:  # noqa: FBT001  # a case of the table
    async def open_and_close() -> int:
        leg, ears = await RtcLegs(bind_address="127.0.0.1", public_address="127.0.0.1").open(), Ears()
        if waits:
            leg.start(parse_offer(OFFER), ears)
            await asyncio.sleep(0.05)
            leg.close()
            await leg.closed()
            assert ears.down.is_set()
            assert not ears.up.is_set()
        else:
            await leg.abandon()
        return leg.endpoint.port

    port = asyncio.run(open_and_close())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", port))


def test_another_certificate_than_the_offered_one_gets_no_call() -> None:
    async def call() -> None:
        leg, peer, ears = await RtcLegs(bind_address="127.0.0.1", public_address="127.0.0.1").open(), Peer(), Ears()
        offer = replace(await peer.offer(), fingerprints=(Fingerprint("sha-256", ":".join(["AB"] * 32)),))
        leg.start(offer, ears)
        await asyncio.wait_for(peer.connect(leg), PATIENCE_S)
        await asyncio.wait_for(ears.down.wait(), PATIENCE_S)
        assert not ears.up.is_set()
        await peer.close()
        await leg.closed()

    asyncio.run(call())


def test_an_address_of_others_is_refused() -> None:
    async def open_leg() -> None:
        await RtcLegs(bind_address="192.0.2.250", public_address="192.0.2.250").open()

    with pytest.raises(OSError, match=r"192\.0\.2\.250"):
        asyncio.run(open_leg())


def check_with_nomination(leg: RtcLeg, offer: Offer) -> bytes:
    """A browser's check that nominates the pair, from wherever it is sent."""
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{leg.credentials.username}:{offer.ice.username}"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 1
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(leg.credentials.password.encode())
    return bytes(message)


async def answered(moved: socket.socket, offer: Offer, worker: tuple[str, int]) -> list[bytes]:
    """Answer the leg's own check, as a browser does; return what came until then."""
    got = []
    while True:
        loop = asyncio.get_running_loop()
        data = await asyncio.wait_for(loop.sock_recv(moved, 2_000), PATIENCE_S)
        got.append(data)
        message = stun.parse_message(data)
        if message.message_class is stun.Class.REQUEST:
            answer = stun.Message(
                message_method=stun.Method.BINDING,
                message_class=stun.Class.RESPONSE,
                transaction_id=message.transaction_id,
            )
            answer.attributes["XOR-MAPPED-ADDRESS"] = worker
            answer.add_message_integrity(offer.ice.password.encode())
            moved.sendto(bytes(answer), worker)
            return got


def received_by(peer: Peer) -> int:
    """How many datagrams the peer's DTLS transport took."""
    [stats] = peer.dtls._get_stats().values()  # noqa: SLF001  # aiortc counts only there
    return int(stats.packetsReceived)


def throw_junk(port: int) -> None:
    """What anybody may send: nothing, noise, an alert, a close, a ClientHello, STUN of all sorts, media."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for data in (
            b"",
            b"\x00",
            b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",
            b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x01\x00",
            b"\x16\xfe\xfd" + bytes(40),
            b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),
            b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x20\x00\x01\xff\xff\xff\xff",
            b"\x80\x60" + bytes(60),
            b"\x80\xc8" + bytes(60),
            b"\xff" * 1_400,
        ):
            for _ in range(20):
                stranger.sendto(data, ("127.0.0.1", port))
