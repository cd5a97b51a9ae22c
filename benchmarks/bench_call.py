"""From the click on "next citizen" to the first frame on both sides, twenty times."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from benchmarks.figures import Figures
from tests.browser import people
from tests.browser.people import Person, arrive, book, link, sign_in
from tests.office import RunningOffice

CALLS = 20
DOOR_LOOKS_MAX = 150
EMAIL = "bench-call@example.org"
# Resolves with the moment at which the next picture of the other side is on the screen.
WATCH = """selector => {
  window.firstFrame = new Promise(resolve => {
    const seen = new WeakSet();
    const look = () => {
      for (const video of document.querySelectorAll(selector)) {
        if (seen.has(video)) continue;
        seen.add(video);
        video.requestVideoFrameCallback(() => resolve(Date.now()));
      }
      requestAnimationFrame(look);
    };
    look();
  });
}"""
CLICK = """() => { const at = Date.now(); document.getElementById("desk-next").click(); return at; }"""


def measure(figures: Figures, folder: Path) -> None:
    """One citizen on a phone, one clerk at a desk, both browsers and the whole office on this machine."""
    with (
        RunningOffice(folder) as office,
        sync_playwright() as playwright,
        people.browser(playwright) as chromium,
    ):
        citizen = people.person(chromium, office, people.PHONE)
        clerk = people.person(chromium, office, people.DESK)
        book(citizen, email=EMAIL, matters=("Meldebescheinigung",))
        arrive(citizen, link(office, EMAIL, "join"))
        sign_in(clerk)
        took = sorted(_call(citizen, clerk) for _ in range(CALLS))
    p95 = took[round(0.95 * (len(took) - 1))]
    print(f"  {CALLS} calls: {took[0]} … {took[len(took) // 2]} … {took[-1]} ms")
    figures.add("call.click_to_frame_ms_p95", p95, "ms", goal="<=500")


def _at_the_door(person: Person) -> None:
    """Whoever is next, and whoever may call them, is connected in the dark: what a person who waits has long been."""
    for _ in range(DOOR_LOOKS_MAX):
        if person.page.evaluate("window.connections.some((each) => each.connectionState === 'connected')"):
            return
        person.page.wait_for_timeout(100)
    raise RuntimeError(f"{person.page.url} is not connected in advance")


def _call(citizen: Person, clerk: Person) -> int:
    """One call: milliseconds until the later of both sides sees the other; then hang up and wait again."""
    expect(clerk.page.get_by_text("Ada Beispiel").first).to_be_visible()
    for person in (citizen, clerk):
        _at_the_door(person)
    citizen.page.evaluate(WATCH, ".call__remote")
    clerk.page.evaluate(WATCH, "#call-remote")
    clicked = clerk.page.evaluate(CLICK)
    frames = [person.page.evaluate("window.firstFrame") for person in (citizen, clerk)]
    clerk.page.get_by_role("button", name="Auflegen").click()
    citizen.page.get_by_role("button", name="Zurück in den Warteraum").click()
    expect(citizen.page.get_by_role("heading", name="Sie sind im Warteraum")).to_be_visible()
    return int(max(frames) - clicked)
