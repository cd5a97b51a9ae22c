"""Chromium pages in one room of a worker: pictures on the right section, messages, and the worker's notices."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, Route, async_playwright

from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.domain.calls import MediaTicketClaims, Seat
from media_worker.rooms import Rooms
from media_worker.rtc.legs import RtcLegs
from media_worker.signalling.neighbours import Neighbours
from media_worker.signalling.server import Signalling
from media_worker.tickets import TicketVerifier
from tests.browser.apart import run_apart
from tests.browser.call_stage import key_pair
from tests.browser.test_relay_in_chromium import FLAGS, PAGE

pytestmark = pytest.mark.browser

PATIENCE_S = 30
HERE = "http://worker.test"

OFFER = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 320, height: 180}});
  const pc = globalThis.pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  stream.getTracks().forEach((track) => pc.addTrack(track, stream));
  pc.addTransceiver("audio", {direction: "recvonly"});
  pc.addTransceiver("video", {direction: "recvonly"});
  globalThis.said = []; globalThis.notices = []; globalThis.whose = {};
  const channel = (label, id) => {
    const opened = pc.createDataChannel(label, {negotiated: true, id});
    opened.binaryType = "arraybuffer";
    return opened;
  };
  globalThis.peers = channel("peers", 0);
  globalThis.office = channel("office", 1);
  peers.onmessage = ({data}) => said.push([...new Uint8Array(data)]);
  office.onmessage = ({data}) => notices.push(JSON.parse(new TextDecoder().decode(data)));
  office.onopen = () => office.send("hello");
  pc.ontrack = ({streams, transceiver}) => { whose[transceiver.mid] = streams[0].id; };
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}"""
ANSWER = "(sdp) => pc.setRemoteDescription({type: 'answer', sdp})"
SAY = "(bytes) => peers.send(new Uint8Array(bytes))"
DECODED = """async () => Object.fromEntries([...(await pc.getStats()).values()]
  .filter((one) => one.type === "inbound-rtp" && one.kind === "video").map((one) => [one.mid, one.framesDecoded]))"""


async def until(page: Page, script: str, ready: Callable[[Any], bool]) -> Any:
    """Return what `script` says in the page as soon as it is `ready`."""
    async with asyncio.timeout(PATIENCE_S):
        while not ready(found := await page.evaluate(script)):  # noqa: ASYNC110  # a page changes without telling
            await asyncio.sleep(0.05)
    return found


