"""Dates, money, languages and addresses as a citizen reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

import pytest
from icalendar import Calendar
from jinja2 import UndefinedError

from chalicelib.domain.money import Money
from chalicelib.web import languages
from chalicelib.web.calendar_entry import calendar_link
from chalicelib.web.catalogues import texts_in
from chalicelib.web.formats import Formats
from chalicelib.web.forms import read_details
from chalicelib.web.matters import folded, search
from chalicelib.web.moments import moment
from chalicelib.web.render import OfficeFace, render
from chalicelib.web.static_files import NoSuchStaticFile, static_url
from tests.web.samples import heidelberg

START = datetime(2026, 11, 24, 9, 20, tzinfo=UTC)
DE, EN = Formats(texts_in("de")), Formats(texts_in("en"))
TYPED = {"name": ["Ada"], "email": ["ada@example.org"], "language": ["de"], "phone": [""], "note": [""]}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("Dienstag, 24. November 2026, 10:20\N{NO-BREAK SPACE}Uhr", DE.moment(START)),
        ("Tuesday 24 November 2026, 10:20", EN.moment(START).replace("Tuesday,", "Tuesday")),
        ("5,50\xa0€", DE.money(Money(5_50))),
        ("€5.50", EN.money({"minor_units": 550, "currency": "EUR"})),
        ("1 Minute", DE.minutes(1)),
        ("20 minutes", EN.minutes(20)),
        ("heute", DE.near_day(START, date(2026, 11, 24))),
        ("tomorrow", EN.near_day(START, date(2026, 11, 23))),
        ("Dienstag, 24. November", DE.near_day(START, date(2026, 11, 20))),
        ("2026-11-24T09:20:00Z", DE.iso("2026-11-24T10:20:00+01:00")),
    ],
)
def test_formats(expected: str, actual: str) -> None:
    assert expected == actual


@pytest.mark.parametrize(
    ("utc", "berlin"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "01:30"),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "03:30"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02:30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02:30"),
    ],
)
def test_clocks_change(utc: datetime, berlin: str) -> None:
    assert DE.clock(utc) == berlin


def test_a_moment_without_a_zone_is_never_shown() -> None:
    with pytest.raises(ValueError, match="time zone"):
        DE.clock(datetime(2026, 11, 24, 9, 20))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("parameter", "accept", "expected"),
    [
        (None, "", "de"), ("en", "de", "en"), ("xx", "en-GB,de;q=0.8", "en"), (None, "fr, en;q=0.3", "en"),
        (None, "fr;q=1, de;q=0.2, en;q=0.9", "en"), (None, "en;q=0", "de"), (None, "en;q=much", "de"),
        ("de", "en", "de"),
    ],
)  # fmt: skip
def test_languages_are_chosen(parameter: str | None, accept: str, expected: str) -> None:
    assert languages.chosen(parameter, accept=accept) == expected


@pytest.mark.parametrize(
    ("path", "language", "keep", "expected"),
    [
        ("/heidelberg", "de", False, "/heidelberg"),
        ("/heidelberg", "de", True, "/heidelberg?lang=de"),
        ("/a?m=x&m=y&lang=de#week", "en", False, "/a?m=x&m=y&lang=en#week"),
        ("", "en", True, "?lang=en"),
    ],
)
def test_languages_are_carried(path: str, language: str, keep: bool, expected: str) -> None:  # noqa: FBT001 - a column of the table
    assert languages.carried(path, language=language, keep=keep) == expected


def test_a_name_that_the_model_lacks_is_an_error() -> None:
    face = OfficeFace.of(heidelberg(), language="de")
    with pytest.raises(UndefinedError):
        render("citizen/open_link.html", {}, language="de", office=face)


def test_whatever_a_citizen_writes_stays_text() -> None:
    model = {"status": 404, "slug": "absent", "title": "<script>1</script>", "detail": '"><img src=x>'}
    html = render("error/problem.html", model, language="de", office=None)
    assert "<script>1" not in html
    assert "<img src=x>" not in html


def test_static_files_change_their_address_with_their_bytes() -> None:
    assert "?v=" in static_url("css/fernamt.css")
    with pytest.raises(NoSuchStaticFile):
        static_url("css/nothing.css")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("umziehen", "wohnung-ummelden"), ("Führungszeugnis", "fuehrungszeugnis"), ("FUEHRUNG", "fuehrungszeugnis"),
        ("parken", "bewohnerparkausweis"), ("passport", "reisepass"),
    ],
)  # fmt: skip
def test_everyday_words_find_a_matter(query: str, expected: str) -> None:
    assert expected in [service.key for service in search(list(heidelberg().services.values()), query)]


def test_searching_for_nothing_finds_nothing() -> None:
    assert search(list(heidelberg().services.values()), " ") == []
    assert folded("Straße ÀÉ") == "strasse ae"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "   "), ("name", "a\nb"), ("name", "x" * 121), ("email", ""), ("email", "ada"),
        ("email", "ada@example"), ("email", "ada@exa mple.org"), ("email", "a@b.de\r\nBcc: c@d.de"),
        ("email", "a@b.de,c@d.de"), ("email", "Ada <a@b.de>"), ("language", "xx"), ("phone", "call me"),
        ("phone", "+49 6221 123456 78901 234567890"), ("note", "x" * 501),
    ],
)  # fmt: skip
def test_details_that_cannot_be_taken(field: str, value: str) -> None:
    values, errors = read_details({**TYPED, field: [value]}, languages=("de", "en"))
    assert list(errors) == [field]
    assert texts_in("de")(errors[field])
    assert values["language"] or field == "language"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Zoë O’Brien-Müller"), ("email", "a.b+c@sub.example.museum"), ("email", "mueller@bücher.example"),
        ("phone", "+49 (6221) 58-12345"), ("phone", ""), ("note", "Zeile 1\nZeile 2"), ("language", "en"),
    ],
)  # fmt: skip
def test_details_that_can(field: str, value: str) -> None:
    values, errors = read_details({**TYPED, field: [value]}, languages=("de", "en"))
    assert errors == {}
    assert values[field] == value


def test_the_calendar_entry_is_one_that_calendars_read_and_the_letter_mends() -> None:
    link = calendar_link(
        "abc",
        start=START,
        end=START + timedelta(minutes=20),
        made=START,
        mail_from="office@office.example",
        office="Bürgeramt, Außenstelle; " + "ä" * 60,
        texts=texts_in("de"),
    )
    calendar = Calendar.from_ical(unquote(link.partition(",")[2]))
    (event,) = calendar.events
    assert event["uid"] == "abc@office.example"
    assert event.start == START
    assert "Bürgeramt, Außenstelle; " + "ä" * 60 in event["summary"]


@pytest.mark.parametrize("text", ["", "now", "2026-11-24", "2026-11-24T09:20", "2026-13-24T09:20Z"])
def test_what_is_no_moment(text: str) -> None:
    assert moment(text) is None


def test_a_moment() -> None:
    assert moment("2026-11-24T09:20:00Z") == START
