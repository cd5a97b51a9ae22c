"""A worker is killed in the middle of a call, again and again: both sides are back, or counted as not back.

Two real browsers in a call of the whole office; SIGKILL to the worker that carries it, at a random moment. "Back" is
the moment of the first picture after the gap, on the later of both sides. What never comes back is in the count.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect, sync_playwright

from benchmarks.own_workers import OwnWorker, OwnWorkers
from tests.browser import people
from tests.browser.people import Person, arrive, book, link, sign_in
from tests.office import RunningOffice

if TYPE_CHECKING:
    from benchmarks.figures import Figures

KILLS = int(os.environ.get("KILLS", "100"))
EMAIL = "recovery@example.org"
SEED = 7
GONE_MS = 30_000  # who is not back by then is counted as lost
SETTLED_FRAMES = 15
# Notes when each picture of the other side was shown; the element outlives the connections.
WATCH = """selector => {
  const video = document.querySelector(selector);
  window.shown = [];
  const note = () => { window.shown.push(Date.now()); video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
}"""
# Resolves with the first picture after `at` that follows a gap, once some more have come.
BACK = """([at, frames]) => {
  const after = window.shown.filter((moment) => moment >= at);
  const gap = after.findIndex((moment, place) => moment - (place ? after[place - 1] : at) > 1000);
  return gap >= 0 && after.length >= gap + frames ? after[gap] : 0;
}"""


def measure(figures: Figures) -> None:
    """Kill, wait, note; then the same figures over all kills."""
    chance = random.Random(SEED)  # moments, not secrets
    back_ms: list[int] = []
    lost = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningOffice(Path(folder)) as office,
        OwnWorkers(office, 2) as workers,
        sync_playwright() as playwright,
        people.browser(playwright) as chromium,
    ):
        citizen = people.person(chromium, office, people.PHONE)
        clerk = people.person(chromium, office, people.DESK)
        reference = _into_a_call(citizen, clerk)
        for number in range(KILLS):
            took = _kill_once(workers, citizen, clerk, pause_s=chance.uniform(0.0, 1.5))
            if took is None:
                lost += 1
            else:
                back_ms.append(took)
            if number % 10 == 9:  # a line each ten
                print(f"  {number + 1} kills, {lost} not back, the last took {took} ms", flush=True)
        untouched = clerk.page.get_by_text(reference).first.is_visible()
    back_ms.sort()
    figures.add("recovery.kills", KILLS, "kills", goal="=100" if KILLS == 100 else "none")
    figures.add("recovery.not_back", lost, "kills", goal="=0")
    figures.add("recovery.case_lost", 0 if untouched else 1, "cases", goal="=0")
    if back_ms:
        figures.add("recovery.back_ms_p50", back_ms[len(back_ms) // 2], "ms")
        figures.add("recovery.back_ms_p95", back_ms[round(0.95 * (len(back_ms) - 1))], "ms", goal="<=8000")
        figures.add("recovery.back_ms_max", back_ms[-1], "ms", goal="<=15000")


def _into_a_call(citizen: Person, clerk: Person) -> str:
    reference = book(citizen, email=EMAIL, matters=("Meldebescheinigung",))
    arrive(citizen, link(citizen.office, EMAIL, "join"))
    sign_in(clerk)
    expect(clerk.page.get_by_text(citizen.name).first).to_be_visible()
    clerk.page.get_by_role("button", name="Nächste Person aufrufen").click()
    expect(citizen.page.get_by_role("button", name="Auflegen")).to_be_visible()
    citizen.sees_and_hears()
    clerk.sees_and_hears()
    citizen.page.evaluate(WATCH, ".call__remote")
    clerk.page.evaluate(WATCH, "#call-remote")
    return reference


def _kill_once(workers: OwnWorkers, citizen: Person, clerk: Person, *, pause_s: float) -> int | None:
    """Return after how many ms both see each other again, or None."""
    carrier = _carrier(workers)
    time.sleep(pause_s)
    for person in (citizen, clerk):
        person.page.evaluate("window.shown = []")
    killed_ms = time.time_ns() // 1_000_000
    carrier.send(signal.SIGKILL)
    try:
        returned = [
            int(
                person.page.wait_for_function(
                    BACK, arg=[killed_ms, SETTLED_FRAMES], timeout=GONE_MS, polling=100
                ).json_value()
            )
            for person in (citizen, clerk)
        ]
    except PlaywrightTimeout:
        return None
    finally:
        carrier.start()
    return max(returned) - killed_ms


def _carrier(workers: OwnWorkers) -> OwnWorker:
    """The worker of the call, once exactly one of ours carries it."""
    end = time.monotonic() + GONE_MS / 1000
    while time.monotonic() < end:
        busy = workers.busy()
        if len(busy) == 1:
            return busy[0]
        time.sleep(0.1)
    raise RuntimeError("the call is on none of our workers")
