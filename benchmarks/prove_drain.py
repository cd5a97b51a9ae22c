"""A worker is told to end while ten calls go on that never end by themselves: every call goes on elsewhere.

The calls are real: twenty connections of the product's own client in two browser pages, small pictures, through
real workers. The office is stood in for by tickets that lead away from whoever drains.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from benchmarks.figures import Figures, alone
from chalicelib.domain.calls import Seat
from tests.browser.call_stage import CHROMIUM, CHROMIUM_FLAGS, TwoWorkers

if TYPE_CHECKING:
    from playwright.sync_api import Page


CALLS = 10
# In so many calls both speak all the time. Sound is five times as many frames to encrypt as these pictures are: with
# it in every call, twenty ends on two cores would show what the machine cannot do, and not what a move costs.
SPEAKING = 2
GAP_MAX_MS = 500
DRAIN_SECONDS_MAX = 90
PATIENCE_MS = 60_000
QUIET_MS = 15_000  # about what the drain of ten takes
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"
# Opens `calls` connections of one seat; notes for each when pictures of the other side were shown.
PAGE = """async ([seat, calls, speaking]) => {
  const { CallConnection } = await import("/static/js/call/connection.js");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [128, 72];
  const pen = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => { pen.fillStyle = `hsl(${turn++ * 7 % 360} 80% 50%)`; pen.fillRect(0, 0, 128, 72); }, 100);
  const sound = new AudioContext();
  const tone = sound.createOscillator(), out = sound.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  window.calls = [];
  for (let number = 0; number < calls; number += 1) {
    const sounds = number < speaking ? out.stream.getAudioTracks() : [];
    const stream = new MediaStream([...canvas.captureStream(10).getVideoTracks(), ...sounds]);
    const connection = new CallConnection({
      seat,
      ticket: () => fetch(`/ticket?seat=${seat}&room=r${number}`).then((answer) => answer.json()),
      localStream: stream,
    });
    const video = document.createElement("video");
    video.muted = true;
    document.body.append(video);
    const call = { connection, shown: [], states: [] };
    connection.addEventListener("remote", ({ detail }) => { video.srcObject = detail; video.play(); });
    connection.addEventListener("state", ({ detail }) => call.states.push(detail));
    const note = (_, { presentationTime }) => {
      call.shown.push(performance.timeOrigin + presentationTime);
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    window.calls.push(call);
    await connection.connect();
  }
}"""
OFFER = """async () => {
  const peer = new RTCPeerConnection();
  for (const kind of ["audio", "video"]) peer.addTransceiver(kind, { direction: "sendrecv" });
  const { sdp } = await peer.createOffer();
  peer.close();
  return sdp;
}"""
ALL_SEEN = "(frames) => window.calls.every((call) => call.shown.length >= frames)"
# Per call: the longest pause between two pictures since `at`, and every state that it was in. A page too busy to hear
# of each picture makes pauses longer than they were, never shorter.
OUTCOME = """(at) => window.calls.map(({ shown, states }) => {
  const since = [at, ...shown.filter((moment) => moment >= at), Date.now()];
  const gaps = since.slice(1).map((moment, place) => moment - since[place]);
  return { gap: Math.round(Math.max(...gaps)), states };
})"""


def measure(figures: Figures) -> None:
    """Drain once under ten calls, then once more with the request to move taken out."""
    cut, gap_ms, took_s, refused_ms, idle_ms = _drain(hear_move=True)
    figures.add("drain.calls", CALLS, "calls", goal=f"={CALLS}")
    figures.add("drain.calls_cut", cut, "calls", goal="=0")
    figures.add("drain.gap_ms_max", gap_ms, "ms", goal=f"<={GAP_MAX_MS}")
    figures.add("drain.gap_ms_max.nothing_happens", idle_ms, "ms")
    figures.add("drain.took_s", took_s, "s", goal=f"<={DRAIN_SECONDS_MAX}")
    figures.add("drain.new_call_refused_after_ms", refused_ms, "ms", goal="<=1000")
    cut, *_ = _drain(hear_move=False)
    figures.add("drain.calls_cut.control", cut, "calls", goal=">0")


def _drain(*, hear_move: bool) -> tuple[int, int, float, int, int]:
    """Return calls cut, the longest gap in ms, seconds until the worker ended, ms until it refused new calls.

    And the longest gap in as many seconds before, when nothing happened: what this machine does by itself.
    A page that does not hear the request to move stands for a drain that simply ends.
    """
    stage = TwoWorkers()
    stage.begin()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, AUTOPLAY])
            pages = [browser.new_page() for _ in range(2)]
            for page, seat in zip(pages, ("citizen", "clerk"), strict=True):
                page.goto(f"http://127.0.0.1:{stage.port}/blank")
                page.evaluate(PAGE, [seat, CALLS, SPEAKING])
            for page in pages:
                page.wait_for_function(ALL_SEEN, arg=30, timeout=PATIENCE_MS)
                if not hear_move:
                    page.evaluate("() => window.calls.forEach(({ connection }) => { connection.move = () => {}; })")
            quiet_ms = _now_ms()
            pages[0].wait_for_timeout(QUIET_MS)
            idle_ms = max(call["gap"] for page in pages for call in page.evaluate(OUTCOME, quiet_ms))
            return *_end_and_look(stage, pages, wait=hear_move), idle_ms
    finally:
        stage.end()


def _end_and_look(stage: TwoWorkers, pages: list[Page], *, wait: bool) -> tuple[int, int, float, int]:
    before = [page.evaluate("() => window.calls.map(({ states }) => states.length)") for page in pages]
    offer = pages[0].evaluate(OFFER)
    began, at_ms = time.monotonic(), _now_ms()
    stage.drain()
    refused_ms = _refused_after_ms(stage, offer)
    if wait:
        while not stage.worker.ended and time.monotonic() - began < DRAIN_SECONDS_MAX + 5:
            pages[0].wait_for_timeout(200)
    else:
        stage.worker.stop()  # what a platform does to a worker that only waits
        pages[0].wait_for_timeout(2_000)
    took_s = time.monotonic() - began
    pages[0].wait_for_timeout(2_000)
    cut, gap_ms = set(), 0
    for page, known in zip(pages, before, strict=True):
        for number, (call, states) in enumerate(zip(page.evaluate(OUTCOME, at_ms), known, strict=True)):
            gap_ms = max(gap_ms, call["gap"])
            if call["gap"] > GAP_MAX_MS or len(call["states"]) > states:
                cut.add(number)
    return len(cut), gap_ms, took_s, refused_ms


def _now_ms() -> int:
    """The clock of the pages."""
    return time.time_ns() // 1_000_000


def _refused_after_ms(stage: TwoWorkers, offer: str) -> int:
    """Ask the draining worker for a new room until it refuses."""
    began = time.monotonic()
    while time.monotonic() - began < 10:  # seconds; ten times what is allowed
        ticket = stage.ticket(Seat.CITIZEN, room=f"new-{time.monotonic_ns()}", worker=stage.worker.address)
        request = urllib.request.Request(  # noqa: S310  # our own worker
            f"{stage.worker.address}/media/sessions",
            data=offer.encode(),
            method="POST",
            headers={"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"},
        )
        try:
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310  # our own worker
        except urllib.error.HTTPError as answer:
            with answer:
                if json.load(answer)["type"].endswith("worker-leaving"):
                    return int((time.monotonic() - began) * 1000)
        except OSError:
            return int((time.monotonic() - began) * 1000)  # gone altogether
        time.sleep(0.02)
    return 10_000


if __name__ == "__main__":
    sys.exit(alone(measure))
