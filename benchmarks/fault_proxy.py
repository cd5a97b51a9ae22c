"""A proxy between a client and the store that loses requests and answers, and throttles.

Every fault is one that a network or a store really has, seen from the client:

* before: the connection breaks before the request reaches the store; nothing was done;
* after: the store did it, and the connection breaks before the answer arrives;
* error: the store did it, and a 500 without a body arrives in place of the answer;
* throttled: the store refuses for now, as DynamoDB does.

`python -m benchmarks.fault_proxy UPSTREAM_PORT PERCENT THROTTLED_PERCENT SEED` prints its port, serves until
its standard input ends, and prints how often it did what, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

HOST: Final = "127.0.0.1"
ERROR_SHARE: Final = 0.2  # of the faults after the commit: an empty 500 in place of a broken connection
_THROTTLED: Final = json.dumps(
    {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Rate exceeded"}
).encode()


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP message: head with the blank line, body."""

    head: bytes
    body: bytes

    @property
    def closes(self) -> bool:
        """Whether the sender ends the connection after it."""
        return b"connection: close" in self.head.lower()


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Return the next message, or None at the end of the connection. Chunks are not taken apart."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                return Message(head, await _chunks(reader))
        return Message(head, await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = await reader.readuntil(b"\r\n")
        body += size + await reader.readexactly(int(size, 16) + 2)
        if int(size, 16) == 0:
            return bytes(body)


@dataclass(slots=True)
class Proxy:
    """Decides by its own seeded chance; connections are passed on one to one."""

    upstream_port: int
    percent: float
    throttled_percent: float
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    connections: set[asyncio.Task[None]] = field(default_factory=set)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin with a client's connection. The loop alone would forget a task whose client is gone."""
        connection = asyncio.ensure_future(self.serve(reader, writer))
        self.connections.add(connection)
        connection.add_done_callback(self.connections.discard)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on one client's connection until either side, or a fault, ends it."""
        upstream, store = await asyncio.open_connection(HOST, self.upstream_port)
        try:
            while (request := await read_message(reader)) is not None:
                answer = await self._answer(request, upstream, store)
                if answer is None:
                    return
                writer.write(answer.head + answer.body)
                await writer.drain()
                if answer.closes:
                    return
        except (ConnectionError, asyncio.CancelledError):
            return  # either side is gone, or the proxy itself is told to end
        finally:
            writer.close()
            store.close()

    async def _answer(
        self, request: Message, upstream: asyncio.StreamReader, store: asyncio.StreamWriter
    ) -> Message | None:
        """Return what the client gets; None: its connection breaks."""
        fault = self._fault()
        self.done[fault] += 1
        if fault == "before":
            return None
        if fault == "throttled":
            return _plain(400, _THROTTLED)
        store.write(request.head + request.body)
        await store.drain()
        answer = await read_message(upstream)
        if fault == "after" or answer is None:
            return None
        return _plain(500, b"") if fault == "error" else answer

    def _fault(self) -> str:
        drawn = self.chance.uniform(0, 100)
        if drawn < self.percent / 2:
            return "before"
        if drawn < self.percent:
            return "error" if self.chance.random() < ERROR_SHARE else "after"
        return "throttled" if drawn < self.percent + self.throttled_percent else "passed"


def _plain(status: int, body: bytes) -> Message:
    reason = {400: "Bad Request", 500: "Internal Server Error"}[status]
    head = (
        f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/x-amz-json-1.0\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return Message(head.encode(), body)


@dataclass(slots=True)
class FaultProxy:
    """The proxy as a child process: `with FaultProxy(upstream_port=…) as proxy:` listens on `proxy.port`."""

    upstream_port: int
    percent: float = 10.0
    throttled_percent: float = 2.0
    seed: int = 1
    port: int = field(default=0, init=False)
    done: dict[str, int] = field(default_factory=dict, init=False)
    """How often it did what, once it has ended."""
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    @property
    def endpoint_url(self) -> str:
        """For a client of boto3."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        arguments = (self.upstream_port, self.percent, self.throttled_percent, self.seed)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fault_proxy", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            told, _ = self._process.communicate(timeout=15)  # closes its standard input: that ends it
            self.done = json.loads(told)


async def _main(upstream_port: int, percent: float, throttled_percent: float, seed: int) -> None:
    proxy = Proxy(upstream_port, percent, throttled_percent, random.Random(seed))
    server = await asyncio.start_server(proxy.accept, HOST, 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()
    print(json.dumps(proxy.done), flush=True)
    for connection in proxy.connections:
        connection.cancel()
    await asyncio.gather(*proxy.connections, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
