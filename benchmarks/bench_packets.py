"""What one forwarded packet costs the worker's process: the plain way and the worker's own, alternating in one run.

    python benchmarks/bench_packets.py [--calls 30] [--rounds 5]

Two browsers a call send 30 frames of 4 packets (1,100 bytes) and 50 Opus packets a second each, encrypted with
AES-128-GCM, over loopback, from a process of their own; keys are given, so neither ICE nor DTLS is measured. The
figure is CPU time of the worker's process by packets forwarded, with the kernel's work in it. "Plain" is asyncio's
datagram protocol under uvloop, pylibsrtp's sessions, and the bridge's effects carried out one by one.
"""

import argparse
import asyncio
import os
import signal
import socket
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import uvloop
from pylibsrtp import Policy
from pylibsrtp import Session as Srtp

from benchmarks.figures import Figures
from chalicelib.domain.calls import Seat
from media_worker.forwarding.bridge import Bridge
from media_worker.forwarding.effects import Forward
from media_worker.forwarding.paths import TRANSPORT_CC_URI, Kind, Negotiated
from media_worker.forwarding.reception import Reception
from media_worker.room import Room, Session
from media_worker.rtc.datapath import InPlaceDatapath
from media_worker.rtc.sockets import PeerSocket

LOCAL = "127.0.0.1"
KEY = bytes(range(28))
FRAMES_A_SECOND, PACKETS_A_FRAME, VIDEO_BYTES = 30, 4, 1_100
AUDIO_A_SECOND, AUDIO_BYTES = 50, 120
SECONDS = 2.0
WARM_UP_SECONDS = 0.3
NEGOTIATED = Negotiated(
    payload_types={Kind.AUDIO: 111, Kind.VIDEO: 96, Kind.RTX: 97}, extensions={TRANSPORT_CC_URI: 3}
)


def session(kind: int) -> Srtp:
    """Return an SRTP session as aiortc makes them."""
    policy = Policy(key=KEY, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return Srtp(policy)


def bound() -> socket.socket:
    """Return a socket on a port of the system's choice."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((LOCAL, 0))
    opened.setblocking(False)  # noqa: FBT003  # the standard library's own words
    return opened


class Browser:
    """Sends what a browser sends; what comes back is left in its queue."""

    def __init__(self) -> None:
        self.socket = bound()
        self._srtp = session(Policy.SSRC_ANY_OUTBOUND)
        self._sequences = {111: count(1), 96: count(1)}
        self._transport = count(1)

    def send(self, payload_type: int, size: int, worker: tuple[str, int], now: float) -> None:
        """Send one packet with a transport-wide number."""
        sequence = (next(self._sequences[payload_type]) & 0xFFFF).to_bytes(2, "big")
        clock = int(now * (48_000 if payload_type == 111 else 90_000)) & 0xFFFFFFFF
        transport = (next(self._transport) & 0xFFFF).to_bytes(2, "big")
        head = b"\x90" + bytes([payload_type]) + sequence + clock.to_bytes(4, "big") + payload_type.to_bytes(4, "big")
        packet = head + b"\xbe\xde\x00\x01\x31" + transport + b"\x00" + bytes(size)
        try:
            self.socket.sendto(self._srtp.protect(packet), worker)
        except BlockingIOError:
            return


def send_forever(browsers: list[Browser], workers: list[tuple[str, int]]) -> None:
    """Send the load, spread evenly over each second."""
    schedule = []
    for number, (browser, worker) in enumerate(zip(browsers, workers, strict=True)):
        phase = number / len(browsers)
        for payload_type, rate in ((96, FRAMES_A_SECOND), (111, AUDIO_A_SECOND)):
            schedule += [((place + phase) / rate, browser, worker, payload_type) for place in range(rate)]
    schedule.sort(key=lambda entry: entry[0])
    begun = time.monotonic()
    for second in count():
        for at, browser, worker, payload_type in schedule:
            wait = begun + second + at - time.monotonic()
            if wait > 0.001:
                time.sleep(wait)
            for _ in range(PACKETS_A_FRAME if payload_type == 96 else 1):
                browser.send(payload_type, VIDEO_BYTES if payload_type == 96 else AUDIO_BYTES, worker, second + at)


@dataclass
class Counter:
    """How many packets were forwarded."""

    packets: int = 0


def a_room() -> Room:
    """Return a room with light for two."""
    bridge = Bridge()
    bridge.light((Seat.CITIZEN, Seat.CLERK), now_ms=0)
    return Room("b", "o", 1, bridge, lambda: time.monotonic_ns() // 1_000_000)


class OwnWay:
    """A leg as the worker has it: connected socket, in place."""

    def __init__(self, opened: socket.socket, browser: tuple[str, int], counter: Counter) -> None:
        self._opened, self._browser, self._counter = opened, browser, counter

    def begin(self, member: Session) -> None:
        """Listen for the browser."""
        peer = PeerSocket(self._opened, self._browser, other=lambda *_: None)
        keys = session(Policy.SSRC_ANY_INBOUND), session(Policy.SSRC_ANY_OUTBOUND)
        datapath = InPlaceDatapath(*keys, member, peer.send)
        peer.media = datapath.received
        self.close = peer.close
        self.send_rtcp = datapath.send_rtcp
        self._send_rtp = datapath.send_rtp

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Count, and send."""
        self._counter.packets += 1
        self._send_rtp(packet, size)


class PlainWay(asyncio.DatagramProtocol):
    """A leg with asyncio's transport and copies of each packet."""

    def __init__(self, opened: socket.socket, browser: tuple[str, int], counter: Counter) -> None:
        self._opened, self._browser, self._counter = opened, browser, counter
        self._peers = {browser}
        self._in, self._out = session(Policy.SSRC_ANY_INBOUND), session(Policy.SSRC_ANY_OUTBOUND)

    async def listen(self, member: Session) -> None:
        """Listen for the browser."""
        self._member = member
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._opened.dup())

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Decrypt, ask the bridge, carry out."""
        first = data[0] if data else -1
        if 128 <= first <= 191 and addr[:2] in self._peers:
            packet = bytearray(self._in.unprotect(data))
            room = self._member.room
            for effect in room.bridge.receive_rtp(self._member.seat, packet, now_ms=room.now_ms()):
                if isinstance(effect, Forward):
                    room.seated[effect.to].leg.send_rtp(effect.packet, len(effect.packet))

    def send_rtp(self, packet: bytearray, size: int) -> None:
        """Count, encrypt, send."""
        self._counter.packets += 1
        self._transport.sendto(self._out.protect(bytes(packet[:size])), self._browser)

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt, send."""
        self._transport.sendto(self._out.protect_rtcp(packet), self._browser)

    def close(self) -> None:
        """Stop listening."""
        self._transport.close()


