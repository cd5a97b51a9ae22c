"""What a page weighs on the wire, compressed, without fonts; and which pages need no script."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, Response, sync_playwright

from benchmarks.figures import Figures
from tests.browser import people
from tests.browser.people import Person, arrive, book, link, sign_in
from tests.office import RunningOffice

EMAIL = "bench@example.org"


def measure(figures: Figures, folder: Path) -> None:
    """Load every page of the journey with an empty cache and add up what came."""
    weights: dict[str, float] = {}
    with (
        RunningOffice(folder) as office,
        sync_playwright() as playwright,
        people.browser(playwright) as chromium,
    ):
        plain = people.person(chromium, office, people.PHONE, java_script_enabled=False)
        book(plain, email=EMAIL, matters=("Meldebescheinigung",))
        print("  booked with scripts off, from the entry to the confirmation")
        citizen, clerk = (people.person(chromium, office, size) for size in (people.PHONE, people.DESK))
        front = f"{office.front}/heidelberg"
        for name, path in {
            "entry": "",
            "matter": "/matters/meldebescheinigung",
            "slots": "/slots?m=meldebescheinigung",
            "join": "/join",
            "manage": "/manage",
        }.items():
            weights[name] = _weigh(citizen, f"{front}{path}")
        arrive(citizen, link(office, EMAIL, "join"))
        weights["room"] = _weigh(citizen, f"{front}/room")
        sign_in(clerk)
        weights["desk"] = _weigh(clerk, f"{office.front}/desk")
    _print(weights)
    figures.add("http.page_kb_max", max(weights.values()), "kb", goal="<=80")


def _weigh(person: Person, url: str) -> float:
    """Kilobytes (1000 bytes) of all answers to one page, gzipped as the distribution would send them."""
    page = person.context.new_page()
    seen: dict[str, Response] = {}
    page.on("response", lambda response: seen.update({response.url: response}))
    page.goto(url)
    page.wait_for_load_state("load")
    _settle(page)
    total = sum(_compressed(response) for response in seen.values() if _counts(response))
    page.close()
    return total / 1000


def _settle(page: Page) -> None:
    """Modules load modules: wait until none is left."""
    page.wait_for_timeout(1500)


def _counts(response: Response) -> bool:
    """Fonts are kept for ever by every browser; states that a page polls are no part of it."""
    return response.request.resource_type not in ("font", "fetch", "xhr", "media")


def _compressed(response: Response) -> int:
    return len(gzip.compress(response.body(), 9)) if response.ok else 0


def _print(weights: Mapping[str, float]) -> None:
    for name, weight in weights.items():
        print(f"  {name:<8} {weight:6.1f} KB")