class House:
    """A worker in this process, and a browser whose pages join its rooms."""

    def __init__(self, browser: Browser, server: TestServer, client: ClientSession, tickets: MediaTickets) -> None:
        self.browser, self.server, self.client, self.tickets = browser, server, client, tickets

    def headers(self, seat: Seat, opens: frozenset[Seat] = frozenset(), room: str = "b-1") -> dict[str, str]:
        now = datetime.now(UTC)
        claims = MediaTicketClaims(
            ticket_id=secrets.token_hex(4),
            office="heidelberg",
            room=room,
            seat=seat,
            generation=1,
            worker=HERE,
            issued_at=now,
            expires_at=now + timedelta(minutes=5),
            opens=opens,
        )
        return {"Authorization": f"Bearer {self.tickets.mint(claims)}", "Content-Type": "application/sdp"}

    async def join(self, seat: Seat, *opens: Seat, room: str = "b-1") -> tuple[Page, str]:
        """Return the page and where its session lives."""

        async def blank(route: Route) -> None:
            await route.fulfill(body="<title>call</title>", content_type="text/html")

        page = await self.browser.new_page()
        await page.route(PAGE, blank)
        await page.goto(PAGE)
        offer = await page.evaluate(OFFER)
        headers = self.headers(seat, frozenset(opens), room)
        async with self.client.post(self.server.make_url("/media/sessions"), data=offer, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == 201, text
            await page.evaluate(ANSWER, text)
            return page, answer.headers["Location"]

    async def patch(self, location: str, *opens: Seat, room: str) -> int:
        headers = self.headers(Seat.CLERK, frozenset(opens), room)
        async with self.client.patch(self.server.make_url(location), headers=headers) as answer:
            return answer.status


@asynccontextmanager
async def a_house() -> AsyncIterator[House]:
    private, public = key_pair()
    chance = count(1_000)
    rooms = Rooms(new_ssrc=chance.__next__, now_ms=lambda: time.monotonic_ns() // 1_000_000, calls_max=9)
    neighbours = Neighbours()
    signalling = Signalling(
        verifier=TicketVerifier(public, now=lambda: datetime.now(UTC)),
        rooms=rooms,
        open_leg=RtcLegs(bind_address="127.0.0.1", public_address="127.0.0.1").open,
        new_session_id=lambda: secrets.token_urlsafe(24),
        worker_address=HERE,
        worker_id="w",
        neighbours=neighbours,
    )

    async def ticking() -> None:
        while True:
            await asyncio.sleep(0.1)
            rooms.tick()

    ticks = asyncio.create_task(ticking())
    async with (
        async_playwright() as driver,
        TestServer(signalling.application()) as server,
        ClientSession() as client,
    ):
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            yield House(browser, server, client, MediaTickets(private))
        finally:
            await browser.close()
            rooms.close()
            ticks.cancel()
            await asyncio.sleep(0.3)  # legs release their sockets


def test_two_see_each_other_the_place_of_the_third_is_silent_and_messages_pass_unread() -> None:
    async def call() -> None:
        async with a_house() as house:
            citizen, _ = await house.join(Seat.CITIZEN)
            clerk, at = await house.join(Seat.CLERK, Seat.CITIZEN)
            for page, other in ((citizen, "clerk"), (clerk, "citizen")):
                decoded = await until(page, DECODED, lambda found: found.get("1", 0) >= 10)
                assert decoded.get("3", 0) == 0
                assert await page.evaluate("whose") == {"0": other, "1": other, "2": "guest", "3": "guest"}
            told = await until(citizen, "notices", lambda found: found and found[-1]["lit"] == ["citizen", "clerk"])
            assert told[-1]["you"] == "citizen"
            assert set(told[-1]["seats"]) == {"citizen", "clerk"}

            await citizen.evaluate(SAY, [0, 7, 255])
            assert await until(clerk, "said", lambda found: found != []) == [[1, 0, 7, 255]]
            await clerk.evaluate(SAY, [9] * 16_384)
            assert await until(citizen, "said", lambda found: found != []) == [[2] + [9] * 16_384]

            assert await house.patch(at, room="b-1") == 204
            told = await until(citizen, "notices", lambda found: found[-1]["lit"] == ["clerk"])
            await citizen.evaluate(SAY, [1])
            await clerk.evaluate(SAY, [1])
            await citizen.evaluate("office.send('hello')")
            await until(citizen, "notices", lambda found: len(found) > len(told))
            assert (len(await citizen.evaluate("said")), len(await clerk.evaluate("said"))) == (1, 1)

    run_apart(call())


def test_a_clerk_comes_from_the_lobby_and_a_guest_takes_the_second_place() -> None:
    async def call() -> None:
        async with a_house() as house:
            clerk, at = await house.join(Seat.CLERK, room="desk-1")
            citizen, _ = await house.join(Seat.CITIZEN)
            await until(clerk, "pc.connectionState", lambda state: state == "connected")
            await until(citizen, "pc.connectionState", lambda state: state == "connected")
            assert await house.patch(at, Seat.CITIZEN, room="b-1") == 204
            for page in (clerk, citizen):
                await until(page, DECODED, lambda found: found.get("1", 0) >= 1)
            guest, _ = await house.join(Seat.GUEST)
            await until(guest, "notices.length", lambda notices: notices > 0)
            await clerk.evaluate(SAY, [5])
            await until(citizen, "said", lambda found: found == [[2, 5]])
            assert await guest.evaluate("said") == []
            assert await house.patch(at, Seat.CITIZEN, Seat.GUEST, room="b-1") == 204
            for page in (clerk, citizen):
                await until(page, DECODED, lambda found: found.get("3", 0) >= 10)
            decoded = await until(guest, DECODED, lambda found: min(found.get("1", 0), found.get("3", 0)) >= 10)
            assert set(decoded) == {"1", "3"}
            assert await guest.evaluate("whose") == {"0": "clerk", "1": "clerk", "2": "citizen", "3": "citizen"}
            await guest.evaluate(SAY, [6])
            for page in (clerk, citizen):
                await until(page, "said.at(-1)", lambda said: said == [3, 6])

    run_apart(call())
