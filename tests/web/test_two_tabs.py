"""One browser, two appointments in two tabs: no page acts on the booking that the other one shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from chalice.test import Client

import app as application
from chalicelib import composition
from chalicelib.domain.bookings import BookingState, Details
from chalicelib.domain.ids import FileKey
from chalicelib.domain.links import Purpose, fragment, secret
from tests.doubles.browser import Browser
from tests.doubles.chance import SetClock
from tests.doubles.house import House


@dataclass
class Scene:
    """Two confirmed bookings, and one browser that has both links."""

    house: House
    browser: Browser
    first: FileKey
    second: FileKey

    def open(self, key: FileKey, purpose: Purpose) -> None:
        """Open a link in a tab: the cookie is the browser's, not the tab's."""
        link = secret(
            self.house.settings.link_key,
            office="heidelberg",
            booking_id=key.booking_id,
            version=1,
            purpose=purpose,
        )
        where = {Purpose.JOIN: "join", Purpose.MANAGE: "manage"}[purpose]
        assert self.browser.post_json(f"/heidelberg/{where}", {"link": fragment(key.booking_id, link)}).status < 400

    def state(self, key: FileKey) -> BookingState:
        return self.house.acting.files.load(key).booking.state


@pytest.fixture
def scene() -> Iterator[Scene]:
    house = House()
    composition.install(house)
    clock, office, booking = house.clock, house.offices["heidelberg"], house.booking
    assert isinstance(clock, SetClock)
    now, keys = clock.now(), []
    week = booking.week(office, ["meldebescheinigung"], week=None, now=now)
    for slot in week.slots[:2]:
        key = booking.hold(office, ["meldebescheinigung"], slot.start, booker="browser", now=now)
        booking.give_details(key, Details("Ada", "ada@example.org", "de"), booker="browser", now=now)
        booking.confirm(key, booker="browser", now=now)
        keys.append(key)
    clock.moment = week.slots[0].start - timedelta(minutes=10)
    with Client(application.app) as client:
        yield Scene(house, Browser(client), *keys)


@pytest.mark.parametrize("page", ["cancel", "resend", "move"])
def test_the_pages_that_change_something_say_which_booking_they_show(scene: Scene, page: str) -> None:
    scene.open(scene.first, Purpose.MANAGE)
    scene.browser.accept = "text/html"
    html = scene.browser.get(f"/heidelberg/manage/booking/{page}").body.decode()
    assert re.search(rf'name="booking" value="{scene.first.booking_id}"', html)


def test_the_first_tabs_button_does_not_cancel_the_second_appointment(scene: Scene) -> None:
    scene.open(scene.first, Purpose.MANAGE)
    scene.open(scene.second, Purpose.MANAGE)
    refused = scene.browser.post("/heidelberg/manage/booking/cancel", {"booking": scene.first.booking_id})
    assert refused.status == 401
    assert [scene.state(key) for key in (scene.first, scene.second)] == [BookingState.CONFIRMED] * 2
    scene.browser.post("/heidelberg/manage/booking/cancel", {"booking": scene.second.booking_id})
    assert scene.state(scene.second) is BookingState.CANCELLED


def test_the_first_tabs_room_does_not_turn_into_the_second_ones(scene: Scene) -> None:
    scene.open(scene.first, Purpose.JOIN)
    shown = scene.browser.get("/heidelberg/room/state").json()["booking"]["id"]
    assert shown == scene.first.booking_id
    scene.open(scene.second, Purpose.JOIN)
    scene.browser.headers = {"Fernamt-Booking": shown}
    assert scene.browser.get("/heidelberg/room/state").status == 401
    report = {"camera": "ok", "microphone": "ok", "connection": "ok", "browser": "x"}
    assert scene.browser.post_json("/heidelberg/room/enter", report).status == 401
    scene.browser.headers = {}
    assert scene.browser.get("/heidelberg/room/state").json()["visit"]["state"] == "expected"
