"""Calls that are interrupted, again and again: both sides see each other again, or are counted as not back.

Two real browsers in a call of the whole office. Four interruptions, each a table of its own: SIGKILL to the worker
that carries the call; a reload, of the citizen's page and the clerk's by turns; the citizen's other device, let in
by the clerk; another address under the citizen's browser. "Back" is the moment from which pictures come and stay, on
the later of both sides.

    python -m benchmarks.prove_recovery
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect, sync_playwright

from benchmarks.figures import Figures, alone
from benchmarks.moving_network import moving_network
from benchmarks.own_workers import OwnWorker, OwnWorkers
from benchmarks.returning import GONE_MS, Returns, watch
from tests.browser import people
from tests.browser.people import Person, arrive, book, in_call, link, open_sheet, sign_in
from tests.office import RunningOffice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from benchmarks.moving_network import Network

TIMES = int(os.environ.get("KILLS", "100"))
FULL = 100
EMAIL = "recovery@example.org"
PAPER = "bescheinigung.pdf"
SEED = 7
expect.set_options(timeout=people.PATIENCE_MS)


def measure(figures: Figures) -> None:
    """Interrupt, wait, note: kind by kind, each in a call of its own."""
    chance = random.Random(SEED)  # moments, not secrets
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningOffice(Path(folder)) as office,
        sync_playwright() as playwright,
        people.browser(playwright) as chromium,
    ):
        with OwnWorkers(office, 2) as workers, _call(office, chromium, chromium) as call:
            _note(figures, "recovery", "kills", _killed(call, workers, chance), call)
            figures.add("recovery.not_back.control", _killed_for_good(call, workers), "calls", goal="=1")
        with _call(office, chromium, chromium) as call:
            _note(figures, "recovery.reload", "reloads", _reloaded(call, chance), call)
        with _call(office, chromium, chromium) as call:
            _note(figures, "recovery.device", "devices", _on_another_device(call, chromium), call)
        with (
            moving_network(office.addresses.port("front")) as network,
            OwnWorkers(office, 2, bind_address=network.bind_address),
            people.browser(playwright, executable=network.browser) as moving,
            _call(office, moving, chromium) as call,
        ):
            _note(figures, "recovery.network", "addresses", _on_another_address(call, network, chance), call)


def _note(figures: Figures, name: str, what: str, returns: Returns, call: Call) -> None:
    figures.add(f"{name}.{what}", TIMES, "times", goal=f"={FULL}" if TIMES == FULL else "none")
    returns.add_to(figures, name)
    figures.add(f"{name}.case_lost", 0 if call.case_is_whole() else 1, "cases", goal="=0")


@dataclass
class Call:
    """Two people in a call."""

    citizen: Person
    clerk: Person
    reference: str
    address: str  # the citizen's link

    def begin_case(self, folder: Path) -> None:
        """Tick a step, and send a paper: what must not be lost."""
        self.clerk.page.get_by_role("checkbox").first.check()
        paper = folder / PAPER
        self.clerk.page.pdf(path=paper)
        self.clerk.page.locator("#desk-file input[type=file]").set_input_files(paper)
        expect(self.clerk.page.get_by_text(PAPER).first).to_be_visible()

    def case_is_whole(self) -> bool:
        """Both are in the call, and have the case, its step and its paper before them."""
        desk, phone = self.clerk.page, self.citizen.page
        try:
            expect(desk.get_by_text(self.reference).first).to_be_visible()
            expect(desk.get_by_role("checkbox").first).to_be_checked()
            expect(desk.get_by_text(PAPER).first).to_be_visible()
            expect(phone.get_by_role("button", name="Auflegen")).to_be_visible()
            open_sheet(self.citizen, "Schritte")
            expect(phone.locator("[data-done=yes]").first).to_be_visible()
            open_sheet(self.citizen, "Unterlagen")
            expect(phone.get_by_text(PAPER).first).to_be_visible()
        except (AssertionError, PlaywrightTimeout) as missing:
            print(missing, flush=True)
            return False
        return True

    def both_back(self, returns: Returns, *, since_ms: int) -> None:
        """Wait until both see each other again, and count it."""
        returns.add(self.citizen, self.clerk, since_ms=since_ms)


@contextmanager
def _call(office: RunningOffice, citizens: Browser, clerks: Browser) -> Iterator[Call]:
    """A call from the booking on; at the end both go home, so that the next begins with an empty office."""
    citizen = people.person(citizens, office, people.PHONE)
    clerk = people.person(clerks, office, people.DESK)
    email = f"{time.time_ns()}.{EMAIL}"
    reference = book(citizen, email=email, matters=("Meldebescheinigung",))
    address = link(office, email, "join")
    arrive(citizen, address)
    sign_in(clerk)
    expect(clerk.page.get_by_text(citizen.name).first).to_be_visible()
    in_call(citizen, clerk)
    watch(citizen)
    watch(clerk)
    call = Call(citizen, clerk, reference, address)
    try:
        call.begin_case(office.folder)
        yield call
    finally:
        for person in (call.clerk, call.citizen):
            person.go_home()
            person.context.close()


def _killed(call: Call, workers: OwnWorkers, chance: random.Random) -> Returns:
    returns = Returns()
    for _ in range(TIMES):
        carrier = _carrier(workers)
        time.sleep(chance.uniform(0.0, 1.5))
        since_ms = _now_ms()
        carrier.send(signal.SIGKILL)
        call.both_back(returns, since_ms=since_ms)
        carrier.start()
        returns.say("kills")
    return returns


def _killed_for_good(call: Call, workers: OwnWorkers) -> int:
    """The control: one more kill, and nobody can ask for another place. Returns how many are not back."""
    returns = Returns()
    pages = (call.citizen.page, call.clerk.page)
    for page in pages:
        page.route("**/ticket*", lambda route: route.abort())
    carrier, since_ms = _carrier(workers), _now_ms()
    carrier.send(signal.SIGKILL)
    call.both_back(returns, since_ms=since_ms)
    carrier.start()
    for page in pages:
        page.unroute("**/ticket*")
    return returns.lost


def _reloaded(call: Call, chance: random.Random) -> Returns:
    returns = Returns()
    for number in range(TIMES):
        person = (call.citizen, call.clerk)[number % 2]
        time.sleep(chance.uniform(0.0, 1.5))
        since_ms = _now_ms()
        person.page.reload()
        call.both_back(returns, since_ms=since_ms)
        returns.say("reloads")
    return returns


def _on_another_address(call: Call, network: Network, chance: random.Random) -> Returns:
    returns = Returns()
    for _ in range(TIMES):
        time.sleep(chance.uniform(0.0, 1.5))
        since_ms = _now_ms()
        network.change_address()
        call.both_back(returns, since_ms=since_ms)
        returns.say("addresses")
    return returns


def _on_another_device(call: Call, chromium: Browser) -> Returns:
    """Phone and tablet by turns. The clock runs from the clerk's yes: before that, people decide."""
    returns = Returns()
    tablet = people.person(chromium, call.citizen.office, people.PHONE)
    watch(tablet)
    tablet.page.goto(call.address)
    former, coming = call.citizen, tablet
    try:
        for _ in range(TIMES):
            coming.page.get_by_role("button", name="Hier weitermachen").click()
            again = coming.page.get_by_role("button", name="Zurück ins Gespräch")
            arrived = coming.page.get_by_text("lässt Ihr neues Gerät gleich ein")
            expect(again.or_(arrived)).to_be_visible()
            if again.is_visible():  # a device that was checked before is back at once
                again.click()
            admit = call.clerk.page.get_by_role("button", name="Gerät einlassen")
            expect(admit).to_be_visible()
            since_ms = _now_ms()
            admit.click()
            call.citizen = coming
            call.both_back(returns, since_ms=since_ms)
            former, coming = coming, former
            returns.say("devices")
    finally:
        coming.context.close()  # the one that is not in the call
    return returns


def _carrier(workers: OwnWorkers) -> OwnWorker:
    """The worker of the call, once exactly one of ours carries it."""
    end = time.monotonic() + GONE_MS / 1000
    while time.monotonic() < end:
        busy = workers.busy()
        if len(busy) == 1:
            return busy[0]
        time.sleep(0.1)
    raise RuntimeError("the call is on none of our workers")


def _now_ms() -> int:
    """The clock of the pages."""
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    sys.exit(alone(measure))
