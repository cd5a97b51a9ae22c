"""An attacker inside the relay holds all that the worker holds, and a real decoder: nothing is readable.

Real Chromium pages talk through a worker that writes everything down; pictures of a known board and a known pitch.
The control is the same call with the pages' encryption taken out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from benchmarks.figures import Figures, alone
from benchmarks.tapped import COLUMNS, PITCH_HZ, ROWS, Tapped
from chalicelib.domain.calls import Seat
from tests.browser.call_stage import CHROMIUM, CHROMIUM_FLAGS, Stage, Worker, key_pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Browser, Route

CALLS, SECONDS, SECONDS_CONTROL = 8, 60, 8
FRAMES_MIN = 10_000
PATIENCE_MS = 60_000
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"
SPOKEN = "Nur für uns beide"

# Opens `calls` connections of one seat that show the board, play the pitch and say a sentence.
PAGE = """async ([seat, calls, columns, rows, pitch, spoken]) => {
  const { CallConnection } = await import("/static/js/call/connection.js");
  const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 96 });
  const pen = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => {
    for (let row = 0; row < rows; row += 1) for (let column = 0; column < columns; column += 1) {
      pen.fillStyle = (column + row) % 2 ? "#fff" : "#000";
      pen.fillRect(column * 160 / columns, row * 96 / rows, 160 / columns, 96 / rows);
    }
    pen.fillStyle = `hsl(${turn++ * 9 % 360} 90% 50%)`;
    pen.fillRect(turn % 150, 44, 8, 8);
  }, 60);
  const sound = new AudioContext();
  const tone = new OscillatorNode(sound, { frequency: pitch }), out = sound.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  window.calls = [];
  for (let number = 0; number < calls; number += 1) {
    const stream = new MediaStream([...canvas.captureStream(15).getVideoTracks(), ...out.stream.getAudioTracks()]);
    const connection = new CallConnection({
      seat,
      ticket: () => fetch(`/ticket?seat=${seat}&room=r${number}`).then((answer) => answer.json()),
      localStream: stream,
    });
    const call = { connection, heard: 0 };
    connection.addEventListener("message", () => { call.heard += 1; });
    connection.addEventListener("privacy", ({ detail }) => {
      if (detail?.code) connection.send(new TextEncoder().encode(spoken));
    });
    window.calls.push(call);
    await connection.connect();
  }
}"""
PRIVATE = "() => window.calls.every(({ connection, heard }) => connection.privacy?.code && heard)"
SHOWN = """async () => {
  const stats = await Promise.all(window.calls.map(({ connection }) => connection.stats()));
  return Math.min(...stats.map(({ framesDecoded }) => framesDecoded));
}"""
# The pages' frames go as the encoder made them: what a product without end-to-end encryption does.
IN_CLEAR = """
const counts = () => ({ passed: 0, keyless: 0, unreadable: 0, replayed: 0 });
export const isKeyFrame = (frame) => frame.length > 0 && ((frame[0] ?? 1) & 1) === 0;
export class FrameSealer { counts = counts(); async seal(frame) { return frame; } }
export class FrameOpener { counts = counts(); async open(frame) { return frame; } }
"""


class TappedWorker(Worker):
    """The worker with the attacker inside."""

    module = "benchmarks.tapped_worker"


class Calls(Stage):
    """As many rooms as the pages ask for, all on the tapped worker."""

    def __init__(self, tap: Path) -> None:
        super().__init__()
        private, public = key_pair()
        self.tickets = type(self.tickets)(private)
        self.worker = TappedWorker(public, TAP=str(tap))

    def token(self, query: Mapping[str, str]) -> str:
        """A ticket into the room that the page names."""
        return self.ticket(Seat(query["seat"]), room=query["room"])


def measure(figures: Figures) -> None:
    """Listen to calls as they are, and to one without encryption."""
    frames, readable, seconds, heard, words = _listen(CALLS, SECONDS, encrypted=True)
    figures.add("e2ee.frames", frames, "frames", goal=f">={FRAMES_MIN}")
    figures.add("e2ee.frames_readable", readable, "frames", goal="=0")
    print(f"  {seconds} seconds of sound, {heard} of them heard; {words} messages in clear", flush=True)
    figures.add("e2ee.sounds_heard", heard, "s", goal="=0")
    figures.add("e2ee.words_readable", words, "messages", goal="=0")
    frames, readable, seconds, heard, _ = _listen(1, SECONDS_CONTROL, encrypted=False)
    print(f"  without encryption: {readable} of {frames} frames, {heard} of {seconds} seconds", flush=True)
    figures.add("e2ee.frames_readable.control", 100 * readable / max(frames, 1), "pct", goal=">90")
    figures.add("e2ee.sounds_heard.control", 100 * heard / max(seconds, 1), "pct", goal=">50")


def _listen(calls: int, seconds: int, *, encrypted: bool) -> tuple[int, int, int, int, int]:
    """Frames, readable ones, seconds of sound, heard ones, and how often what was said stands in what passed."""
    with TemporaryDirectory() as folder:
        tap = Path(folder) / "tap"
        stage = Calls(tap)
        stage.begin()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, AUTOPLAY])
                _talk(browser, stage, calls, seconds, encrypted=encrypted)
                browser.close()
        finally:
            stage.end()
        tapped = Tapped(tap)
    words = sum(SPOKEN.encode() in message for message in tapped.words)
    return (*tapped.frames(), *tapped.sounds(), words)


def _talk(browser: Browser, stage: Calls, calls: int, seconds: int, *, encrypted: bool) -> None:
    pages = []
    for seat in ("citizen", "clerk"):
        page = browser.new_context().new_page()
        if not encrypted:
            page.context.route("**/static/js/call/frames.js", _in_clear)
        page.goto(f"http://127.0.0.1:{stage.port}/blank")
        page.evaluate(PAGE, [seat, calls, COLUMNS, ROWS, PITCH_HZ, SPOKEN])
        pages.append(page)
    for page in pages:
        page.wait_for_function(PRIVATE, timeout=PATIENCE_MS)
    pages[0].wait_for_timeout(seconds * 1_000)
    for page in pages:
        shown = page.evaluate(SHOWN)
        if shown < seconds:  # nothing that nobody saw proves anything
            raise RuntimeError(f"a page decoded only {shown} frames")


def _in_clear(route: Route) -> None:
    route.fulfill(body=IN_CLEAR, content_type="text/javascript")


if __name__ == "__main__":
    sys.exit(alone(measure))
