"""Citizen and clerk at real browsers: what they do, in the words of the pages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.office import RunningOffice

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=fps=30",  # without it the fake camera gives 20
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PATIENCE_MS = 20_000  # two browsers, a relay and the whole office share two cores in tests

# getStats needs the connections; pages keep theirs to themselves, so the browser remembers them.
REMEMBER = """
const Real = window.RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Real {
  constructor(...options) { super(...options); window.connections.push(this); }
};
"""
RECEIVED = """async () => {
  const seen = {frames: 0, audio: 0, energy: 0};
  for (const connection of window.connections || []) {
    if (connection.connectionState === "closed") continue;
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      if (report.kind === "video") seen.frames += report.framesDecoded || 0;
      if (report.kind !== "audio") continue;
      seen.audio += report.packetsReceived || 0;
      seen.energy += report.totalAudioEnergy || 0;
    }
  }
  return seen;
}"""

GO_HOME = """async () => {
  const post = (path) => fetch(path, {method: "POST", headers: {Accept: "application/json"}});
  const asked = await fetch("/desk/state", {headers: {Accept: "application/json"}});
  const current = asked.ok && (await asked.json()).current;
  if (current) await post(`/desk/files/${current}/hangup`);
  for (const city of ["heidelberg", "karlsruhe"]) {
    const seat = await fetch(`/${city}/room/state`, {headers: {Accept: "application/json"}});
    if (!seat.ok) continue;
    if ((await seat.json()).visit.state === "in_call") await post(`/${city}/room/hangup`);
    await post(`/${city}/room/leave`);
  }
}"""


@contextmanager
def browser(playwright: Playwright, *, executable: Path | str = CHROMIUM) -> Iterator[Browser]:
    """Debian's Chromium with a camera that shows a clock and a microphone that beeps."""
    launched = playwright.chromium.launch(executable_path=executable, args=FLAGS)
    try:
        yield launched
    finally:
        launched.close()


@dataclass
class Person:
    """Somebody with a browser of their own. `complaints` are what its console said."""

    context: BrowserContext
    page: Page
    office: RunningOffice
    name: str = "Ada Beispiel"
    complaints: list[str] = field(default_factory=list)

    def receives(self) -> dict[str, Any]:
        """What has arrived and was decoded: video frames, audio packets, sound energy."""
        seen: dict[str, Any] = self.page.evaluate(RECEIVED)
        return seen

    def sees_and_hears(self, *, frames: int = 30, packets: int = 50) -> None:
        """Wait until so much more has been decoded than at this moment."""
        # Asked from here: `wait_for_function` takes the promise of an async function for its answer.
        before = now = self.receives()
        until = time.monotonic() + PATIENCE_MS / 1000
        while now["frames"] < before["frames"] + frames or now["audio"] < before["audio"] + packets:
            assert time.monotonic() < until, f"decoded {before} before, and only {now} by now"
            self.page.wait_for_timeout(100)
            now = self.receives()

    def go_home(self) -> None:
        """Leave the waiting room, hang up: the next test finds the office empty, whatever became of this one."""
        self.page.goto(f"{self.office.front}/")
        self.page.evaluate(GO_HOME)

    def shot(self, folder: Path, name: str) -> None:
        """A picture of the page as it stands."""
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")


def person(chromium: Browser, office: RunningOffice, viewport: Any, **more: Any) -> Person:
    """A fresh browser profile."""
    context = chromium.new_context(viewport=viewport, locale="de-DE", timezone_id="Europe/Berlin", **more)
    context.set_default_timeout(PATIENCE_MS)
    if more.get("java_script_enabled", True):
        context.add_init_script(REMEMBER)
    page = context.new_page()
    made = Person(context, page, office)
    page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    return made


def book(citizen: Person, *, email: str, matters: tuple[str, ...], city: str = "heidelberg") -> str:
    """From the entry page to the confirmation; returns the reference. Works with and without scripts."""
    page = citizen.page
    page.goto(f"{citizen.office.front}/{city}")
    page.get_by_role("link", name=matters[0]).first.click()
    for matter in matters[1:]:
        page.get_by_role("link", name="Weiteres Anliegen dazu").click()
        page.get_by_role("link", name=matter).first.click()
    page.get_by_role("link", name="Termin wählen").click()
    page.get_by_role("button", name="Diesen Termin nehmen").click()
    give_details(citizen, email=email, name=citizen.name)
    page.get_by_role("button", name="Termin verbindlich buchen").click()
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()
    found = re.search(r"[A-Z]{2,3}-[0-9A-Z]{4}-[0-9A-Z]{4}", page.locator("main").inner_text())
    assert found, "the confirmation shows no reference"
    return found[0]


def give_details(citizen: Person, *, email: str, name: str) -> None:
    """Fill in the form."""
    page = citizen.page
    page.get_by_label("Vor- und Nachname").fill(name)
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_role("button", name="Weiter", exact=True).click()


def link(office: RunningOffice, email: str, purpose: str, *, count: int = 1) -> str:
    """The link of that purpose out of the newest mail, once `count` mails have come."""
    listed = office.mail(email, count=count)
    text = office.message(listed["id"])["text"]
    found = re.search(rf"https?://\S+/{purpose}\S*#\S+", text)
    assert found, text
    return found[0]


def arrive(citizen: Person, url: str) -> None:
    """Open the link, switch camera and microphone on, enter the waiting room."""
    page = citizen.page
    page.goto(url)
    expect(page.get_by_role("heading", name="Kamera und Mikrofon prüfen")).to_be_visible()
    allow = page.get_by_role("button", name="Kamera und Mikrofon einschalten")
    if allow.is_visible():
        with suppress(PlaywrightTimeout):  # a browser that already allows us goes on by itself, even while we aim
            allow.click(timeout=2_000)
    page.get_by_role("button", name="Warteraum betreten").click()
    expect(page.get_by_role("heading", name="Sie sind im Warteraum")).to_be_visible()


def sign_in(clerk: Person, number: int = 1, *, city: str = "Heidelberg") -> None:
    """Through the sign-in stand-in to the day's list."""
    page = clerk.page
    page.goto(f"{clerk.office.front}/desk")
    page.get_by_role("link", name="Mit dem Dienstkonto anmelden").click()
    page.get_by_role("button", name=f"{city} · Sachbearbeitung {number}", exact=True).click()
    expect(page.get_by_role("button", name="Nächste Person aufrufen")).to_be_visible()


def in_call(citizen: Person, clerk: Person) -> None:
    """The clerk takes the next one; both see and hear each other."""
    clerk.page.get_by_role("button", name="Nächste Person aufrufen").click()
    expect(citizen.page.get_by_role("button", name="Auflegen")).to_be_visible(timeout=PATIENCE_MS)
    citizen.sees_and_hears()
    clerk.sees_and_hears()
    expect(citizen.page.locator("call-view[data-state=connected]")).to_be_visible()


def open_sheet(citizen: Person, tab: str) -> None:
    """Papers, steps and fee lie in a sheet over half the picture."""
    page = citizen.page
    button = page.get_by_role("button", name="Unterlagen").first
    if page.locator("#room-aside").is_hidden():
        button.click()
    page.locator("#room-aside").get_by_role("button", name=re.compile(f"^{tab}")).first.click()
