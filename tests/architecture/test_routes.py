"""Every route names its audience and is refused to everybody else; what belongs to others looks absent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from chalice.test import Client

import app as application
from chalicelib import composition
from chalicelib.blueprints.boundary import ROUTES, Route
from chalicelib.domain.access import Audience
from chalicelib.domain.bookings import Details
from chalicelib.domain.ids import FileKey, new_id
from chalicelib.services.booking import Booking
from tests.doubles.browser import Browser
from tests.doubles.chance import SeededChance
from tests.doubles.house import House

CASES = [(method, route) for route in ROUTES for method in route.methods]
NAMES = [f"{method} {route.path}" for method, route in CASES]
SESSIONS = {
    "manage": Audience.MANAGER,
    "visit": Audience.VISITOR,
    "guest": Audience.GUEST,
    "desk": Audience.CLERK,
}
PROTECTED = (Audience.BOOKER, *SESSIONS.values())


@pytest.fixture
def house() -> House:
    house = House()
    composition.install(house)
    return house


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(application.app) as client:
        yield client


@pytest.fixture
def booked(house: House) -> FileKey:
    """Somebody's confirmed booking in Heidelberg."""
    now = house.clock.now()
    booking = Booking(house.acting)
    office = house.offices["heidelberg"]
    slot = booking.earliest(office, ["meldebescheinigung"], now=now)
    assert slot
    key = booking.hold(office, ["meldebescheinigung"], slot.start, booker="browser", now=now)
    booking.give_details(key, Details("Ada Beispiel", "ada@example.org", "de"), booker="browser", now=now)
    booking.confirm(key, booker="browser", now=now)
    return key


def session(house: House, kind: str, key: FileKey, office: str = "heidelberg") -> dict[str, str]:
    claims = {
        "office": office,
        "booking": key.booking_id,
        "version": 1,
        "device": "phone",
        "id": "hd-1",
        "role": "clerk",
        "name": "Sachbearbeitung 1",
    }
    now = house.clock.now()
    token = house.sessions.issue(kind, claims, expires_at=now + timedelta(hours=1), now=now)
    return {f"__Host-{kind}": token}


def filled(path: str, key: FileKey, office: str = "heidelberg") -> str:
    values = {
        "office": office,
        "booking": key.booking_id,
        "paper": new_id(SeededChance(1).token(16)),
        "service": "meldebescheinigung",
        "page": "imprint",
    }
    return path.format_map(values)


def test_chalice_knows_no_route_but_ours() -> None:
    """A view without @endpoint would be open to everybody, and answer 500 to a citizen's mistake."""
    known = {(path, method) for path, views in application.app.routes.items() for method in views}
    assert known == {(route.path, method) for route in ROUTES for method in route.methods}


@pytest.mark.parametrize(("method", "route"), CASES, ids=NAMES)
def test_nobody_gets_in_without_a_session(
    method: str, route: Route, house: House, client: Client, booked: FileKey
) -> None:
    if route.audience in PROTECTED:
        answer = Browser(client).send(method, filled(route.path, booked))
        assert answer.status in (401, 404), answer.body


@pytest.mark.parametrize(("method", "route"), CASES, ids=NAMES)
def test_a_session_of_another_kind_opens_nothing(
    method: str, route: Route, house: House, client: Client, booked: FileKey
) -> None:
    """Each session opens the routes of its own audience; as another cookie's content it opens none."""
    if route.audience not in PROTECTED:
        return
    for kind, audience in SESSIONS.items():
        if audience is route.audience:
            continue
        (token,) = session(house, kind, booked).values()
        cookies = {f"__Host-{name}": token for name in (*SESSIONS, "booker")}
        answer = Browser(client, cookies=cookies).send(method, filled(route.path, booked))
        assert answer.status in (401, 404), (kind, answer.body)


@pytest.mark.parametrize(("method", "route"), CASES, ids=NAMES)
def test_what_belongs_to_others_answers_as_if_absent(
    method: str, route: Route, house: House, client: Client, booked: FileKey
) -> None:
    """To the letter: the same status and the same words as for a booking that never was."""
    never = FileKey("heidelberg", new_id(SeededChance(99).token(16)))
    if route.audience is Audience.CLERK and "{booking}" in route.path:
        cookies = session(house, "desk", booked, office="karlsruhe")
        others, absent = (
            Browser(client, cookies=dict(cookies)).send(method, filled(route.path, key)) for key in (booked, never)
        )
        assert (others.status, others.body) == (absent.status, absent.body)
        assert others.status >= 400
    if route.audience is Audience.BOOKER:
        others, absent = (
            Browser(client, cookies={"__Host-booker": "other"}).send(method, filled(route.path, key))
            for key in (booked, never)
        )
        assert (others.status, others.body) == (absent.status, absent.body)
        assert others.status == 404


@pytest.mark.parametrize(("method", "route"), CASES, ids=NAMES)
def test_a_link_of_another_office_opens_nothing(
    method: str, route: Route, house: House, client: Client, booked: FileKey
) -> None:
    """A session says which office it is for; in the other's pages it is none."""
    kind = next((kind for kind, audience in SESSIONS.items() if audience is route.audience), "desk")
    if kind == "desk":
        return
    cookies = session(house, kind, booked, office="karlsruhe")
    here = Browser(client, cookies=dict(cookies)).send(method, filled(route.path, booked))
    assert here.status == 401, here.body
    there = Browser(client, cookies=dict(cookies)).send(method, filled(route.path, booked, "karlsruhe"))
    assert there.status == 404, there.body


@pytest.mark.parametrize(("method", "route"), CASES, ids=NAMES)
def test_an_unsafe_request_from_elsewhere_is_refused(
    method: str, route: Route, house: House, client: Client, booked: FileKey
) -> None:
    """CSRF: no Origin, a foreign one, or a browser that says "cross-site"."""
    if method == "GET" or route.audience is Audience.NOTICE:
        return
    cookies: dict[str, str] = {"__Host-booker": "browser"}
    for kind in SESSIONS:
        cookies |= session(house, kind, booked)
    for origin in (None, "https://evil.example", "null"):
        browser = Browser(client, cookies=dict(cookies), origin=origin)
        answer = browser.send(method, filled(route.path, booked))
        assert answer.status == 403, answer.body


def test_an_expired_or_altered_session_is_none(house: House, client: Client, booked: FileKey) -> None:
    cookies = session(house, "desk", booked)
    assert Browser(client, cookies=cookies).get("/desk/state").status == 200
    altered = {name: value[:-2] + "AA" for name, value in cookies.items()}
    assert Browser(client, cookies=altered).get("/desk/state").status == 401
    house.clock.forward(hours=1)  # type: ignore[attr-defined]  # a SetClock
    assert Browser(client, cookies=cookies).get("/desk/state").status == 401


def test_operators_do_not_work_at_the_desk(house: House, client: Client, booked: FileKey) -> None:
    now = house.clock.now()
    claims = {"id": "hd-9", "office": "heidelberg", "role": "ops", "name": "Betrieb"}
    token = house.sessions.issue("desk", claims, expires_at=now + timedelta(hours=1), now=now)
    browser = Browser(client, cookies={"__Host-desk": token})
    assert browser.get("/desk/state").status == 403
    assert browser.get(f"/desk/files/{booked.booking_id}").status == 403


def test_a_page_carries_the_headers_that_protect_it(house: House, client: Client) -> None:
    answer = Browser(client, accept="text/html").get("/heidelberg")
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Strict-Transport-Security"]
