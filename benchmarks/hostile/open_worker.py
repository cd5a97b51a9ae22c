"""The control of `prove_attack`: a media worker whose legs have no guard. `python -m benchmarks.hostile.open_worker`.

One socket a leg, open to all; what comes goes to aioice and from there to aiortc, whoever sent it. Only this file
makes such legs: no setting of a worker leads here.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from media_worker import __main__ as worker
from media_worker.rtc import privates
from media_worker.rtc.legs import LegEvents, RtcLeg, RtcLegs
from media_worker.signalling.messages import Endpoint, Offer


class OpenLeg(RtcLeg):
    """A leg as aiortc would have it, which forwards what it decrypts."""

    async def bind(self, address: str) -> int:
        """Bind the socket, and put nothing before it."""
        protocol = await privates.gather_on(self._gatherer, address)
        return privates.local_port(protocol)

    def start(self, offer: Offer, events: LegEvents) -> None:
        """Let aiortc hand over media once it is decrypted."""

        async def rtp_received(data: bytes, arrival_time_ms: int) -> None:
            del arrival_time_ms
            events.rtp_received(bytearray(data) + bytearray(148), len(data))

        async def rtcp_received(data: bytes) -> None:
            events.rtcp_received(data)

        dtls: Any = self._dtls
        dtls._handle_rtp_data, dtls._handle_rtcp_data = rtp_received, rtcp_received  # noqa: SLF001
        super().start(offer, events)

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Encrypt and send one packet."""
        self._send(bytes(packet[:size]))

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one compound."""
        self._send(packet)

    def _begin_media(self, events: LegEvents) -> None:
        """Media began by itself."""

    def _send(self, packet: bytes) -> None:
        task = asyncio.ensure_future(self._dtls._send_rtp(packet))  # noqa: SLF001
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


class OpenLegs(RtcLegs):
    """Opens such legs."""

    async def open(self) -> RtcLeg:
        """Bind a socket; the leg waits for `start`."""
        leg = OpenLeg(self._certificate)
        port = await leg.bind(self._bind_address)
        leg.endpoint = Endpoint(
            ice=leg.credentials, fingerprints=self._fingerprints, address=self._public_address, port=port
        )
        return leg


if __name__ == "__main__":
    vars(worker)["RtcLegs"] = OpenLegs  # the switch
    sys.exit(worker.main())
