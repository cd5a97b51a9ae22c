"""The pre-flight over the real worker: what is sent to the echo seat comes back, and the figures are the line's."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from call_stage import CHROMIUM, CHROMIUM_FLAGS, Stage, a_stage
from playwright.sync_api import Browser, Page, Playwright

from chalicelib.domain.calls import Seat
from tests.browser.narrow_line import NarrowLine

pytestmark = pytest.mark.browser

logger = logging.getLogger(__name__)

TRY = """async ({ ticket, giveUpAfterMs = null, audioOnly = false }) => {
  const { tryLine } = await import("/static/js/call/preflight-run.js");
  const { judge } = await import("/static/js/call/preflight.js");
  const devices = await import("/static/js/call/devices.js");
  const stream = await devices.openDevices({ camera: !audioOnly });
  const giveUp = new AbortController();
  if (giveUpAfterMs !== null) setTimeout(() => giveUp.abort(), giveUpAfterMs);
  const began = performance.now();
  const result = await tryLine({ ticket: { ticket, url: "/media/sessions" }, stream, signal: giveUp.signal });
  const live = stream.getTracks().map((track) => track.readyState === "live" && track.enabled);
  return { ...result, verdict: result.figures && judge(result.figures), took: performance.now() - began, live };
}"""
NO_PACKETS_PASS = """() => {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    const elsewhere = sdp.replaceAll(/(a=candidate:\\S+ \\d+ udp \\d+ )\\S+ \\d+/g, "$1192.0.2.1 9");
    return set.call(this, { type, sdp: elsewhere });
  };
}"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with a_stage() as made:
        yield made


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    context = browser.new_context(permissions=["camera", "microphone"])
    page = context.new_page()
    stage.new_room()
    page.goto(f"http://127.0.0.1:{stage.port}/blank")
    yield page
    context.close()


def tried(page: Page, stage: Stage, **how: Any) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(TRY, {"ticket": stage.ticket(Seat.ECHO), **how})
    logger.info("%s", found)
    return found


def goodbyes(page: Page) -> list[str]:
    """Collect what the page tells the worker when it leaves."""
    said: list[str] = []
    page.on("requestfinished", lambda request: said.append(request.method) if request.method == "DELETE" else None)
    return said


def test_a_good_line_is_measured_in_a_few_seconds_and_left_in_order(page: Page, stage: Stage) -> None:
    left = goodbyes(page)
    found = tried(page, stage)
    assert found["outcome"] == "measured"
    assert found["figures"]["lossPercent"] <= 3
    assert 0 < found["figures"]["roundTripMs"] < 300
    assert found["figures"]["bandwidthKbits"] > 300
    assert found["live"] == [True, True], "the citizen still sees themselves"
    page.wait_for_timeout(300)
    assert left == ["DELETE"]


def test_what_a_line_loses_and_delays_is_what_is_measured(page: Page, stage: Stage) -> None:
    """Five of a hundred lost each way are just under ten lost both ways; 60 ms each way are 120 there and back."""
    with NarrowLine(loss=0.05, delay_ms=60, seed=7) as line:
        page.route("**/media/sessions", line.lead_through)
        found = tried(page, stage)
    assert found["outcome"] == "measured"
    assert 5 <= found["figures"]["lossPercent"] <= 16
    assert 120 <= found["figures"]["roundTripMs"] < 250
    assert found["figures"]["bandwidthKbits"] > 0
    assert found["verdict"] == "weak"


def test_a_voice_alone_leaves_the_width_unknown(page: Page, stage: Stage) -> None:
    found = tried(page, stage, audioOnly=True)
    assert found["figures"]["bandwidthKbits"] is None
    assert found["verdict"] == "ok"


def test_whoever_gives_up_early_keeps_what_was_known(page: Page, stage: Stage) -> None:
    assert tried(page, stage, giveUpAfterMs=200)["outcome"] == "stopped"
    stage.new_room()
    found = tried(page, stage, giveUpAfterMs=4_500)
    assert found["outcome"] == "measured"
    assert found["took"] < 5_000


def test_a_network_that_swallows_packets_is_no_silent_worker(page: Page, stage: Stage) -> None:
    page.evaluate(NO_PACKETS_PASS)
    assert tried(page, stage)["outcome"] == "failed"


def test_a_silent_worker_is_no_bad_network(page: Page, stage: Stage) -> None:
    page.route("**/media/sessions", lambda route: route.fulfill(status=502))
    assert tried(page, stage)["outcome"] == "relay"
