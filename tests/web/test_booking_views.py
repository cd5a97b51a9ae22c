"""The booking pages over the doors: what a citizen posts, and where it leads. The store is the written double."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chalice.test import Client

import app as application
from chalicelib import composition
from chalicelib.domain.ids import FileKey
from chalicelib.domain.links import Purpose, fragment, secret
from tests.doubles.browser import Browser
from tests.doubles.house import House

if TYPE_CHECKING:
    from collections.abc import Iterator

HTML = "text/html"
MATTER = "meldebescheinigung"
TYPED = {"name": "Ada Beispiel", "email": "ada@example.org", "language": "de", "phone": "", "note": ""}


@pytest.fixture
def house() -> House:
    house = House()
    composition.install(house)
    return house


@pytest.fixture
def client(house: House) -> Iterator[Client]:
    with Client(application.app) as client:
        yield client


@pytest.fixture
def citizen(client: Client) -> Browser:
    return Browser(client, accept=HTML)


def text(answer: Any) -> str:
    return str(answer.body.decode())


def starts(answer: Any) -> list[str]:
    return re.findall(r'name="start" value="([^"]+)"', text(answer))


def held(citizen: Browser, place: int = 0, **more: str) -> str:
    """Hold a slot; give the path of the draft."""
    offered = starts(citizen.get(f"/heidelberg/slots?m={MATTER}"))
    answer = citizen.post("/heidelberg/holds", {"m": MATTER, "start": offered[place], **more})
    assert answer.status == 303, text(answer)
    return answer.location.rpartition("/")[0]


def confirmed(citizen: Browser) -> str:
    draft = held(citizen)
    citizen.post(f"{draft}/details", TYPED)
    answer = citizen.post(f"{draft}/confirm")
    assert answer.location == f"{draft}/confirmed"
    return draft


def manage(house: House, client: Client, draft: str) -> Browser:
    """Open the manage link of a booking in another browser."""
    booking_id = draft.rpartition("/")[2]
    version = house.acting.files.load(FileKey("heidelberg", booking_id)).booking.link_version
    key = secret(
        house.settings.link_key,
        office="heidelberg", booking_id=booking_id, version=version, purpose=Purpose.MANAGE,
    )  # fmt: skip
    browser = Browser(client, accept=HTML)
    answer = browser.post("/heidelberg/manage", {"link": fragment(booking_id, key)})
    assert answer.location == "/heidelberg/manage/booking", text(answer)
    return browser


def test_a_citizen_books_without_scripts(house: House, citizen: Browser) -> None:
    assert "Was möchten Sie erledigen?" in text(citizen.get("/heidelberg"))
    assert "Meldebescheinigung" in text(citizen.get(f"/heidelberg/matters/{MATTER}"))
    draft = held(citizen)
    assert "Wer kommt zum Termin?" in text(citizen.get(f"{draft}/details"))
    answer = citizen.post(f"{draft}/details", TYPED)
    assert answer.location == f"{draft}/check"
    assert "ada@example.org" in text(citizen.get(f"{draft}/check"))
    citizen.post(f"{draft}/confirm")
    page = text(citizen.get(f"{draft}/confirmed"))
    assert "Ihr Termin ist gebucht" in page
    assert "HD-" in page
    assert "Dienstag, 24. November 2026" in page


def test_two_matters_add_up(house: House, citizen: Browser) -> None:
    page = text(citizen.get("/heidelberg/slots?m=meldebescheinigung&m=fuehrungszeugnis"))
    assert "20 Minuten" in page
    assert "18,50\xa0€" in page


def test_a_wrong_form_comes_back_with_what_was_typed(house: House, citizen: Browser) -> None:
    draft = held(citizen)
    answer = citizen.post(f"{draft}/details", {**TYPED, "email": "ada@", "name": "Ada <b>"})
    assert answer.status == 422
    assert "Diese E-Mail-Adresse ist nicht vollständig" in text(answer)
    assert "Ada &lt;b&gt;" in text(answer)
    assert 'value="ada@"' in text(answer)


def test_a_slot_taken_meanwhile_is_said_kindly(house: House, client: Client, citizen: Browser) -> None:
    """Four counters: the fifth who wants the same moment is offered the next ones."""
    (start, *_) = starts(citizen.get(f"/heidelberg/slots?m={MATTER}"))
    for _ in range(4):
        Browser(client, accept=HTML).post("/heidelberg/holds", {"m": MATTER, "start": start})
    answer = citizen.post("/heidelberg/holds", {"m": MATTER, "start": start})
    assert answer.status == 303
    page = text(citizen.get(answer.location))
    assert "ist leider nicht mehr frei" in page
    assert starts(citizen.get(answer.location))


def test_another_slot_keeps_what_was_typed(house: House, citizen: Browser) -> None:
    draft = held(citizen)
    citizen.post(f"{draft}/details", TYPED)
    assert held(citizen, 3, hold=draft.rpartition("/")[2]) == draft
    assert "ada@example.org" in text(citizen.get(f"{draft}/check"))


def test_who_types_longer_than_the_hold_keeps_slot_and_words(house: House, citizen: Browser) -> None:
    draft = held(citizen, 8)
    house.clock.forward(minutes=11)  # type: ignore[attr-defined] # a SetClock
    assert citizen.post(f"{draft}/details", TYPED).location == f"{draft}/check"


def test_a_lapsed_hold_leads_back_to_the_slots(house: House, citizen: Browser) -> None:
    draft = held(citizen)
    citizen.post(f"{draft}/details", TYPED)
    house.clock.forward(minutes=11)  # type: ignore[attr-defined] # a SetClock
    for answer in (citizen.get(f"{draft}/check"), citizen.post(f"{draft}/confirm")):
        assert answer.status == 303
        query = parse_qs(urlsplit(answer.location).query)
        assert query["hold"] == [draft.rpartition("/")[2]]
        assert "Ihre Angaben sind noch da" in text(citizen.get(answer.location))


def test_opening_pages_changes_nothing(house: House, client: Client, citizen: Browser) -> None:
    draft = confirmed(citizen)
    before = house.acting.files.load(FileKey("heidelberg", draft.rpartition("/")[2]))
    browser = manage(house, client, draft)
    for path in ("", "/cancel", "/move", "/resend"):
        assert browser.get(f"/heidelberg/manage/booking{path}").status == 200
    assert house.acting.files.load(before.key) == before


def test_the_citizen_moves(house: House, client: Client, citizen: Browser) -> None:
    browser = manage(house, client, confirmed(citizen))
    start = starts(browser.get("/heidelberg/manage/booking/move"))[5]
    answer = browser.post("/heidelberg/manage/booking/move", {"start": start})
    assert answer.location == "/heidelberg/manage/booking?done=moved"
    page = text(browser.get(answer.location))
    assert "Ihr Termin ist verschoben" in page
    moment = datetime.fromisoformat(start).astimezone(house.offices["heidelberg"].time_zone)
    assert f"{moment:%H:%M}\N{NO-BREAK SPACE}Uhr" in page


def test_the_citizen_cancels(house: House, client: Client, citizen: Browser) -> None:
    browser = manage(house, client, confirmed(citizen))
    assert "wirklich absagen" in text(browser.get("/heidelberg/manage/booking/cancel"))
    answer = browser.post("/heidelberg/manage/booking/cancel")
    assert "Ihr Termin ist abgesagt" in text(browser.get(answer.location))


def test_a_mangled_link_says_what_to_do(house: House, citizen: Browser) -> None:
    for link in ("", "x", "https://office.example/heidelberg/manage#aaa.bbb"):
        answer = citizen.post("/heidelberg/manage", {"link": link})
        assert answer.status == 404
        assert "Bitte kopieren Sie ihn noch einmal" in text(answer)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/atlantis", 404), ("/heidelberg/matters/nothing", 404), ("/heidelberg/slots?m=nothing", 404),
        ("/heidelberg/slots?m=meldebescheinigung&week=2026-W99", 404), ("/heidelberg/about/nothing", 404),
        ("/heidelberg/holds/abcdefghijklmnopqrstuvwxyz/check", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_has_a_page(house: House, citizen: Browser, path: str, status: int) -> None:
    answer = citizen.get(path)
    assert answer.status == status
    assert "<h1" in text(answer)


@pytest.mark.parametrize("start", ["", "yesterday", "2026-11-24T09:00", "2026-11-24T03:00:00Z"])
def test_a_moment_that_was_never_offered_is_refused(house: House, citizen: Browser, start: str) -> None:
    answer = citizen.post("/heidelberg/holds", {"m": MATTER, "start": start})
    assert answer.status in (303, 409)


def test_without_a_session_the_link_is_asked_for(house: House, citizen: Browser) -> None:
    assert citizen.get("/heidelberg/manage/booking").location == "/heidelberg/manage"


def test_programs_get_the_same_as_json(house: House, client: Client) -> None:
    program = Browser(client)
    model = program.get(f"/heidelberg/slots?m={MATTER}").json()
    assert model["chosen"]["matters"][0]["key"] == MATTER
    assert datetime.fromisoformat(model["days"][0]["times"][0]).tzinfo
    wrong = program.post_json("/heidelberg/holds", {"m": [MATTER], "start": "2026-11-24T03:00:00Z"})
    assert wrong.status == 409
    assert wrong.json()["type"].endswith("slot_not_offered")


def test_english_is_carried_through(house: House, citizen: Browser) -> None:
    page = text(citizen.get(f"/heidelberg/slots?m={MATTER}&lang=en"))
    assert "When would suit you?" in page
    action = re.search(r'action="([^"]+)"', page)
    assert action
    assert "lang=en" in action[1]
    answer = citizen.post(
        action[1].replace("&amp;", "&"),
        {"m": MATTER, "start": starts(citizen.get(f"/heidelberg/slots?m={MATTER}"))[0]},
    )
    assert "lang=en" in answer.location
    assert "Who is coming?" in text(citizen.get(answer.location))


def test_going_back_changes_the_slot_and_keeps_one(house: House, citizen: Browser) -> None:
    first = held(citizen)
    assert held(citizen, place=1) == first, "the same draft"
    drafts = house.acting.files.files.values()  # type: ignore[attr-defined]  # the written double
    assert len(drafts) == 1
    assert held(citizen, place=0) == first
    other = citizen.get("/heidelberg/slots?m=fuehrungszeugnis")
    answer = citizen.post("/heidelberg/holds", {"m": "fuehrungszeugnis", "start": starts(other)[0]})
    assert answer.location.rpartition("/")[0] != first, "another matter is another appointment"


def test_going_back_after_it_was_confirmed_leads_to_the_confirmation(citizen: Browser) -> None:
    draft = held(citizen)
    citizen.post(f"{draft}/details", TYPED)
    citizen.post(f"{draft}/confirm")
    assert citizen.post(f"{draft}/details", TYPED).location == f"{draft}/confirmed"
    offered = starts(citizen.get(f"/heidelberg/slots?m={MATTER}"))
    again = citizen.post("/heidelberg/holds", {"hold": draft.rpartition("/")[2], "start": offered[0]})
    assert (again.status, again.location) == (303, f"{draft}/confirmed")
    fresh = citizen.post("/heidelberg/holds", {"m": MATTER, "start": offered[0]})
    assert fresh.location.rpartition("/")[0] != draft, "whoever books a second time does so"