async def measure(way: Callable[..., Any], opened: list[socket.socket], browsers: list[Browser]) -> tuple[float, int]:
    """Return microseconds of CPU time a packet, and packets a second."""
    counter, legs = Counter(), []
    for number in range(0, len(opened), 2):
        room = a_room()
        for seat, place in ((Seat.CITIZEN, number), (Seat.CLERK, number + 1)):
            leg = way(opened[place], browsers[place].socket.getsockname(), counter)
            member = Session(
                f"s{place}", room, seat, NEGOTIATED, leg, Reception(seat, new_ssrc=count(1_000).__next__)
            )
            if isinstance(leg, PlainWay):
                await leg.listen(member)
            else:
                leg.begin(member)
            room.await_seat(member)
            member.leg_up()
            legs.append(leg)
    await asyncio.sleep(WARM_UP_SECONDS)
    packets, cpu = counter.packets, time.process_time()
    await asyncio.sleep(SECONDS)
    spent, forwarded = time.process_time() - cpu, counter.packets - packets
    for leg in legs:
        leg.close()
    await asyncio.sleep(0.05)
    return spent * 1e6 / forwarded, int(forwarded / SECONDS)


def main() -> int:
    """Alternate the two ways; print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    browsers = [Browser() for _ in range(2 * chosen.calls)]
    opened = [bound() for _ in browsers]
    sender = os.fork()
    if not sender:
        send_forever(browsers, [worker.getsockname() for worker in opened])
    found: dict[str, list[float]] = {"plain": [], "own": []}
    try:
        for _ in range(chosen.rounds):
            for name, way in (("plain", PlainWay), ("own", OwnWay)):
                cost, rate = uvloop.run(measure(way, opened, browsers))
                found[name].append(cost)
                print(f"{name:>6}: {cost:5.1f} µs a packet at {rate:,} packets/s", flush=True)
    finally:
        os.kill(sender, signal.SIGKILL)
    plain, own = (statistics.median(found[name]) for name in ("plain", "own"))
    print(f"\nmedian of {chosen.rounds}: plain {plain:.1f} µs, own {own:.1f} µs, {plain / own:.2f} times")
    figures = Figures()
    figures.add("media.packet_us_plain", plain, "us")
    figures.add("media.packet_us", own, "us", goal="<=20")
    return figures.finish()


if __name__ == "__main__":
    sys.exit(main())
