"""A stage for calls: a real media worker in a process of its own, and a front door with a bare call page."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.domain.calls import MediaTicketClaims, Seat

_Stage = TypeVar("_Stage", bound="Stage")

STATIC = Path(__file__).parents[2] / "chalicelib" / "web" / "static"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
]

PAGE = """<!doctype html><html lang="en"><title>call</title><video id="remote" autoplay playsinline></video>
<video id="second" autoplay playsinline></video>
<script type="module" src="/page.js"></script></html>"""

BLANK = '<!doctype html><html lang="en"><title>calls</title><body></body></html>'

PAGE_SCRIPT = """
import { CallConnection } from "/static/js/call/connection.js";
import * as devices from "/static/js/call/devices.js";
window.states = [];
window.devices = devices;
const stream = await devices.openDevices();
window.call = new CallConnection({
  seat: new URLSearchParams(location.search).get("seat"),
  ticket: () => fetch("/ticket" + location.search).then((answer) => answer.json()),
  localStream: stream,
});
call.addEventListener("state", ({ detail }) => states.push({ state: detail, at: Date.now() }));
call.addEventListener("remote", ({ detail }) => { document.querySelector("#remote").srcObject = detail; });
call.addEventListener("second", ({ detail }) => { document.querySelector("#second").srcObject = detail; });
window.heard = [];
call.addEventListener("message", ({ detail }) => {
  heard.push({ from: detail.from, text: new TextDecoder().decode(detail.message), at: Date.now() });
});
window.say = (text) => call.send(new TextEncoder().encode(text));
window.began = Date.now();
call.connect();
"""


def key_pair() -> tuple[str, str]:
    """Return a fresh P-256 key as PEM: private, public."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Worker:
    """The media worker's process."""

    module = "media_worker"

    def __init__(self, public_key: str, **environment: str) -> None:
        """`environment` is added to what the worker is told."""
        self._environment = environment
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._public_key = public_key
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "MEDIA_PORT": str(self.port),
            "WORKER_ADDRESS": self.address,
            "TICKET_PUBLIC_KEY": self._public_key,
            **self._environment,
        }
        self._process = subprocess.Popen([sys.executable, "-m", self.module], env=environment)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.address}/media/health", timeout=5):  # our own
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    @property
    def ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def drain(self) -> None:
        """Ask it to go, as the platform does."""
        self.send(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(5)

    def stop(self) -> int:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        return self._process.wait(30)


class Stage:
    """Worker, tickets and front door; `url(seat)` is the page of one participant."""

    def __init__(self) -> None:
        private, public = key_pair()
        self.worker = Worker(public)
        self.tickets = MediaTickets(private)
        self.new_room()
        self.ice_servers: list[dict[str, object]] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._ended: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def new_room(self) -> None:
        """Let the next pages meet in a room that nobody was in before."""
        self.room = secrets.token_hex(8)
        self.generation = 1

    def url(self, seat: str) -> str:
        return f"http://127.0.0.1:{self.port}/?seat={seat}"

    def ticket(self, seat: Seat, **changes: object) -> str:
        now = datetime.now(UTC)
        claims: dict[str, object] = {
            "ticket_id": secrets.token_hex(8),
            "office": "heidelberg",
            "room": self.room,
            "seat": seat,
            "generation": self.generation,
            "worker": self.worker.address,
            "issued_at": now,
            "expires_at": now + timedelta(minutes=5),
            "opens": frozenset({Seat.CITIZEN, Seat.GUEST}) if seat is Seat.CLERK else frozenset(),
        }
        return self.tickets.mint(MediaTicketClaims(**{**claims, **changes}))  # type: ignore[arg-type]  # tests

    def token(self, query: Mapping[str, str]) -> str:
        """The ticket that a page asks for."""
        return self.ticket(Seat(query["seat"]))

    @property
    def entry(self) -> str:
        """The worker that the balancer chooses."""
        return self.worker.address

    def begin(self) -> None:
        self.worker.start()
        self._thread.start()
        assert self._ready.wait(10)

    def end(self) -> None:
        try:
            if self._ended is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._ended.set)
                self._thread.join(10)
        finally:
            self.worker.stop()

    def _serve(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._front_door())

    async def _front_door(self) -> None:
        self._ended = asyncio.Event()
        async with aiohttp.ClientSession(auto_decompress=False) as upstream:
            app = web.Application()

            async def media(request: web.Request) -> web.Response:
                headers = {
                    name: request.headers[name]
                    for name in ("Authorization", "Content-Type")
                    if name in request.headers
                }
                try:
                    async with upstream.request(
                        request.method,
                        self.entry + request.path,
                        data=await request.read(),
                        headers=headers,
                    ) as answer:
                        kept = {
                            name: answer.headers[name]
                            for name in ("Location", "Content-Type")
                            if name in answer.headers
                        }
                        return web.Response(status=answer.status, body=await answer.read(), headers=kept)
                except aiohttp.ClientError:
                    return web.Response(status=502)

            async def ticket(request: web.Request) -> web.Response:
                way = {"ice_servers": self.ice_servers} if self.ice_servers else {}
                return web.json_response({"ticket": self.token(request.query), "url": "/media/sessions", **way})

            async def page(request: web.Request) -> web.Response:
                return web.Response(text=PAGE, content_type="text/html")

            async def blank(request: web.Request) -> web.Response:
                return web.Response(text=BLANK, content_type="text/html")

            async def script(request: web.Request) -> web.Response:
                return web.Response(text=PAGE_SCRIPT, content_type="text/javascript")

            app.add_routes(
                [
                    web.get("/", page),
                    web.get("/blank", blank),
                    web.get("/page.js", script),
                    web.get("/ticket", ticket),
                    web.route("*", "/media/{rest:.*}", media),
                    web.static("/static", STATIC),
                ]
            )
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]
            self._ready.set()
            await self._ended.wait()
            await runner.cleanup()


class TwoWorkers(Stage):
    """Rooms are placed on the first worker; a ticket fetched once it drains leads to the second."""

    def __init__(self) -> None:
        super().__init__()
        private, public = key_pair()
        self.tickets = MediaTickets(private)
        self.worker, self.other = Worker(public), Worker(public)
        self.draining = False

    def token(self, query: Mapping[str, str]) -> str:
        """A ticket to where the call is placed now."""
        return self.ticket(Seat(query["seat"]), **self.placed(), room=query.get("room", self.room))

    def placed(self) -> dict[str, object]:
        """Where the call is; one that is placed anew has a new generation."""
        owner, generation = (self.other, 2) if self.draining else (self.worker, 1)
        return {"worker": owner.address, "generation": generation}

    @property
    def entry(self) -> str:
        """A balancer sends nothing to whoever is gone."""
        return self.other.address if self.worker.ended else self.worker.address

    def drain(self) -> None:
        """Tell the first worker to go."""
        self.draining = True
        self.worker.drain()

    def begin(self) -> None:
        self.other.start()
        super().begin()

    def end(self) -> None:
        try:
            super().end()
        finally:
            self.other.stop()


@contextmanager
def begun(stage: _Stage) -> Iterator[_Stage]:
    """Set the stage, and clear it."""
    try:
        stage.begin()
        yield stage
    finally:
        stage.end()


def a_stage() -> AbstractContextManager[Stage]:
    """One worker."""
    return begun(Stage())
