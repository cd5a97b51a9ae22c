"""What Debian's Chromium agrees on with the relay's own legs, and whether its picture comes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Page, Route, async_playwright

from chalicelib.domain.calls import Seat
from media_worker.forwarding.bridge import Bridge
from media_worker.forwarding.reception import Reception
from media_worker.rooms import Room, Session
from media_worker.rtc.legs import RtcLegs
from media_worker.signalling.answers import write_answer
from media_worker.signalling.protocol import parse_offer
from media_worker.signalling.server import negotiated_by, remote_streams
from tests.browser.apart import run_apart

pytestmark = pytest.mark.browser

PATIENCE_S = 30
CHROMIUM_STARTS_AT_BPS = 300_000
PAGE = "http://localhost/"
FLAGS = [
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

OFFER = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 360}});
  globalThis.pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  stream.getTracks().forEach((track) => pc.addTrack(track, stream));
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}"""
ANSWER = "(sdp) => pc.setRemoteDescription({type: 'answer', sdp})"
STATS = "async () => [...(await pc.getStats()).values()]"

Report = dict[str, Any]


async def until(page: Page, ready: Callable[[list[Report]], bool]) -> list[Report]:
    """Return the page's statistics as soon as they are `ready`."""
    async with asyncio.timeout(PATIENCE_S):
        while not ready(stats := await page.evaluate(STATS)):  # noqa: ASYNC110  # a page counts without telling
            await asyncio.sleep(0.1)
    return stats


def of(stats: list[Report], kind: str, medium: str | None = None) -> Report:
    return next((one for one in stats if one["type"] == kind and medium in (None, one.get("kind"))), {})


async def in_room(seat: Seat, visit: Callable[[Page, Any], Awaitable[None]]) -> None:
    """Let Chromium sit alone in a room, on a leg of the worker, and visit it there."""

    async def blank(route: Route) -> None:
        await route.fulfill(body="<title>echo</title>", content_type="text/html")

    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page()
        await page.route(PAGE, blank)
        await page.goto(PAGE)
        offer = parse_offer(await page.evaluate(OFFER))
        room = Room("r-1", "o", 1, Bridge(), lambda: time.monotonic_ns() // 1_000_000)
        leg = await RtcLegs(bind_address="127.0.0.1", public_address="127.0.0.1").open()
        reception = Reception(seat, new_ssrc=count(1_000).__next__)
        session = Session("s", room, seat, negotiated_by(offer), leg, reception)
        room.await_seat(session)
        leg.start(offer, session)
        await page.evaluate(
            ANSWER, write_answer(offer, endpoint=leg.endpoint, remotes=remote_streams(reception), session_id=1)
        )

        async def ticking() -> None:
            while True:
                await asyncio.sleep(0.1)
                room.tick()

        ticks = asyncio.create_task(ticking())
        try:
            await visit(page, leg)
        finally:
            ticks.cancel()
            await browser.close()
            leg.close()
            await leg.closed()


def test_chromium_agrees_on_gcm_and_sees_itself() -> None:
    async def visit(page: Page, leg: Any) -> None:
        stats = await until(page, lambda stats: of(stats, "inbound-rtp", "video").get("framesDecoded", 0) >= 60)
        transport = of(stats, "transport")
        assert transport["srtpCipher"] == "SRTP_AEAD_AES_256_GCM"
        assert "GCM" in transport["dtlsCipher"]
        assert leg.suites[1] == "SRTP_AEAD_AES_256_GCM"
        assert of(stats, "inbound-rtp", "video").get("freezeCount", 0) == 0

    run_apart(in_room(Seat.ECHO, visit))


def test_a_dark_seat_is_warm() -> None:
    """Nobody receives it, so the worker itself gives the feedback by which Chromium finds what the network takes."""

    async def visit(page: Page, leg: Any) -> None:
        await until(page, lambda stats: bitrate(stats) > 2 * CHROMIUM_STARTS_AT_BPS)

    run_apart(in_room(Seat.CITIZEN, visit))


def bitrate(stats: list[Report]) -> float:
    """Return the bits per second that Chromium believes it can send."""
    pairs = [one for one in stats if one["type"] == "candidate-pair" and one.get("nominated")]
    return max((pair.get("availableOutgoingBitrate", 0) for pair in pairs), default=0)
