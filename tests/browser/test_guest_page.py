"""The third person in a real browser before a scripted office: green room, the door, the call, and out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_guest_room import FakeGuestRoom
from tests.browser.test_room_page import (
    DESKTOP,
    LANDSCAPE,
    PHONE,
    SMALL,
    barriers,
    browsers,
    citizen,
    wider_than_screen,
)

__all__ = ["browsers", "citizen"]  # fixtures: a guest's browser is a citizen's

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def room() -> Iterator[FakeGuestRoom]:
    with FakeGuestRoom() as started:
        yield started


def face(page: Page, name: str) -> None:
    page.wait_for_selector(f'guest-page[data-face="{name}"]')


def at_the_door(room: FakeGuestRoom, citizen: Open, **how: object) -> Page:
    page = citizen(**how)
    page.goto(room.url(room.door))
    face(page, "green")
    page.get_by_role("button", name="Eintreten und warten").click()
    face(page, "door")
    return page


def in_call(room: FakeGuestRoom, citizen: Open, **how: object) -> Page:
    page = at_the_door(room, citizen, **how)
    room.admit()
    page.evaluate("fernamtFake.seat(['clerk', 'citizen', 'guest'])")
    face(page, "call")
    return page


def test_nobody_is_seen_before_the_clerk_opens_the_door(room: FakeGuestRoom, citizen: Open) -> None:
    page = at_the_door(room, citizen)
    expect(page.get_by_text("Bis dahin hört und sieht Sie niemand.")).to_be_visible()
    page.wait_for_function("fernamtFake.count() === 1")
    assert page.evaluate("fernamtFake.sent()") == [{"audio": None, "video": None}], "connected, and nothing is sent"
    room.admit()
    page.evaluate("fernamtFake.seat(['clerk', 'citizen', 'guest'])")
    face(page, "call")
    page.wait_for_function("fernamtFake.sent().every(({ audio, video }) => audio && video)")
    expect(page.locator("[data-part=clerk]")).to_have_text("Sachbearbeitung 1")
    expect(page.get_by_text("Bürgerin oder Bürger", exact=True)).to_be_visible()
    expect(page.get_by_label("Bild der dritten Person")).to_be_visible()
    page.reload()
    face(page, "call")


def test_shown_out_nothing_of_what_was_said_stays(room: FakeGuestRoom, citizen: Open) -> None:
    page = in_call(room, citizen)
    page.evaluate("fernamtFake.agree()")
    page.evaluate("fernamtFake.hear('citizen', { type: 'chat', id: '1', text: 'Danke fürs Übersetzen' })")
    expect(page.get_by_text("Danke fürs Übersetzen", exact=True)).to_be_visible()
    room.admit(inside=False)
    face(page, "door")
    room.admit()
    page.evaluate("fernamtFake.seat(['clerk', 'citizen', 'guest'])")
    face(page, "call")
    expect(page.get_by_text("Danke fürs Übersetzen", exact=True)).to_have_count(0)


def test_leaving_and_coming_back(room: FakeGuestRoom, citizen: Open) -> None:
    page = in_call(room, citizen)
    page.get_by_role("button", name="Auflegen").click()
    face(page, "left")
    assert page.evaluate("fernamtFake.count()") == 0
    page.get_by_role("button", name="Zurück vor die Tür").click()
    face(page, "door")
    page.get_by_role("button", name="Nicht mehr warten").click()
    face(page, "left")


def test_a_link_that_ended_says_so(room: FakeGuestRoom, citizen: Open) -> None:
    page = at_the_door(room, citizen)
    room.faults["*"] = 401
    face(page, "lost")
    expect(page.get_by_text("Bitten Sie um einen neuen")).to_be_visible()


def test_another_device_gives_the_seat_up_only_when_asked(room: FakeGuestRoom, citizen: Open) -> None:
    room.guest(state="waiting", seat="elsewhere")
    page = citizen()
    page.goto(room.url(room.door))
    face(page, "elsewhere")
    page.get_by_role("button", name="Hier weitermachen").click()
    face(page, "door")
    assert room.named("enter")[0]["take_over"] is True


def test_nothing_of_the_case_is_told(room: FakeGuestRoom, citizen: Open) -> None:
    page = in_call(room, citizen)
    words = page.locator("guest-page").inner_text()
    assert not [word for word in ("Unterlagen", "Gebühr", "Schritte", "Anliegen") if word in words]


@pytest.mark.parametrize("size", [PHONE, LANDSCAPE, SMALL, DESKTOP], ids=["phone", "landscape", "320", "desktop"])
@pytest.mark.parametrize("name", ["green", "door", "call", "left", "elsewhere"])
def test_each_face_is_without_barriers(room: FakeGuestRoom, citizen: Open, name: str, size: object) -> None:
    if name == "elsewhere":
        room.guest(state="waiting", seat="elsewhere")
        page = citizen(size=size)
        page.goto(room.url(room.door))
    elif name == "green":
        page = citizen(size=size)
        page.goto(room.url(room.door))
    elif name == "call":
        page = in_call(room, citizen, size=size)
    else:
        page = at_the_door(room, citizen, size=size)
        if name == "left":
            page.get_by_role("button", name="Nicht mehr warten").click()
    face(page, name)
    assert barriers(page) == []
    assert not wider_than_screen(page)
