"""The relays that are compared, behind one face: start, connect both sides of a call, end."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from benchmarks.media_load.descriptions import read_description
from benchmarks.media_load.janus import JanusSession, configure
from benchmarks.media_load.namespaces import Namespace, Process
from benchmarks.media_load.peer import Peer
from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.domain.calls import MediaTicketClaims, Seat

PORT = 8702
START_PATIENCE_S = 60
TICKET_LIFETIME = timedelta(minutes=10)
SIDES = (Seat.CITIZEN, Seat.CLERK)


class Relay(Protocol):
    """A relay in a process of its own, on one core, in a namespace."""

    name: str

    async def start(self, space: Namespace, core: int) -> Process:
        """Start the relay and return once it answers."""

    async def connect(self, first: Peer, second: Peer) -> None:
        """Bring the two into one call."""

    async def end(self) -> None:
        """Let go of whatever signalling holds; the process is the caller's."""


class _HttpRelay:
    """A relay to which each side posts its offer and that answers it: WHIP-shaped."""

    def __init__(self) -> None:
        self._space: Namespace
        self._http: aiohttp.ClientSession

    async def _reach(self, space: Namespace, process: Process, path: str) -> None:
        self._space, self._http = space, aiohttp.ClientSession()
        async with asyncio.timeout(START_PATIENCE_S):
            while True:
                process.check()
                try:
                    async with self._http.get(f"http://{space.inside}:{PORT}{path}") as answer:
                        answer.raise_for_status()
                        return
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)

    async def _join(self, peer: Peer, path: str, headers: dict[str, str]) -> None:
        offer = await peer.describe(self._space.outside, setup="actpass")
        address = f"http://{self._space.inside}:{PORT}{path}"
        sdp = {"Content-Type": "application/sdp"}
        async with self._http.post(address, data=offer, headers=sdp | headers) as answer:
            text = await answer.text()
            if answer.status != 201:
                raise ConnectionError(f"{answer.status}: {text}")
        await peer.connect(read_description(text), offerer=True)

    async def end(self) -> None:
        """Close the connections of signalling."""
        await self._http.close()


class Worker(_HttpRelay):
    """Our media worker as it stands in this tree, with its guard, and tickets for everybody."""

    name = "worker"
    module = "media_worker"

    async def start(self, space: Namespace, core: int) -> Process:
        """Start `python -m media_worker` with a fresh key."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self._tickets, self._address = MediaTickets(private), f"http://{space.inside}:{PORT}"
        environment = {
            **os.environ,
            "MEDIA_HOST": space.inside,
            "MEDIA_PORT": str(PORT),
            "WORKER_ADDRESS": self._address,
            "TICKET_PUBLIC_KEY": public,
            "CALLS_MAX": "10000",
        }
        process = Process(space, core, [sys.executable, "-m", self.module], environment)
        await self._reach(space, process, "/media/health")
        return process

    async def connect(self, first: Peer, second: Peer) -> None:
        """Seat both in a room of their own."""
        room = secrets.token_hex(8)
        for seat, peer in zip(SIDES, (first, second), strict=True):
            await self._join(peer, "/media/sessions", {"Authorization": f"Bearer {self._ticket(room, seat)}"})

    def _ticket(self, room: str, seat: Seat) -> str:
        now = datetime.now(UTC)
        # Where a relay keeps seats dark, the clerk's ticket opens the citizen's.
        light = {"opens": frozenset({Seat.CITIZEN} if seat is Seat.CLERK else ())}
        known = {field.name for field in fields(MediaTicketClaims)}
        return self._tickets.mint(
            MediaTicketClaims(
                ticket_id=secrets.token_hex(8),
                office="heidelberg",
                room=room,
                seat=seat,
                generation=1,
                worker=self._address,
                issued_at=now,
                expires_at=now + TICKET_LIFETIME,
                **{name: value for name, value in light.items() if name in known},
            )
        )


class Aiortc(_HttpRelay):
    """aiortc's own RTCPeerConnection with its MediaRelay, which decodes and encodes each frame."""

    name = "aiortc"

    async def start(self, space: Namespace, core: int) -> Process:
        """Start the baseline's server."""
        command = [sys.executable, "-m", "benchmarks.media_load.aiortc_relay", space.inside, str(PORT)]
        process = Process(space, core, command, os.environ)
        await self._reach(space, process, "/health")
        return process

    async def connect(self, first: Peer, second: Peer) -> None:
        """Let each get the other's tracks."""
        room = secrets.token_hex(8)
        for peer in (first, second):
            await self._join(peer, f"/rooms/{room}", {})


class Janus:
    """Debian's Janus with its video call plugin, configured as Debian ships it but for plugins that idle."""

    name = "janus"

    def __init__(self, folder: Path, *, event_loops: int) -> None:
        """`folder` takes its configuration; `event_loops` is 0 for Janus's own default: a thread for each side."""
        self._folder = folder
        self._event_loops = event_loops
        self._session: JanusSession
        self._space: Namespace

    async def start(self, space: Namespace, core: int) -> Process:
        """Start `janus` and open one session for all calls."""
        configure(self._folder, event_loops=self._event_loops)
        command = ["janus", "--configs-folder", str(self._folder), "--interface", space.inside]
        process = Process(space, core, command, os.environ)
        self._space = space
        async with asyncio.timeout(START_PATIENCE_S):
            self._session = await JanusSession.open(f"ws://{space.inside}:8188", check=process.check)
        return process

    async def connect(self, first: Peer, second: Peer) -> None:
        """The first calls the second, who accepts."""
        caller, callee = await self._session.user(), await self._session.user()
        offer = await first.describe(self._space.outside, setup="actpass")
        await caller.ask({"request": "call", "username": callee.name}, {"type": "offer", "sdp": offer})
        called = read_description((await callee.description("incomingcall"))["sdp"])
        answer = await second.describe(self._space.outside, setup="active", mids=called.mids)
        await callee.ask({"request": "accept"}, {"type": "answer", "sdp": answer})
        accepted = read_description((await caller.description("accepted"))["sdp"])
        await asyncio.gather(first.connect(accepted, offerer=True), second.connect(called, offerer=False))

    async def end(self) -> None:
        """Close the session."""
        await self._session.close()
