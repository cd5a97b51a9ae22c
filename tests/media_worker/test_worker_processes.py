"""Workers as processes: the wrong one passes a request on, one told to end lets its people move, one out of touch
with the table stops by itself.
"""

import asyncio
import json
import secrets
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from offer_samples import FULL_OFFER
from test_data_channels import Browser, until
from test_rtc_legs import Peer

from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.domain.calls import MediaTicketClaims, Seat
from media_worker.rtc.privates import aiortc
from tests.browser.call_stage import Worker, key_pair

PRIVATE, PUBLIC = key_pair()
PATIENCE_S = 30


def headers(worker: Worker, *, room: str = "b-1", seat: Seat = Seat.CITIZEN) -> dict[str, str]:
    now = datetime.now(UTC)
    claims = MediaTicketClaims(
        ticket_id=secrets.token_hex(4),
        office="heidelberg",
        room=room,
        seat=seat,
        generation=1,
        worker=worker.address,
        issued_at=now,
        expires_at=now + timedelta(minutes=5),
    )
    return {"Authorization": f"Bearer {MediaTickets(PRIVATE).mint(claims)}", "Content-Type": "application/sdp"}


async def post(client: ClientSession, to: Worker, claimed: dict[str, str]) -> tuple[int, str]:
    """Return status and, of a problem, its kind; of an answer, its location."""
    async with client.post(f"{to.address}/media/sessions", data=FULL_OFFER, headers=claimed) as answer:
        if answer.status == 201:
            return 201, answer.headers["Location"]
        problem = await answer.json(content_type="application/problem+json")
        return answer.status, problem["type"].removeprefix("urn:fernamt:problem:")


class Caller:
    """A browser's side of a call that never ends by itself."""

    def __init__(self) -> None:
        self.peer = Peer()

    async def join(self, client: ClientSession, worker: Worker) -> None:
        offer = await self.peer.offer()
        text = FULL_OFFER.replace("abcdefghijklmnopqrstuvwx", offer.ice.password)
        text = text.replace("a=ice-ufrag:abcd", f"a=ice-ufrag:{offer.ice.username}")
        text = text.replace(":".join(["AB"] * 32), offer.fingerprints[0].value)
        at = f"{worker.address}/media/sessions"
        async with client.post(at, data=text, headers=headers(worker)) as answer:
            lines = (await answer.text()).splitlines()
        found = dict(line[2:].split(":", 1) for line in lines if line.startswith("a=") and ":" in line)
        algorithm, digest = found["fingerprint"].split(" ")
        port = int(found["candidate"].split(" ")[5])
        await self.peer.ice.addRemoteCandidate(
            aiortc.RTCIceCandidate(1, "1", "127.0.0.1", port, 2130706431, "udp", "host")
        )
        await self.peer.ice.start(aiortc.RTCIceParameters(found["ice-ufrag"], found["ice-pwd"]))
        self.peer.dtls._set_role("client")  # noqa: SLF001  # as the answer's setup:passive says
        await self.peer.dtls.start(aiortc.RTCDtlsParameters([aiortc.RTCDtlsFingerprint(algorithm, digest)]))
        self.browser = Browser(self.peer.dtls)
        await self.browser.association.start(aiortc.RTCSctpCapabilities(16_384), 5_000)
        await until(lambda: self.browser.office.readyState == "open")
        self.browser.office.send("hello")
        await until(lambda: self.told("seats") > 0)

    def told(self, kind: str) -> int:
        return sum(json.loads(said)["type"] == kind for said in self.browser.heard["office"])

    async def leave(self) -> None:
        await self.browser.association.stop()
        await self.peer.close()


class Table:
    """Stands in for the table of workers: keeps beats, or fails."""

    def __init__(self) -> None:
        self.beats: list[dict[str, Any]] = []
        self.fails = False

    @property
    def says_it_drains(self) -> bool:
        return self.beats != [] and self.beats[-1]["draining"]["BOOL"]

    async def answer(self, request: web.Request) -> web.Response:
        if self.fails:
            return web.json_response({"__type": "InternalServerError"}, status=500)
        self.beats.append((await request.json())["Item"])
        return web.json_response({}, content_type="application/x-amz-json-1.0")

    @asynccontextmanager
    async def served(self) -> AsyncIterator[dict[str, str]]:
        app = web.Application()
        app.add_routes([web.post("/", self.answer)])
        async with TestServer(app) as server:
            yield {
                "WORKERS_TABLE": "fernamt-workers",
                "AWS_ENDPOINT_URL": str(server.make_url("")),
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            }


