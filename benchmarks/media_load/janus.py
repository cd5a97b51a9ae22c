"""Janus's WebSocket interface, as far as the video call plugin needs it, and its configuration."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/janus")
PLUGIN, TRANSPORT = "libjanus_videocall.so", "libjanus_websockets.so"
KEEPALIVE_S = 20  # Janus forgets a session after 60 s of silence
PATIENCE_S = 30


def configure(folder: Path, *, event_loops: int) -> None:
    """Write Janus's configuration: one plugin, one transport, everything else as it is by default."""
    folder.mkdir(parents=True, exist_ok=True)
    libraries = next(Path("/usr/lib").glob("*/janus"), LIBRARIES)
    unused = {
        kind: ",".join(found.name for found in sorted((libraries / kind).glob("*.so")) if found.name not in kept)
        for kind, kept in {"plugins": {PLUGIN}, "transports": {TRANSPORT}, "events": set(), "loggers": set()}.items()
    }
    loops = f"event_loops = {event_loops}" if event_loops else ""
    folder.joinpath("janus.jcfg").write_text(
        f'general: {{ configs_folder = "{folder}"\n plugins_folder = "{libraries}/plugins"\n'
        f' transports_folder = "{libraries}/transports"\n events_folder = "{libraries}/events"\n'
        f' loggers_folder = "{libraries}/loggers"\n debug_level = 2\n {loops}\n}}\n'
        f'nat: {{ nice_debug = false\n}}\nplugins: {{ disable = "{unused["plugins"]}"\n}}\n'
        f'transports: {{ disable = "{unused["transports"]}"\n}}\n'
    )
    folder.joinpath("janus.transport.websockets.jcfg").write_text("general: { ws = true\n ws_port = 8188\n}\n")


class JanusUser:
    """A handle of the video call plugin under a name of its own."""

    def __init__(self, session: JanusSession, handle: int) -> None:
        self.name = secrets.token_hex(8)
        self._session = session
        self._handle = handle
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def ask(self, body: dict[str, Any], description: dict[str, str] | None = None) -> None:
        """Send a message to the plugin."""
        jsep = {} if description is None else {"jsep": description}
        await self._session.ask("message", handle_id=self._handle, body=body, **jsep)

    async def description(self, event: str) -> dict[str, Any]:
        """Wait for an event of this name and return the description that came with it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.events.get()
                data = message.get("plugindata", {}).get("data", {})
                if "error" in data:
                    raise ConnectionError(f"Janus says: {data['error']}")
                if data.get("result", {}).get("event") == event:
                    return dict(message.get("jsep", {}))


class JanusSession:
    """One session on one WebSocket, for all handles."""

    def __init__(self, http: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._http = http
        self._socket = socket
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._users: dict[int, JanusUser] = {}
        self._common: dict[str, Any] = {}
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_alive())]

    @classmethod
    async def open(cls, url: str, *, check: Callable[[], None]) -> JanusSession:
        """Connect as soon as Janus listens; `check` raises if it never will."""
        http = aiohttp.ClientSession()
        while True:
            check()
            try:
                session = cls(http, await http.ws_connect(url, protocols=("janus-protocol",)))
                break
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
        session._common["session_id"] = (await session.ask("create"))["data"]["id"]
        return session

    async def user(self) -> JanusUser:
        """Attach a handle and register a fresh name."""
        handle = (await self.ask("attach", plugin="janus.plugin.videocall"))["data"]["id"]
        user = self._users[handle] = JanusUser(self, handle)
        await user.ask({"request": "register", "username": user.name})
        await user.description("registered")
        return user

    async def ask(self, request: str, **members: Any) -> dict[str, Any]:
        """Send a request and return its first answer. Raises ConnectionError if it is an error."""
        transaction = secrets.token_hex(8)
        answered = self._answers[transaction] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"janus": request, "transaction": transaction, **self._common, **members})
        async with asyncio.timeout(PATIENCE_S):
            answer: dict[str, Any] = await answered
        if answer["janus"] == "error":
            raise ConnectionError(f"Janus says: {answer['error']}")
        return answer

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(ConnectionError):
            await self._socket.close()
        await self._http.close()

    async def _listen(self) -> None:
        async for frame in self._socket:
            message = json.loads(frame.data)
            # An event of the plugin may overtake the acknowledgement of its request.
            answered = self._answers.pop(message.get("transaction", ""), None)
            if answered is not None and not answered.done():
                answered.set_result(message)
            if message["janus"] == "event" and message.get("sender") in self._users:
                self._users[message["sender"]].events.put_nowait(message)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEPALIVE_S)
            await self.ask("keepalive")
