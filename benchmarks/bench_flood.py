"""A leg under a flood: how much of its media still arrives, and what the flood costs, with the guard and without.

    python benchmarks/bench_flood.py [--rate 60000] [--seconds 5]

One call between two legs of the worker; the citizen's browser sends 30 frames of 4 packets and 50 Opus packets a
second. Meanwhile a C program throws packets at the citizen's port. "Guarded" is the worker's own pair of sockets;
"open" is one socket for all, sorted in Python. Every packet is counted where the clerk's browser receives it.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import uvloop
from pylibsrtp import Policy

from benchmarks.bench_packets import (
    AUDIO_A_SECOND,
    AUDIO_BYTES,
    FRAMES_A_SECOND,
    NEGOTIATED,
    PACKETS_A_FRAME,
    VIDEO_BYTES,
    Browser,
    Counter,
    OwnWay,
    PlainWay,
    a_room,
    bound,
    session,
)
from benchmarks.figures import Figures
from chalicelib.domain.calls import Seat
from media_worker.forwarding.reception import Reception
from media_worker.room import Session
from media_worker.rtc.guard import Guard
from media_worker.rtc.sockets import attach_filter, requests_only

FLOOD = Path(__file__).with_name("flood.c")


class NoIce:
    """Stands where aioice would be: no check of the flood gets this far."""

    transactions: frozenset[bytes] = frozenset()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Nothing comes."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is kept."""

    def error_received(self, exc: Exception) -> None:
        """Nothing is done."""


async def guard_open_socket(opened: Any) -> asyncio.DatagramTransport:
    """Put the worker's filter and guard on the open socket."""
    guard = Guard(NoIce(), username="ours", password="x" * 22, admit=lambda _: None, to_dtls=lambda _: None)
    attach_filter(opened, requests_only("ours"))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: guard, sock=opened.dup())
    return transport


def send_media(browser: Browser, worker: tuple[str, int], seconds: float) -> int:
    """Send one browser's media, on time; return how many packets."""
    entries = [
        (place / rate, kind)
        for kind, rate in ((96, FRAMES_A_SECOND), (111, AUDIO_A_SECOND))
        for place in range(int(rate * seconds))
    ]
    begun, sent = time.monotonic(), 0
    for at, payload_type in sorted(entries):
        time.sleep(max(0.0, begun + at - time.monotonic()))
        for _ in range(PACKETS_A_FRAME if payload_type == 96 else 1):
            browser.send(payload_type, VIDEO_BYTES if payload_type == 96 else AUDIO_BYTES, worker, at)
            sent += 1
    return sent


def receive(browser: Browser, ended: threading.Event, got: Counter) -> None:
    """Count the media that reaches a browser; reports are decrypted as reports, so they do not count."""
    srtp = session(Policy.SSRC_ANY_INBOUND)
    browser.socket.settimeout(0.2)
    while not ended.is_set():
        try:
            data = browser.socket.recv(2_000)
        except TimeoutError:
            continue
        if data[1] & 0x7F in (96, 111):
            srtp.unprotect(data)
            got.packets += 1


async def measure(
    way: Callable[..., Any], kind: str, *, rate: int, seconds: float, flood: Path
) -> tuple[float, float]:
    """Return the share of packets that arrived in percent, and the share of a core that the worker took."""
    browsers, opened, room = [Browser(), Browser()], [bound(), bound()], a_room()
    legs, transports = [], []
    for seat, place in ((Seat.CITIZEN, 0), (Seat.CLERK, 1)):
        leg = way(opened[place], browsers[place].socket.getsockname(), Counter())
        member = Session(f"s{place}", room, seat, NEGOTIATED, leg, Reception(seat, new_ssrc=count(1_000).__next__))
        if isinstance(leg, PlainWay):
            await leg.listen(member)
        else:
            transports.append(await guard_open_socket(opened[place]))
            leg.begin(member)
        room.await_seat(member)
        member.leg_up()
        legs.append(leg)
    worker = opened[0].getsockname()
    ended, got = threading.Event(), Counter()
    listener = threading.Thread(target=receive, args=(browsers[1], ended, got))
    listener.start()
    command = [str(flood), str(worker[1]), str(rate), str(seconds + 1), kind]
    junk = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    await asyncio.sleep(0.5)
    cpu, begun = time.thread_time(), time.monotonic()
    sent = await asyncio.to_thread(send_media, browsers[0], worker, seconds)
    busy = (time.thread_time() - cpu) / (time.monotonic() - begun)
    out, _ = await junk.communicate()
    await asyncio.sleep(0.3)
    ended.set()
    listener.join()
    for held in (*legs, *transports):
        held.close()
    await asyncio.sleep(0.05)
    junk_rate = int(out) / (seconds + 1)
    print(f"  {way.__name__:8} {kind:6} {junk_rate:>7,.0f}/s: {got.packets} of {sent}, {busy:.0%} of a core")
    return 100 * got.packets / sent, 100 * busy


def main() -> int:
    """Flood both ways with each kind; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=5)
    chosen = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        flood = Path(folder, "flood")
        subprocess.run(["cc", "-O2", "-o", str(flood), str(FLOOD)], check=True)
        for name, way in (("open", PlainWay), ("guarded", OwnWay)):
            for kind in ("noise", "checks"):
                arrived, busy = uvloop.run(measure(way, kind, rate=chosen.rate, seconds=chosen.seconds, flood=flood))
                goal = ">=99" if way is OwnWay else "none"
                figures.add(f"media.flood_{kind}_{name}_arrived", arrived, "pct", goal=goal)
                figures.add(f"media.flood_{kind}_{name}_core", busy, "pct")
    return figures.finish()


if __name__ == "__main__":
    sys.exit(main())
