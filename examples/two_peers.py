"""Join a room of a media worker from Python, with a ticket or two, and print what comes.

    python examples/two_peers.py http://127.0.0.1:8702 TICKET [TICKET …] [--seconds 10]

Each ticket is a participant: it sends a moving picture, silence and one message a second, and prints whom it sees,
what it hears and what the worker tells it. docs/media-signalling.md describes what goes over the line. This client
speaks in clear: the keys that browsers agree on are left to it, so people in the call will not show what it sends.
"""

import argparse
import asyncio
import json
import math
from collections import Counter
from http import HTTPStatus

import aiohttp
import aiortc
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack, VideoStreamTrack
from av import VideoFrame

SEATS = {1: "citizen", 2: "clerk", 3: "guest", 4: "echo"}
# The page's keys begin with 0 and its sealed messages with 1; whatever else is no message for it.
IN_CLEAR = b"\xff"


class MovingPicture(VideoStreamTrack):
    """A bright field that swells and fades."""

    async def recv(self) -> VideoFrame:
        """Return the next frame, 30 a second."""
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(320, 240, "yuv420p")
        brightness = int(128 + 100 * math.sin(pts * time_base))
        for plane, value in zip(frame.planes, (brightness, 128, 128), strict=True):
            plane.update(bytes((value,)) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Participant:
    """One browser's part, played by aiortc."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.received: Counter[str] = Counter()
        self.session = ""
        configuration = aiortc.RTCConfiguration(iceServers=[], bundlePolicy=aiortc.RTCBundlePolicy.MAX_BUNDLE)
        self.connection = aiortc.RTCPeerConnection(configuration)
        # The first pair carries both ways; the second one brings the third seat, whenever somebody takes it.
        self.connection.addTrack(AudioStreamTrack())
        self.connection.addTrack(MovingPicture())
        for kind in ("audio", "video"):
            self.connection.addTransceiver(kind, direction="recvonly")
        self.peers = self.connection.createDataChannel("peers", negotiated=True, id=0)
        self.office = self.connection.createDataChannel("office", negotiated=True, id=1)
        self.connection.on("track", self.track_came)
        self.peers.on("message", self.message_came)
        self.office.on("message", self.notice_came)
        # What the worker said before the channel was open is lost; whoever says that they hear is told again.
        self.office.on("open", lambda: self.office.send("hello"))
        self._listening: set[asyncio.Task[None]] = set()

    async def join(self, http: aiohttp.ClientSession, worker: str, ticket: str) -> None:
        """Post the offer, take the answer. Prints the worker's problem document and raises, if it has one."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"}
        offer = self.connection.localDescription.sdp
        async with http.post(f"{worker}/media/sessions", data=offer, headers=headers) as answer:
            text = await answer.text()
            if answer.status != HTTPStatus.CREATED:
                raise SystemExit(f"{self.name}: {answer.status} {text}")
            self.session = f"{worker}{answer.headers['Location']}"
        description = aiortc.RTCSessionDescription(sdp=text, type="answer")
        await self.connection.setRemoteDescription(description)

    async def leave(self, http: aiohttp.ClientSession, ticket: str) -> None:
        """Give the seat back."""
        async with http.delete(self.session, headers={"Authorization": f"Bearer {ticket}"}):
            await self.connection.close()

    def say(self) -> None:
        """Say something to everybody who sees us, if the line stands."""
        if self.peers.readyState == "open":
            self.peers.send(IN_CLEAR + f"hello from {self.name}".encode())

    def track_came(self, track: MediaStreamTrack) -> None:
        """Begin to count what this track brings."""
        task = asyncio.create_task(self._count(track))
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)

    def message_came(self, message: bytes) -> None:
        """Print a message: the worker put its sender's seat in front."""
        print(f"{self.name}: {SEATS.get(message[0], '?')} says {message[1:]!r}")

    def notice_came(self, notice: bytes) -> None:
        """Print what the worker tells: JSON, as bytes."""
        print(f"{self.name}: {json.loads(notice)}")

    async def _count(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                await track.recv()
            except MediaStreamError:
                return
            self.received[f"{track.kind} {track.id}"] += 1


async def call(worker: str, tickets: list[str], seconds: int) -> None:
    """Let everybody join, speak for some seconds, and leave."""
    async with aiohttp.ClientSession() as http:
        everybody = [Participant(f"peer {number}") for number in range(1, len(tickets) + 1)]
        for participant, ticket in zip(everybody, tickets, strict=True):
            await participant.join(http, worker, ticket)
        for _ in range(seconds):
            await asyncio.sleep(1)
            for participant in everybody:
                participant.say()
                print(f"{participant.name}: {participant.connection.connectionState} {dict(participant.received)}")
        for participant, ticket in zip(everybody, tickets, strict=True):
            await participant.leave(http, ticket)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Join a room of a media worker, and print what comes.")
    parser.add_argument("worker", help="its address, or the load balancer's: http://127.0.0.1:8702")
    parser.add_argument("ticket", nargs="+", help="a media ticket for each participant")
    parser.add_argument("--seconds", type=int, default=10, help="how long to stay")
    given = parser.parse_args()
    asyncio.run(call(given.worker.rstrip("/"), given.ticket, given.seconds))


if __name__ == "__main__":
    main()
