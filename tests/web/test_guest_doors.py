"""The guest's doors, and what each of the three is told of a call: over HTTP, with everything outside doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from chalice.test import Client

import app as application
from chalicelib import composition
from chalicelib.adapters.sessions import Sessions
from chalicelib.domain.bookings import Details
from chalicelib.domain.ids import FileKey
from chalicelib.domain.links import Purpose, fragment, secret
from tests.doubles.browser import Answer, Browser
from tests.doubles.chance import SetClock
from tests.doubles.house import House

NAME, MAIL, NOTE, PHONE = "Ada Beispiel-Canary", "ada.canary@example.org", "CANARY-note", "06221 998877"
FINE = {"camera": "ok", "microphone": "ok", "connection": "ok", "browser": "Chromium 156, Linux"}
MEASURED = {"loss_percent": 0.4, "round_trip_ms": 23.6, "bandwidth_kbits": 2400, "encryption": "script"}


@dataclass
class Scene:
    """One booking, its citizen, a clerk, and a client for more people."""

    house: House
    client: Client
    key: FileKey
    citizen: Browser
    clerk: Browser

    def room(self, act: str, body: dict[str, Any] | None = None) -> Answer:
        return self.citizen.post_json(f"/heidelberg/room/{act}", body)

    def desk(self, act: str, body: dict[str, Any] | None = None) -> Answer:
        return self.clerk.post_json(f"/desk/files/{self.key.booking_id}/{act}", body)

    def invite(self, role: str = "interpreter") -> str:
        answer = self.desk("guest", {"role": role})
        assert answer.status == 201, answer.body
        url: str = answer.json()["url"]
        assert url.startswith("https://office.example/heidelberg/guest#")
        return url

    def guest(self, link: str) -> Browser:
        browser = Browser(self.client)
        answer = browser.post_json("/heidelberg/guest", {"link": link})
        assert answer.status == 200, answer.body
        assert answer.json() == {"room": "/heidelberg/guest/room"}
        return browser

    def call(self) -> None:
        assert self.room("enter", FINE).status == 200
        assert self.desk("call").status == 200


@pytest.fixture
def scene() -> Iterator[Scene]:
    house = House()
    composition.install(house)
    clock, office, booking = house.clock, house.offices["heidelberg"], house.booking
    assert isinstance(clock, SetClock)
    now = clock.now()
    slot = booking.earliest(office, ["meldebescheinigung"], now=now)
    assert slot
    key = booking.hold(office, ["meldebescheinigung"], slot.start, booker="browser", now=now)
    booking.give_details(key, Details(NAME, MAIL, "de", PHONE, NOTE), booker="browser", now=now)
    booking.confirm(key, booker="browser", now=now)
    clock.moment = slot.start - timedelta(minutes=10)
    with Client(application.app) as client:
        citizen = Browser(client)
        link = secret(
            house.settings.link_key,
            office="heidelberg",
            booking_id=key.booking_id,
            version=1,
            purpose=Purpose.JOIN,
        )
        assert citizen.post_json("/heidelberg/join", {"link": fragment(key.booking_id, link)}).status == 200
        shift = Sessions(house.settings.session_key).issue(
            "desk",
            {"id": "hd-1", "office": "heidelberg", "role": "clerk", "name": "Sachbearbeitung 1"},
            expires_at=clock.now() + timedelta(hours=8),
            now=clock.now(),
        )
        yield Scene(house, client, key, citizen, Browser(client, cookies={"__Host-desk": shift}))


def test_an_interpreters_way_through_the_doors(scene: Scene) -> None:
    scene.call()
    guest = scene.guest(scene.invite())
    assert guest.get("/heidelberg/guest/room/state").json()["guest"] == {
        "role": "interpreter",
        "state": "invited",
        "seat": "free",
    }
    entered = guest.post_json("/heidelberg/guest/room/enter", {**FINE, **MEASURED})
    assert entered.json()["guest"] == {"role": "interpreter", "state": "waiting", "seat": "here"}
    ticket = guest.post_json("/heidelberg/guest/room/ticket").json()
    assert set(ticket) == {"ticket", "url", "generation"}
    file = scene.desk("admit", {"guest": True}).json()
    assert (file["guest"]["state"], file["guest"]["present"]) == ("admitted", True)
    assert file["guest"]["device"]["round_trip_ms"] == 24
    told = guest.post_json("/heidelberg/guest/room/presence", FINE).json()
    assert told["call"] == {
        "running": True,
        "generation": 1,
        "clerk": "Sachbearbeitung 1",
        "in_it": ["citizen", "clerk", "guest"],
    }
    assert guest.post_json("/heidelberg/guest/room/leave").json()["guest"]["state"] == "left"
    assert scene.citizen.get("/heidelberg/room/state").json()["guest"] == {"role": "interpreter", "state": "left"}


def test_both_others_are_told_of_the_guest_from_the_invitation_on(scene: Scene) -> None:
    scene.call()
    assert scene.citizen.get("/heidelberg/room/state").json()["guest"] is None
    assert scene.clerk.get(f"/desk/files/{scene.key.booking_id}").json()["guest"] is None
    scene.invite("sign_language")
    expected = {"role": "sign_language", "state": "invited"}
    assert scene.citizen.get("/heidelberg/room/state").json()["guest"] == expected
    told = scene.clerk.get(f"/desk/files/{scene.key.booking_id}").json()["guest"]
    assert told == {**expected, "present": False, "device": None}


def test_a_guest_is_told_nothing_of_the_case(scene: Scene) -> None:
    """Neither name nor matter, date, reference, fee, papers, steps, address: not in data, not in the page."""
    scene.call()
    scene.desk("fee")
    scene.desk("step", {"step": "meldebescheinigung/card-shown"})
    guest = scene.guest(scene.invite())
    guest.post_json("/heidelberg/guest/room/enter", FINE)
    scene.desk("admit", {"guest": True})
    told = guest.get("/heidelberg/guest/room/state")
    person = Browser(scene.client, accept="text/html", cookies=guest.cookies)
    page = person.get("/heidelberg/guest/room")
    assert page.status == 200
    booking = scene.house.acting.files.load(scene.key).booking
    secrets = [NAME, MAIL, NOTE, PHONE, booking.reference, scene.key.booking_id, "eldebescheinigung", "5,50", "EUR"]
    for answer in (told, page):
        text = answer.body.decode()
        assert [word for word in secrets if word in text] == []
        assert booking.start.isoformat()[:16] not in text
    assert set(told.json()) == {"now", "office", "guest", "call", "calls"}
    # Control: the citizen's own state holds them.
    assert NAME in scene.citizen.get("/heidelberg/room/state").body.decode()


def test_a_guests_session_opens_no_door_of_the_citizen(scene: Scene) -> None:
    scene.call()
    guest = scene.guest(scene.invite())
    for path in ("room/state", "room", "manage/booking"):
        assert guest.get(f"/heidelberg/{path}").status == 401
    for act in ("ticket", "papers", "pay", "enter"):
        assert guest.post_json(f"/heidelberg/room/{act}", {}).status == 401


def test_an_ended_link_shuts_all_doors_at_once(scene: Scene) -> None:
    scene.call()
    guest = scene.guest(scene.invite())
    assert guest.post_json("/heidelberg/guest/room/enter", FINE).status == 200
    scene.invite("relative")
    assert guest.get("/heidelberg/guest/room/state").status == 404
    for act in ("enter", "presence", "ticket", "leave"):
        assert guest.post_json(f"/heidelberg/guest/room/{act}", FINE).status == 404


def test_another_guests_link_says_no_more_than_an_altered_one(scene: Scene) -> None:
    scene.call()
    link = scene.invite()
    altered = link[:-1] + ("A" if link[-1] != "A" else "B")
    here = Browser(scene.client).post_json("/heidelberg/guest", {"link": altered})
    elsewhere = Browser(scene.client).post_json("/karlsruhe/guest", {"link": link})
    nowhere = Browser(scene.client).post_json("/heidelberg/guest", {"link": "#" + "a" * 26 + "." + "A" * 32})
    assert {(answer.status, answer.body) for answer in (here, elsewhere, nowhere)} == {(404, here.body)}


def test_the_guests_pages_speak_both_languages(scene: Scene) -> None:
    scene.call()
    guest = scene.guest(scene.invite())
    for language, words in {"de": "Sie dolmetschen", "en": "You interpret"}.items():
        person = Browser(scene.client, accept="text/html", cookies=guest.cookies)
        assert words in person.get(f"/heidelberg/guest/room?lang={language}").body.decode()
        landing = Browser(scene.client, accept="text/html").get(f"/heidelberg/guest?lang={language}")
        assert landing.status == 200
    refused = Browser(scene.client, accept="text/html").post("/heidelberg/guest", {"link": "nonsense"})
    assert refused.status == 409
    stranger = Browser(scene.client, accept="text/html").get("/heidelberg/guest/room")
    assert (stranger.status, stranger.location) == (303, "/heidelberg/guest")


@pytest.mark.parametrize(
    ("act", "body"),
    [("guest", {}), ("guest", {"role": "spy"}), ("admit", {}), ("admit", {"guest": "perhaps"})],
)
def test_what_the_desk_sends_is_checked(scene: Scene, act: str, body: dict[str, Any]) -> None:
    scene.call()
    assert scene.desk(act, body).status == 422


def test_the_desk_knows_what_the_line_is_worth(scene: Scene) -> None:
    scene.room("enter", {**FINE, **MEASURED})
    expected = {**FINE, "loss_percent": 0, "round_trip_ms": 24, "bandwidth_kbits": 2400, "encryption": "script"}
    assert scene.clerk.get("/desk/state").json()["list"][0]["device"] == expected
    assert scene.clerk.get(f"/desk/files/{scene.key.booking_id}").json()["visit"]["device"] == expected


def test_what_was_not_measured_is_not_made_up(scene: Scene) -> None:
    scene.room("enter", FINE)
    device = scene.clerk.get("/desk/state").json()["list"][0]["device"]
    assert [device[name] for name in ("loss_percent", "round_trip_ms", "bandwidth_kbits")] == [None] * 3
    assert device["encryption"] == "unknown"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("loss_percent", -0.1),
        ("loss_percent", 100.1),
        ("loss_percent", "3"),
        ("loss_percent", True),
        ("round_trip_ms", -1),
        ("round_trip_ms", 60_001),
        ("bandwidth_kbits", 10_000_001),
        ("bandwidth_kbits", [1]),
        ("encryption", "rot13"),
    ],
)
def test_a_report_out_of_range_is_refused_by_its_field(scene: Scene, field: str, value: object) -> None:
    answer = scene.room("presence", {**FINE, field: value})
    assert answer.status == 422
    assert [name.partition(".")[0] for name in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400"])
def test_a_report_that_is_no_number_is_refused(scene: Scene, value: str) -> None:
    body = json.dumps({**FINE, "round_trip_ms": 0}).replace('"round_trip_ms": 0', f'"round_trip_ms": {value}')
    answer = scene.citizen._send(  # noqa: SLF001 - no JSON library writes this
        "POST", "/heidelberg/room/presence", {"Content-Type": "application/json"}, body.encode()
    )
    assert answer.status == 422


def test_everybody_is_told_that_no_call_goes_on_without_encryption(scene: Scene) -> None:
    scene.call()
    guest = scene.guest(scene.invite())
    told = [
        scene.citizen.get("/heidelberg/room/state"),
        scene.clerk.get(f"/desk/files/{scene.key.booking_id}"),
        guest.get("/heidelberg/guest/room/state"),
    ]
    assert [answer.json()["calls"] for answer in told] == [{"without_encryption": "refused"}] * 3


def test_a_browser_that_cannot_encrypt_is_told_what_to_do_and_the_desk_sees_who_came(scene: Scene) -> None:
    refused = scene.room("enter", {**FINE, "encryption": "none"})
    assert (refused.status, refused.json()["type"]) == (403, "/problems/cannot_encrypt")
    assert "115" in refused.json()["detail"]
    (row,) = scene.clerk.get("/desk/state").json()["list"]
    assert (row["state"], row["device"]["encryption"]) == ("expected", "none")
    assert scene.room("enter", {**FINE, "encryption": "streams"}).status == 200


@pytest.mark.parametrize("act", ["anteroom", "ticket"])
def test_one_that_lost_the_means_meanwhile_gets_no_way_into_the_call(scene: Scene, act: str) -> None:
    scene.room("enter", FINE)
    if act == "ticket":
        scene.call()
    scene.room("presence", {**FINE, "encryption": "none"})
    refused = scene.room(act)
    assert (refused.status, refused.json()["type"]) == (403, "/problems/cannot_encrypt")


def test_nor_does_a_guest(scene: Scene) -> None:
    scene.call()
    guest = scene.guest(scene.invite())
    refused = guest.post_json("/heidelberg/guest/room/enter", {**FINE, "encryption": "none"})
    assert (refused.status, refused.json()["type"]) == (403, "/problems/guest_cannot_encrypt")
    assert guest.post_json("/heidelberg/guest/room/enter", FINE).status == 200
    guest.post_json("/heidelberg/guest/room/presence", {**FINE, "encryption": "none"})
    assert guest.post_json("/heidelberg/guest/room/ticket").status == 403


def test_next_brings_the_citizen_and_the_way_in(scene: Scene) -> None:
    scene.room("enter", FINE)
    waited = scene.room("anteroom").json()
    lobby = scene.clerk.post_json("/desk/anteroom").json()
    answer = scene.clerk.post_json("/desk/next").json()
    assert answer["booking"] == scene.key.booking_id
    for ticket in (waited, lobby, answer["ticket"]):
        assert set(ticket) == {"ticket", "url", "generation"}
        assert ticket["url"].endswith("/media/sessions")
    assert waited["generation"] == answer["ticket"]["generation"] == 1


def test_the_worker_reads_in_the_clerks_ticket_whom_they_let_in(scene: Scene) -> None:
    scene.call()
    guest = scene.guest(scene.invite())
    guest.post_json("/heidelberg/guest/room/enter", FINE)
    seen = []
    for let_in in (False, True):
        scene.desk("admit", {"guest": let_in})
        token = scene.desk("ticket").json()["ticket"]
        seen.append(jwt.decode(token, options={"verify_signature": False}).get("opens"))
    assert seen == [["citizen"], ["citizen", "guest"]]
    for token in (guest.post_json("/heidelberg/guest/room/ticket"), scene.room("ticket"), scene.room("preflight")):
        claims = jwt.decode(token.json()["ticket"], options={"verify_signature": False})
        assert "opens" not in claims


def test_where_there_is_no_anteroom_yet_the_ticket_is_null(scene: Scene) -> None:
    none = {"ticket": None, "url": None, "generation": None}
    assert scene.clerk.post_json("/desk/anteroom").json() == none
    assert scene.room("anteroom").status == 403  # not in the seat
    scene.room("enter", FINE)
    assert scene.clerk.post_json("/desk/anteroom").json() == none


def test_the_green_room_tries_the_line_before_anybody_waits(scene: Scene) -> None:
    assert set(scene.room("preflight").json()) == {"ticket", "url", "generation"}
    assert scene.house.acting.files.load(scene.key).visit.worker == ""


def test_too_early_there_is_no_line_to_try(scene: Scene) -> None:
    clock = scene.house.clock
    assert isinstance(clock, SetClock)
    clock.forward(minutes=-60)
    assert scene.room("preflight").status == 425
