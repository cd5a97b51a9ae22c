"""The way round a firewall: Debian's coturn with the project's own configuration, passes that the office makes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aioice import stun, turn

from chalicelib.domain.turn import turn_pass
from tests.browser.call_stage import free_port

CONFIGURATION = Path(__file__).parents[2] / "infra" / "coturn" / "turnserver.conf"
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
SECRET = "a secret of this test"  # of this test
PATIENCE_S = 10


@dataclass(frozen=True)
class Server:
    """A running coturn: the ports where it listens."""

    port: int
    tls_port: int


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("coturn")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(  # our own words
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-keyout", key, "-out", certificate, "-subj", "/CN=turn.example"],  # as installed
        check=True,
        capture_output=True,
    )  # fmt: skip
    running = Server(free_port(), free_port())
    options = {
        "listening-ip": HERE,
        "listening-port": running.port,
        "tls-listening-port": running.tls_port,
        "realm": "turn.example",
        "static-auth-secret": SECRET,
        "cert": certificate,
        "pkey": key,
        "allowed-peer-ip": HERE,
        "pidfile": folder / "pid",
        "userdb": folder / "users",
    }
    told = [f"--{name}={value}" for name, value in options.items()]
    # The peers of this test are on the loopback, which coturn keeps to itself unless told otherwise.
    command = ["turnserver", "-c", CONFIGURATION, *told, "--allow-loopback-peers"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)  # our own words
    try:
        _await(running, process, folder / "log")
        yield running
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _await(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(errors="replace")
        with contextlib.suppress(OSError), socket.create_connection((HERE, server.tls_port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))


class Echo(asyncio.DatagramProtocol):
    """A peer that sends back what it gets."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.heard.append(data)
        self.transport.sendto(data, address)  # type: ignore[attr-defined]  # a datagram transport


class Browser(asyncio.DatagramProtocol):
    """What comes back over the relay."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        del address
        self.heard.put_nowait(data)


def a_pass(*, secret: str = SECRET, lasts: timedelta = timedelta(minutes=5)) -> tuple[str, str]:
    return turn_pass(secret, name=secrets.token_hex(8), until=datetime.now(UTC) + lasts)


async def allocated(server: Server, way: str, credentials: tuple[str, str]) -> tuple[turn.TurnTransport, Browser]:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return await turn.create_turn_endpoint(
        Browser,
        server_addr=(HERE, server.tls_port if way == "tls" else server.port),
        username=credentials[0],
        password=credentials[1],
        ssl=trusting if way == "tls" else None,
        transport="udp" if way == "udp" else "tcp",
    )


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
def test_packets_pass_to_a_worker_and_back(server: Server, way: str) -> None:
    async def story() -> None:
        peer, echo = await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=(HERE, 0))
        transport, browser = await allocated(server, way, a_pass())
        transport.sendto(b"hello", peer.get_extra_info("sockname"))
        assert await asyncio.wait_for(browser.heard.get(), PATIENCE_S) == b"hello"
        assert echo.heard == [b"hello"]
        transport.close()
        peer.close()
        await asyncio.sleep(0.1)

    asyncio.run(story())


@pytest.mark.parametrize(
    "credentials",
    [a_pass(lasts=timedelta(minutes=-1)), a_pass(secret="another"), ("1893456000:somebody", "guessed")],
    ids=["expired", "of another secret", "guessed"],
)
def test_a_pass_that_does_not_hold_opens_nothing(server: Server, credentials: tuple[str, str]) -> None:
    async def story() -> None:
        with pytest.raises(stun.TransactionFailed) as refused:
            await allocated(server, "udp", credentials)
        assert refused.value.response.attributes["ERROR-CODE"][0] == 401

    asyncio.run(story())


def test_the_relay_leads_to_nobody_but_the_workers(server: Server) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)  # the refusal reaches nobody who asked for it
        stranger, echo = await loop.create_datagram_endpoint(Echo, local_addr=(ELSEWHERE, 0))
        transport, browser = await allocated(server, "udp", a_pass())
        transport.sendto(b"hello", stranger.get_extra_info("sockname"))
        await asyncio.sleep(1)
        assert echo.heard == []
        assert browser.heard.empty()
        transport.close()
        stranger.close()
        await asyncio.sleep(0.1)

    asyncio.run(story())


def test_a_pass_names_nobody_and_ends() -> None:
    """The vector of RFC 2202's algorithm over a name of ours, made with openssl."""
    until = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    username, password = turn_pass("north", name="abc", until=until)
    assert username == "1795694400:abc"
    made = subprocess.run(
        ["openssl", "dgst", "-sha1", "-hmac", "north", "-binary"],  # as installed
        input=username.encode(),
        capture_output=True,
        check=True,
    ).stdout
    assert password == base64.b64encode(made).decode()