async def ended(worker: Worker) -> int:
    """Wait until the process is gone; return its status."""
    await until(lambda: worker.ended)
    return worker.stop()


def played(story: Callable[[ClientSession], Awaitable[None]]) -> None:
    async def run() -> None:
        async with ClientSession() as client, asyncio.timeout(4 * PATIENCE_S):
            await story(client)

    asyncio.run(run())


def test_the_wrong_worker_passes_on_to_the_right_one_and_says_when_that_is_gone() -> None:
    first, second = Worker(PUBLIC), Worker(PUBLIC)

    async def story(client: ClientSession) -> None:
        status, location = await post(client, first, headers(second))
        assert status == 201
        async with client.get(f"{second.address}/media/health") as health:
            assert (await health.json())["calls"] == 1
        async with client.delete(first.address + location, headers=headers(second)) as left:
            assert left.status == 204
        assert await post(client, first, {**headers(second), "Fernamt-Passed-On": "1"}) == (409, "wrong-worker")
        second.kill()
        assert await post(client, first, headers(second)) == (503, "worker-silent")

    try:
        first.start()
        second.start()
        played(story)
    finally:
        first.kill()
        second.kill()


def test_told_to_end_a_worker_asks_its_people_to_move_and_goes_when_they_have_gone() -> None:
    async def story(client: ClientSession) -> None:
        table, caller = Table(), Caller()
        async with table.served() as environment:
            worker = Worker(PUBLIC, **environment)
            await asyncio.to_thread(worker.start)
            try:
                await caller.join(client, worker)
                worker.send(signal.SIGTERM)
                await until(lambda: caller.told("move") == 1 and table.says_it_drains)
                assert await post(client, worker, headers(worker, room="b-2")) == (503, "worker-leaving")
                guest = headers(worker, seat=Seat.GUEST)
                status, at = await post(client, worker, guest)
                assert status == 201, "its own people may come"
                async with client.delete(worker.address + at, headers=guest) as left:
                    assert left.status == 204
                await until(lambda: caller.told("move") == 2)
                assert not worker.ended
                await caller.leave()
                assert await ended(worker) == 0
            finally:
                worker.kill()

    played(story)


def test_calls_that_never_end_do_not_keep_a_worker_that_is_told_twice_or_interrupted() -> None:
    async def story(client: ClientSession) -> None:
        for signals in ([signal.SIGTERM] * 2, [signal.SIGINT]):
            worker, caller = Worker(PUBLIC), Caller()
            await asyncio.to_thread(worker.start)
            try:
                await caller.join(client, worker)
                for number in signals:
                    worker.send(number)
                    await asyncio.sleep(0.2)  # two of the same at once would be one
                assert await ended(worker) == 0
                await caller.leave()
            finally:
                worker.kill()

    played(story)


def test_a_worker_whose_beats_are_not_acknowledged_ends_its_calls_and_comes_back_with_the_next_one() -> None:
    async def story(client: ClientSession) -> None:
        table, caller = Table(), Caller()
        async with table.served() as environment:
            worker = Worker(PUBLIC, **environment)
            await asyncio.to_thread(worker.start)
            try:
                await caller.join(client, worker)
                await until(lambda: table.beats != [])
                table.fails = True
                began = time.monotonic()
                await until(lambda: caller.peer.dtls.state == "closed")
                assert time.monotonic() - began > 1.9, "two missed beats are no reason"
                assert await post(client, worker, headers(worker)) == (503, "worker-leaving")
                table.fails = False
                while (await post(client, worker, headers(worker)))[0] != 201:  # noqa: ASYNC110  # it tells nobody
                    await asyncio.sleep(0.1)
                await caller.leave()
            finally:
                worker.kill()

    played(story)
