"""A call with company, through the whole office: a third person, words, another device. Real browsers and worker."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import people
from tests.browser.people import PHONE, Person, arrive, book, in_call, link, sign_in
from tests.office import RunningOffice

pytestmark = [pytest.mark.browser, pytest.mark.office]

TWO_PICTURES = """() => [...document.querySelectorAll("video")]
  .filter((each) => each.checkVisibility() && each.videoWidth > 0)
  .filter((each) => each.dataset.part !== "self" && each.id !== "call-local").length"""


@pytest.fixture
def interpreter(chromium: Browser, office: RunningOffice) -> Iterator[Person]:
    made = people.person(chromium, office, PHONE)
    yield made
    made.context.close()


def sees_two(person: Person) -> None:
    """Two others are on the screen."""
    for _ in range(200):
        if person.page.evaluate(TWO_PICTURES) == 2:
            return
        person.page.wait_for_timeout(100)
    raise AssertionError(f"{person.page.url} shows {person.page.evaluate(TWO_PICTURES)} pictures")


def codes(*persons: Person) -> set[str]:
    """The spoken codes that stand on the screens."""
    places = {"phone": "[data-part=code-digits]", "desk": "#call-code-digits"}
    found = set()
    for person in persons:
        place = person.page.locator(", ".join(places.values())).first
        expect(place).not_to_have_text("")
        found.add(place.inner_text())
    return found


def test_an_interpreter_is_let_in_reads_along_and_is_shown_out(
    office: RunningOffice, citizen: Person, clerk: Person, interpreter: Person, email: str
) -> None:
    book(citizen, email=email, matters=("Meldebescheinigung",))
    arrive(citizen, link(office, email, "join"))
    sign_in(clerk)
    in_call(citizen, clerk)
    before = codes(citizen, clerk)
    assert len(before) == 1

    desk = clerk.page
    desk.get_by_text("Dritte Person dazuholen").click()
    desk.get_by_label("Dolmetscherin oder Dolmetscher").check()
    desk.get_by_role("button", name="Link machen").click()
    invitation = desk.get_by_label("Link für die dritte Person")
    expect(invitation).to_have_value(re.compile("/heidelberg/guest#"))
    interpreter.page.goto(invitation.input_value())
    interpreter.page.get_by_role("button", name="Eintreten und warten").click()
    expect(interpreter.page.get_by_text("Sie warten vor der Tür")).to_be_visible()
    assert interpreter.page.evaluate(TWO_PICTURES) == 0

    desk.get_by_role("button", name="Einlassen").click()
    for person in (interpreter, citizen, clerk):
        sees_two(person)
    after = codes(interpreter, citizen, clerk)
    assert len(after) == 1
    assert after != before, "who comes changes the keys"

    desk.get_by_label("Ihre Nachricht").fill("Bitte übersetzen Sie")
    desk.get_by_role("button", name="Senden", exact=True).click()
    for person in (interpreter, citizen):
        expect(person.page.get_by_text("Bitte übersetzen Sie", exact=True)).to_be_visible()
    expect(desk.get_by_text("wird gesendet …")).to_have_count(0)

    desk.get_by_role("button", name="Hinausbitten").click()
    expect(interpreter.page.get_by_text("Sie warten vor der Tür")).to_be_visible()
    citizen.sees_and_hears()
    expect(citizen.page.locator("call-view[data-three]")).to_have_count(0)


def test_another_device_waits_for_the_clerks_yes(
    office: RunningOffice, citizen: Person, clerk: Person, interpreter: Person, email: str
) -> None:
    book(citizen, email=email, matters=("Meldebescheinigung",))
    address = link(office, email, "join")
    arrive(citizen, address)
    sign_in(clerk)
    in_call(citizen, clerk)
    tablet = interpreter.page
    tablet.goto(address)
    tablet.get_by_role("button", name="Hier weitermachen").click()
    tablet.get_by_role("button", name="Zurück ins Gespräch").click()
    expect(tablet.get_by_text("lässt Ihr neues Gerät gleich ein")).to_be_visible()
    expect(citizen.page.get_by_text("Hier weitermachen")).to_be_visible()
    clerk.page.get_by_role("button", name="Gerät einlassen").click()
    interpreter.sees_and_hears()
    clerk.sees_and_hears()
    expect(tablet.get_by_text("lässt Ihr neues Gerät gleich ein")).to_have_count(0)
