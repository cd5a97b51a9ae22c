"""A call over a poor line: 5 % of the packets lost and up to 50 ms of waiting, each way, between browser and worker.

Two Chromium pages, encrypted end to end, cameras at 30 frames a second. Counted are frames that were shown
(requestVideoFrameCallback), the pauses between them, and how long each letter of 200 typed ones takes from the key to
the other page's document. The controls are the same call without repair (no NACK, no RTX in the offer), and the same
letters said once each, over the channel that keeps order.
"""

from __future__ import annotations

import re
import sys
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from benchmarks.figures import Figures, alone
from benchmarks.lossy_link import LossyLine
from tests.browser.call_stage import CHROMIUM, CHROMIUM_FLAGS, Stage, a_stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

LOSS, JITTER_S = 0.05, 0.05
SECONDS = 60
LETTERS = 200
LETTERS_CONTROL = 600  # enough that two losses in a row are among them
FREEZE_MS = 1_000
PATIENCE_MS = 60_000
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"

WATCH = """() => {
  window.shown = [];
  window.since = performance.now();
  const video = document.querySelector("#remote");
  const note = () => { shown.push(performance.now()); video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
}"""
SHOWN = """(freezeMs) => {
  const until = performance.now();
  const moments = [since, ...shown, until];
  const gaps = moments.slice(1).map((moment, at) => moment - moments[at]);
  return { frames: shown.length, freezes: gaps.filter((gap) => gap > freezeMs).length, longest: Math.max(...gaps) };
}"""
# What the pages of the office do with letters, without their furniture: `read` is what stands in the document.
LETTERS_HERE = """async (atOnce) => {
  const [{ Line }, { LiveWriter }, { Conversation }] = await Promise.all(
    ["line", "live", "conversation"].map((name) => import(`/static/js/talk/${name}.js`)));
  const line = new Line();
  line.over(call);
  const live = new LiveWriter({ say: (words) => line.say(words, { atOnce }), newLine: () => crypto.randomUUID() });
  let seq = 0;
  const once = { write: (text) => line.say({ type: "live", line: "a", seq: ++seq, text }), seen: () => {} };
  window.writer = atOnce ? live : once;
  window.read = [];
  const conversation = new Conversation();
  const place = document.body.appendChild(document.createElement("p"));
  line.addEventListener("said", ({ detail: { from, words } }) => {
    if (words.type === "seen") return writer.seen(words.line, words.seq);
    if (words.type !== "live") return;
    conversation.live(from, words);
    void line.say({ type: "seen", line: words.line, seq: words.seq }, { atOnce });
    place.textContent = conversation.entries.at(-1)?.text ?? "";
    const at = performance.timeOrigin + performance.now();
    while (read.length < place.textContent.length) read.push(at);
  });
}"""
TYPE = """async (letters) => {
  const typed = [];
  let text = "";
  for (let at = 0; at < letters; at += 1) {
    await new Promise((resolve) => setTimeout(resolve, 60 + 90 * Math.random()));
    text += "abcdefghij"[at % 10];
    typed.push(performance.timeOrigin + performance.now());
    writer.write(text);
  }
  return typed;
}"""
NO_REPAIR = """() => {
  const create = RTCPeerConnection.prototype.createOffer;
  RTCPeerConnection.prototype.createOffer = async function (...how) {
    const offer = await create.apply(this, how);
    const rtx = [...offer.sdp.matchAll(/a=rtpmap:(\\d+) rtx/g)].map(([, number]) => number);
    const lines = offer.sdp.split("\\r\\n").filter((line) =>
      !/^a=rtcp-fb:\\d+ nack$/.test(line) && !rtx.some((each) => new RegExp(`^a=(rtpmap|fmtp):${each} `).test(line)));
    const cut = lines.map((line) => line.startsWith("m=video")
      ? line.split(" ").filter((word, at) => at < 3 || !rtx.includes(word)).join(" ") : line);
    return { type: "offer", sdp: cut.join("\\r\\n") };
  };
}"""


