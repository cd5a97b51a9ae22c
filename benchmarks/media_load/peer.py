"""A browser's side of one connection: ICE and DTLS by aiortc, then the socket and the keys go to the engine."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from dataclasses import dataclass

import pylibsrtp._binding as libsrtp

from benchmarks.media_load.descriptions import Remote, write_description
from benchmarks.media_load.engine import LegSetup
from media_worker.rtc import privates

import aiortc  # isort: skip  # after privates, which hides the decoder

PATIENCE_S = 30
# What Chromium offers, in its order. As a DTLS server it takes the first of them that the other side has too;
# a relay that is the server chooses by its own order.
LIKE_CHROMIUM = (b"SRTP_AES128_CM_SHA1_80", b"SRTP_AEAD_AES_256_GCM", b"SRTP_AEAD_AES_128_GCM")
GCM_ALWAYS = LIKE_CHROMIUM[1:]


@dataclass(frozen=True, slots=True)
class Ssrcs:
    """The streams that a peer sends."""

    audio: int
    video: int
    rtx: int


class Peer:
    """One browser. Connect it, hand it over, and close it when the engine has stopped."""

    def __init__(self, certificate: aiortc.RTCCertificate, profiles: tuple[bytes, ...] = LIKE_CHROMIUM) -> None:
        self.ssrcs = Ssrcs(*(secrets.randbelow(2**32 - 1) + 1 for _ in range(3)))
        self._certificate = certificate
        self._gatherer = aiortc.RTCIceGatherer(iceServers=[])
        self._ice = aiortc.RTCIceTransport(self._gatherer)
        self._dtls = aiortc.RTCDtlsTransport(self._ice, [certificate])
        by_name = {profile.openssl_profile: profile for profile in self._dtls._srtp_profiles}  # noqa: SLF001
        self._dtls._srtp_profiles = [by_name[name] for name in profiles]  # noqa: SLF001
        self._twcc_id = 0
        self._relay = ("", 0)

    async def describe(self, address: str, *, setup: str, mids: tuple[str, str] = ("0", "1")) -> str:
        """Bind a socket on `address` and return the offer (`setup` actpass) or answer (active)."""
        self._protocol = await privates.gather_on(self._gatherer, address)
        print_ = next(found for found in self._certificate.getFingerprints() if found.algorithm == "sha-256")
        username, password = privates.local_credentials(self._gatherer)
        return write_description(
            username=username,
            password=password,
            fingerprint=print_.value,
            address=address,
            port=privates.local_port(self._protocol),
            setup=setup,
            mids=mids,
            ssrcs=(self.ssrcs.audio, self.ssrcs.video, self.ssrcs.rtx),
        )

    async def connect(self, remote: Remote, *, offerer: bool) -> None:
        """Do ICE and DTLS with the relay. Raises ConnectionError when either fails."""
        # The offerer controls (RFC 8445, 6.1.1); who starts DTLS stands in the answer.
        self._gatherer._connection.ice_controlling = offerer  # noqa: SLF001
        self._twcc_id = remote.twcc_id
        self._relay = (remote.address, remote.port)
        candidate = aiortc.RTCIceCandidate(1, "1", remote.address, remote.port, 2130706431, "udp", "host")
        await self._ice.addRemoteCandidate(candidate)
        await self._ice.addRemoteCandidate(None)
        async with asyncio.timeout(PATIENCE_S):
            await self._ice.start(aiortc.RTCIceParameters(remote.username, remote.password))
            self._dtls._set_role("server" if offerer and remote.setup == "active" else "client")  # noqa: SLF001
            await self._dtls.start(
                aiortc.RTCDtlsParameters([aiortc.RTCDtlsFingerprint("sha-256", remote.fingerprint)])
            )
        if self._dtls.state != "connected":
            raise ConnectionError(f"ICE is {self._ice.state}, DTLS {self._dtls.state}")

    @property
    def cipher(self) -> str:
        """The SRTP profile that was agreed on."""
        connection = self._dtls._ssl  # noqa: SLF001  # nothing public tells
        return "none" if connection is None else connection.get_selected_srtp_profile().decode()

    def hand_over(self) -> LegSetup:
        """Stop reading the socket and return what the engine needs; `other_received` brings back the rest."""
        transport = self._protocol.transport
        descriptor = transport.get_extra_info("socket").fileno()
        asyncio.get_running_loop()._remove_reader(descriptor)  # type: ignore[attr-defined]  # noqa: SLF001
        with socket.socket(fileno=os.dup(descriptor)) as twin:
            twin.connect(self._relay)  # a connected socket needs no address per packet
        incoming, outgoing = privates.srtp_sessions(self._dtls)
        return LegSetup(
            descriptor, self.ssrcs.audio, self.ssrcs.video, self._twcc_id, _pointer(incoming), _pointer(outgoing)
        )

    def other_received(self, data: bytes) -> None:
        """Take STUN or DTLS that the engine found: consent checks are answered here."""
        self._protocol.datagram_received(data, self._relay)

    async def close(self) -> None:
        """Say goodbye and release the socket."""
        await self._dtls.stop()
        await self._ice.stop()


def _pointer(session: object) -> int:
    """Return the `srtp_t` inside a session of pylibsrtp."""
    return int(libsrtp.ffi.cast("uintptr_t", session._srtp[0]))  # type: ignore[attr-defined]  # noqa: SLF001
