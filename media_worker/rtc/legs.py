"""A leg: ICE, DTLS and SRTP of one browser connection. Media takes the short way: socket, keys, bridge."""

import asyncio
import contextlib
import logging
from typing import Protocol

from media_worker.rtc import privates
from media_worker.rtc.data import DataLine
from media_worker.rtc.datapath import Datapath, InPlaceDatapath, MediaEvents
from media_worker.rtc.guard import Guard
from media_worker.rtc.peers import Address, Connected, Peers, ignore
from media_worker.rtc.sockets import PeerSocket, attach_filter, requests_only
from media_worker.signalling.messages import Endpoint, Fingerprint, IceCredentials, Offer

import aiortc  # isort: skip  # after privates, which hides the decoder

SETUP_TIMEOUT_S = 15
FINGERPRINT_ALGORITHM = "sha-256"

logger = logging.getLogger(__name__)


class LegEvents(MediaEvents, Protocol):
    """Who is told what a leg hears."""

    def leg_up(self) -> None:
        """Media can flow."""

    def leg_down(self) -> None:
        """The connection ended or never came about; said once, the last word."""

    def message_received(self, channel: int, message: bytes) -> None:
        """A message of one of the data channels."""


class RtcLegs:
    """Opens legs; all share one certificate, whose fingerprint each answer names."""

    def __init__(self, *, bind_address: str, public_address: str) -> None:
        """Take the address for sockets and the one that browsers are told."""
        self._bind_address = bind_address
        self._public_address = public_address
        self._certificate = privates.Certificate.generateCertificate()
        self._fingerprints = tuple(
            Fingerprint(found.algorithm, found.value)
            for found in self._certificate.getFingerprints()
            if found.algorithm == FINGERPRINT_ALGORITHM
        )

    async def open(self) -> "RtcLeg":
        """Bind a socket; the leg waits for `start`. Raises OSError."""
        leg = RtcLeg(self._certificate)
        port = await leg.bind(self._bind_address)
        leg.endpoint = Endpoint(
            ice=leg.credentials, fingerprints=self._fingerprints, address=self._public_address, port=port
        )
        return leg


class RtcLeg:
    """One browser connection."""

    endpoint: Endpoint

    def __init__(self, certificate: aiortc.RTCCertificate) -> None:
        # No STUN server: aiortc's default would ask a public one.
        self._gatherer = aiortc.RTCIceGatherer(iceServers=[])
        self._ice = aiortc.RTCIceTransport(self._gatherer)
        self._dtls = aiortc.RTCDtlsTransport(self._ice, [certificate])
        privates.act_as_dtls_server(self._dtls)
        self._dtls.on("statechange", self._dtls_changed)
        self._peers: Peers | None = None
        self._sending: Connected | None = None
        self._media: Datapath | None = None
        self._events: LegEvents | None = None
        self._data: DataLine | None = None
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def credentials(self) -> IceCredentials:
        """Our side's ICE credentials."""
        return IceCredentials(*privates.local_credentials(self._gatherer))

    @property
    def suites(self) -> tuple[str, str]:
        """The cipher of the handshake and the SRTP profile, once the leg is up."""
        return privates.agreed_suites(self._dtls)

    async def bind(self, address: str) -> int:
        """Bind the socket behind its guard and return the port. Raises OSError."""
        protocol = await privates.gather_on(self._gatherer, address)
        opened = protocol.transport.get_extra_info("socket")

        def connect(peer: Address) -> Connected:
            return PeerSocket(opened, peer, other=guard.peer_said)

        peers = Peers(connect, chosen=self._send_from)
        guard = Guard(
            protocol,
            username=self.credentials.username,
            password=self.credentials.password,
            admit=peers.admit,
            to_dtls=lambda data: privates.hand_to_dtls(self._gatherer, data),
        )
        self._peers = peers
        privates.tell_nominations(self._gatherer, peers.choose)
        protocol.transport.set_protocol(guard)
        # Without the filter the guard drops the same datagrams, at the price of looking at each.
        with contextlib.suppress(OSError):
            attach_filter(opened, requests_only(self.credentials.username))
        return privates.local_port(protocol)

    def start(self, offer: Offer, events: LegEvents) -> None:
        """Wait in the background for the browser's checks and handshake; `events` hears the rest."""
        self._events = events
        self._task = asyncio.create_task(self._run(offer))

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Encrypt and send one RTP packet; a leg that is not up drops it."""
        if self._media is not None:
            self._media.send_rtp(packet, size)

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one RTCP compound; a leg that is not up drops it."""
        if self._media is not None:
            self._media.send_rtcp(packet)

    def send_message(self, channel: int, message: bytes) -> None:
        """Send a message on a data channel; a leg without them, or with too much unsent, drops it."""
        if self._data is not None:
            self._data.send(channel, message)

    def close(self) -> None:
        """Begin to end the connection."""
        self._ended.set()

    async def closed(self) -> None:
        """Wait until the socket is released."""
        if self._task is not None:
            await self._task

    async def abandon(self) -> None:
        """Release a leg that was opened and never started."""
        await self._ice.stop()
        self._release_sockets()

    def _send_from(self, chosen: Connected) -> None:
        self._sending = chosen
        if self._media is not None:
            self._media.send = chosen.send

    def _dtls_changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._ended.set()

    async def _run(self, offer: Offer) -> None:
        setup = asyncio.create_task(self._set_up(offer))
        ended = asyncio.create_task(self._ended.wait())
        try:
            done, _ = await asyncio.wait((setup, ended), timeout=SETUP_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            if setup in done and not self._ended.is_set() and setup.result() and self._events:
                self._begin_media(self._events)
                if offer.data is not None:
                    self._data = DataLine(self._dtls, received=self._events.message_received)
                    await self._data.start(remote_port=offer.data.port)
                self._events.leg_up()
                await ended
        except (ConnectionError, OSError) as error:
            logger.info("leg failed: %s", type(error).__name__)
        finally:
            self._end_media()
            for task in (setup, ended):
                task.cancel()
            await asyncio.gather(setup, ended, return_exceptions=True)
            if self._events is not None:
                self._events.leg_down()
            if self._data is not None:
                await self._data.stop()
            await self._release()

    def _begin_media(self, events: LegEvents) -> None:
        if self._peers is None or self._sending is None:
            raise ConnectionError("keys without a peer")
        incoming, outgoing = privates.srtp_sessions(self._dtls)
        logger.info("leg up cipher=%s srtp=%s", *self.suites)
        self._media = InPlaceDatapath(incoming, outgoing, events, self._sending.send)
        self._peers.let_media(self._media.received)

    def _end_media(self) -> None:
        self._media = None
        if self._peers is not None:
            self._peers.let_media(ignore)

    async def _set_up(self, offer: Offer) -> bool:
        # No remote candidate is ever added: the pair is learned from the browser's own checks.
        await self._ice.start(aiortc.RTCIceParameters(offer.ice.username, offer.ice.password))
        if self._ice.state != "completed":
            return False
        fingerprints = [aiortc.RTCDtlsFingerprint(found.algorithm, found.value) for found in offer.fingerprints]
        await self._dtls.start(aiortc.RTCDtlsParameters(fingerprints))
        return bool(self._dtls.state == "connected")

    async def _release(self) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            await self._dtls.stop()
        await self._ice.stop()
        self._release_sockets()

    def _release_sockets(self) -> None:
        self._sending = None
        if self._peers is not None:
            self._peers.close()
