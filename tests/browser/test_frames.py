"""Frames in a real browser: decoded with the right keys, never with wrong ones, and not even sent without."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from call_stage import CHROMIUM, CHROMIUM_FLAGS
from playwright.sync_api import Page, Playwright

from chalicelib.web.headers import Headers

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "chalicelib" / "web"
PAGE = b'<!doctype html><html lang="en"><title>frames</title><script type="module" src="/page.js"></script></html>'
MEANS = ("transform", "streams")


class Front(SimpleHTTPRequestHandler):
    """The page, its script and the static files, under the policy that every page of the office has."""

    def do_GET(self) -> None:
        own = {"/": PAGE, "/page.js": (HERE / "frames_page.js").read_bytes()}.get(self.path)
        if own is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "text/javascript")
        for name, value in Headers(upload_origin="", download_origin="", secure=False).of("page").items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(own)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the standard library
        """Say nothing."""


@pytest.fixture(scope="module")
def page(playwright: Playwright) -> Iterator[Page]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Front, directory=WEB)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        context = browser.new_context(permissions=["camera", "microphone"])
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("() => window.stage")
        yield page
        browser.close()
        server.shutdown()
    assert [each for each in complaints if "favicon" not in each and "404" not in each] == []


def run(page: Page, story: str, argument: object = None) -> Any:
    """Run the body of an async function in the page; it sees the stage and its argument."""
    found = page.evaluate(
        f"async (argument) => {{ const {{ Agreed, FrameProtection, Pair, keys, pause }} = window.stage; {story} }}",
        argument,
    )
    print(found)
    return found


@pytest.mark.parametrize("means", MEANS)
def test_agreed_keys_carry_pictures_voices_and_words(page: Page, means: str) -> None:
    found = run(
        page,
        """
        const pair = await Pair.open(argument);
        const agreed = new Agreed(pair);
        await pair.connect();
        await pause(300);
        const before = await pair.figures();
        const agreed_ms = await agreed.gather("phone-1");
        const first = await pair.decodes(40, { milliseconds: 8000 });
        await agreed.gather("phone-2");
        const second = await pair.decodes(40, { milliseconds: 8000 });
        const said = await agreed.citizen.say(new TextEncoder().encode("Grüß Gott"));
        await pause(50);
        const words = agreed.heard.clerk.filter(({ type }) => type === "message")
          .map(({ from, message }) => [from, new TextDecoder().decode(message)]);
        const codes = [agreed.codes("citizen"), agreed.codes("clerk")];
        agreed.close();
        pair.close();
        return { before, first, second, agreed_ms, said, words, codes };
        """,
        means,
    )
    assert found["before"]["packets"] == 0
    assert found["first"]["decoded"] > 30
    assert found["second"]["decoded"] > found["first"]["decoded"] + 30, "the pictures go on under fresh keys"
    assert found["second"]["voice"] > 0
    assert found["codes"][0] == found["codes"][1]
    assert len(set(found["codes"][0])) == 2
    assert found["said"]
    assert found["words"] == [["citizen", "Grüß Gott"]]


@pytest.mark.parametrize("means", MEANS)
def test_a_wrong_key_decodes_nothing(page: Page, means: str) -> None:
    found = run(
        page,
        """
        const pair = await Pair.open(argument);
        await pair.citizen.frames.use(await keys("citizen", { fill: 1 }));
        await pair.clerk.frames.use(await keys("clerk", { fill: 7 }));
        await pair.connect();
        const found = await pair.decodes(1, { milliseconds: 3000 });
        pair.close();
        return found;
        """,
        means,
    )
    assert found["sent"] > 30
    assert found["decoded"] == 0
    assert found["voice"] == 0
    assert found["dropped"]["citizen video"]["passed"] == 0
    assert found["dropped"]["citizen video"]["unreadable"] > 0


@pytest.mark.parametrize("means", MEANS)
def test_without_a_key_nothing_is_sent(page: Page, means: str) -> None:
    found = run(
        page,
        """
        const pair = await Pair.open(argument);
        await pair.connect();
        const found = await pair.decodes(1, { milliseconds: 3000 });
        pair.close();
        return found;
        """,
        means,
    )
    assert found["dropped"]["out video"]["keyless"] > 30
    assert found["packets"] == 0
    assert found["decoded"] == 0


@pytest.mark.parametrize("means", MEANS)
def test_who_gets_the_key_late_sees_at_once(page: Page, means: str) -> None:
    found = run(
        page,
        """
        const pair = await Pair.open(argument);
        await pair.citizen.frames.use(await keys("citizen"));
        await pair.connect();
        const before = await pair.decodes(1, { milliseconds: 2000 });
        const began = performance.now();
        await pair.clerk.frames.use(await keys("clerk"));
        const after = await pair.decodes(30, { milliseconds: 8000 });
        pair.close();
        return { before, after, thirty_frames_after_ms: Math.round(performance.now() - began) };
        """,
        means,
    )
    assert found["before"]["decoded"] == 0
    assert found["before"]["dropped"]["citizen video"]["keyless"] > 0
    assert found["after"]["decoded"] >= 30


def test_who_begins_in_the_middle_under_a_new_key_is_asked_for_a_whole_picture(page: Page) -> None:
    """What is made while no key stands is dropped, the key frame among it: the decoder alone would wait 3 s."""
    found = run(
        page,
        """
        const pair = await Pair.open();
        for (const seat of ["citizen", "clerk"]) await pair[seat].frames.use(await keys(seat));
        await pair.connect();
        const before = await pair.decodes(10, { milliseconds: 8000 });
        pair.citizen.frames.hold();
        await pause(400);
        for (const seat of ["citizen", "clerk"]) await pair[seat].frames.use(await keys(seat, { epoch: 6, fill: 3 }));
        const after = await pair.decodes(10, { milliseconds: 1500 });
        pair.close();
        return { before, after };
        """,
    )
    assert found["before"]["decoded"] >= 10
    assert found["after"]["decoded"] >= found["before"]["decoded"] + 10


def test_who_is_told_to_hold_sends_no_more(page: Page) -> None:
    found = run(
        page,
        """
        const pair = await Pair.open();
        for (const seat of ["citizen", "clerk"]) await pair[seat].frames.use(await keys(seat));
        await pair.connect();
        await pair.decodes(10, { milliseconds: 8000 });
        pair.citizen.frames.hold();
        await pair.citizen.frames.counts();
        const held = await pair.figures();
        await pause(1000);
        const later = await pair.figures();
        pair.close();
        return { held, later };
        """,
    )
    passed = [found[when]["dropped"]["out video"]["passed"] for when in ("held", "later")]
    assert passed[0] == passed[1]
