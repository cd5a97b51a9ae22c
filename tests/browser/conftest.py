"""One office and one browser for all journeys of a run; every person has a profile of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from local import assets
from tests.browser import people
from tests.browser.people import DESK, PHONE, Person
from tests.office import RunningOffice

expect.set_options(timeout=people.PATIENCE_MS)
# They share the office: the clerk of one test must never take the citizen of another for their own.
SURNAMES = iter(
    [
        "Ahorn",
        "Birke",
        "Buche",
        "Eibe",
        "Eiche",
        "Erle",
        "Esche",
        "Espe",
        "Fichte",
        "Hasel",
        "Kiefer",
        "Linde",
        "Pappel",
        "Tanne",
        "Ulme",
        "Weide",
    ]
)
FAILURES = Path(__file__).parents[2] / "test-results" / "failures"


@pytest.fixture(scope="session", autouse=True)
def fresh() -> None:
    """Pages load the small copies: they must be those of today's sources."""
    assets.freshen()


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOffice]:
    with RunningOffice(Path(tmp_path_factory.mktemp("office"))) as office:
        yield office


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with people.browser(playwright) as launched:
        yield launched


def _leave(made: Person, request: pytest.FixtureRequest, role: str) -> None:
    """Go home and close the browser; a failed test leaves a picture and what the console said."""
    if request.session.testsfailed:
        made.shot(FAILURES, f"{request.node.name[:60]}-{role}")
        print(f"{role} at {made.page.url.partition('#')[0]}:", *made.complaints, sep="\n  ")
    if made.page.url != "about:blank":
        made.go_home()
    made.context.close()


@pytest.fixture
def citizen(chromium: Browser, office: RunningOffice, request: pytest.FixtureRequest) -> Iterator[Person]:
    """On a phone."""
    made = people.person(chromium, office, PHONE, has_touch=True, is_mobile=True)
    made.name = f"Ada {next(SURNAMES)}"
    yield made
    _leave(made, request, "citizen")


@pytest.fixture
def clerk(chromium: Browser, office: RunningOffice, request: pytest.FixtureRequest) -> Iterator[Person]:
    """At a desk."""
    made = people.person(chromium, office, DESK)
    yield made
    _leave(made, request, "clerk")


@pytest.fixture
def second_clerk(chromium: Browser, office: RunningOffice, request: pytest.FixtureRequest) -> Iterator[Person]:
    """At the next desk."""
    made = people.person(chromium, office, DESK)
    yield made
    _leave(made, request, "second-clerk")


@pytest.fixture
def email(request: pytest.FixtureRequest) -> str:
    """An address of its own for every test: they share the mailbox."""
    return f"{abs(hash(request.node.nodeid))}@example.org"