def measure(figures: Figures) -> None:
    """Run the call, then its controls."""
    with a_stage() as stage, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, AUTOPLAY])
        freezes, fps, longest = _seen(browser, stage, repair=True)
        figures.add("lossy.seconds", SECONDS, "s", goal=f"={SECONDS}")
        figures.add("lossy.freezes", freezes, "freezes", goal="=0")
        figures.add("lossy.fps", fps, "fps", goal=">=20")
        print(f"  the longest pause between two frames: {longest:.0f} ms", flush=True)
        freezes, fps, longest = _seen(browser, stage, repair=False)
        figures.add("lossy.fps.control", fps, "fps", goal="<20")
        print(f"  without repair: {freezes} freezes, the longest pause {longest:.0f} ms", flush=True)
        slowest = _read(browser, stage, at_once=True)
        figures.add("rtt.ms_max", slowest, "ms", goal="<=500")
        slowest = _read(browser, stage, at_once=False)
        figures.add("rtt.ms_max.control", slowest, "ms", goal=">500")


def _seen(browser: Browser, stage: Stage, *, repair: bool) -> tuple[int, float, float]:
    """Freezes of both sides, frames a second of the worse side, the longest pause in ms."""
    line = LossyLine(LOSS, JITTER_S)
    pages = _pages(browser, stage, line, repair=repair)
    try:
        for page in pages:
            page.evaluate(WATCH)
        pages[0].wait_for_timeout(SECONDS * 1_000)
        seen = [page.evaluate(SHOWN, FREEZE_MS) for page in pages]
    finally:
        _leave(pages, line)
    print(f"  {line.carried} packets, {100 * line.lost / max(line.carried, 1):.1f} % lost", flush=True)
    return (
        sum(each["freezes"] for each in seen),
        min(each["frames"] for each in seen) / SECONDS,
        max(each["longest"] for each in seen),
    )


def _read(browser: Browser, stage: Stage, *, at_once: bool) -> float:
    """The longest time in ms from a key to the other document; a letter that never came counts as an hour."""
    line = LossyLine(LOSS, JITTER_S)
    pages = _pages(browser, stage, line, repair=True)
    try:
        for page in pages:
            page.evaluate(LETTERS_HERE, at_once)
        pages[1].wait_for_timeout(500)
        typed = pages[0].evaluate(TYPE, LETTERS if at_once else LETTERS_CONTROL)
        pages[1].wait_for_timeout(5_000)
        read = pages[1].evaluate("() => read")
    finally:
        _leave(pages, line)
    read += [typed[-1] + 3_600_000] * (len(typed) - len(read))
    took: list[float] = [there - here for here, there in zip(typed, read, strict=True)]
    print(f"  {len(took)} letters: half within {median(took):.0f} ms, all within {max(took):.0f} ms", flush=True)
    return max(took)


def _pages(browser: Browser, stage: Stage, line: LossyLine, *, repair: bool) -> list[Page]:
    stage.new_room()
    pages = []
    for seat in ("citizen", "clerk"):
        page = browser.new_context(permissions=["camera", "microphone"]).new_page()

        def over_the_line(route: Route) -> None:
            if route.request.method != "POST":
                return route.continue_()
            answer = route.fetch()
            return route.fulfill(response=answer, body=line.through(answer.text()))

        page.route(re.compile(r"/media/sessions$"), over_the_line)
        if not repair:
            page.add_init_script(f"({NO_REPAIR})()")
        page.goto(stage.url(seat))
        pages.append(page)
    for page in pages:
        page.wait_for_function("() => window.call?.privacy?.code", timeout=PATIENCE_MS)
        page.wait_for_function("() => document.querySelector('#remote').videoWidth > 0", timeout=PATIENCE_MS)
    return pages


def _leave(pages: list[Page], line: LossyLine) -> None:
    for page in pages:
        page.context.close()
    line.stop()


if __name__ == "__main__":
    sys.exit(alone(measure))
