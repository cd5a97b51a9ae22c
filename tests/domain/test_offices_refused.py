"""A wrong office file is refused with file, place and mend, all that is wrong with it at once."""

# ruff: noqa: E501 - a table reads best with one mistake a line
from __future__ import annotations

import contextlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.office_files import read_office, read_offices
from chalicelib.domain.office_file import parse_office
from chalicelib.domain.office_reader import OfficeFileRefused
from tests.domain.offices_for_tests import OFFICES, document

FIRST_DAY = date(2026, 1, 1)
REASON = {"de": "zu", "en": "closed"}
DELETED = object()


def refused(made: dict[str, Any]) -> list[str]:
    with pytest.raises(OfficeFileRefused) as caught:
        parse_office(made, key="small")
    return str(caught.value).splitlines()


def spoiled(path: str, value: Any) -> dict[str, Any]:
    """The small office with one value changed, or deleted."""
    made: Any = document(valid_from=FIRST_DAY)
    *parents, last = path.split("/")
    table = made
    for parent in parents:
        table = table[int(parent)] if isinstance(table, list) else table[parent]
    if value is DELETED:
        del table[last]
    else:
        table[last] = value
    return dict(made)


SERVICE = "services/meldebescheinigung"
WRONG = [
    (f"{SERVICE}/fee", "5,50", "services.meldebescheinigung.fee: 5,50 is not an amount; write 5.50"),
    (f"{SERVICE}/fee", "5.5", "services.meldebescheinigung.fee: 5.5 is not an amount; write 5.50"),
    (f"{SERVICE}/fees", 5, "services.meldebescheinigung.fees: is unknown; did you mean fee?"),
    (f"{SERVICE}/duration_minutes", 25, "services.meldebescheinigung.duration_minutes: 25 is no multiple of grid_minutes (10); write 30"),
    (f"{SERVICE}/duration_minutes", "20", 'services.meldebescheinigung.duration_minutes: "20" is no whole number from 1 to 400; write for example 20'),
    (f"{SERVICE}/duration_minutes", DELETED, "services.meldebescheinigung.duration_minutes: is missing; write for example duration_minutes = 20"),
    (f"{SERVICE}/duration_minutes", 410, "services.meldebescheinigung.duration_minutes: 410 is no whole number from 1 to 400; write for example 20"),
    (f"{SERVICE}/channel", "vidio", 'services.meldebescheinigung.channel: "vidio" is unknown; did you mean video?'),
    (f"{SERVICE}/channel", "fax", 'services.meldebescheinigung.channel: "fax" is unknown; known are advice, onsite, terminal, video'),
    (f"{SERVICE}/group", "al", 'services.meldebescheinigung.group: "al" is unknown; did you mean all?'),
    (f"{SERVICE}/papers", ["ids"], 'services.meldebescheinigung.papers: "ids" is unknown; did you mean id?'),
    (f"{SERVICE}/papers", ["id", "id"], 'services.meldebescheinigung.papers: "id" stands there twice; delete one'),
    (f"{SERVICE}/papers", "id", 'services.meldebescheinigung.papers: "id" is no list; write for example ["id"]'),
    (f"{SERVICE}/steps", [], 'services.meldebescheinigung.steps: is empty; write what happens in the call, for example ["card-shown"]'),
    (f"{SERVICE}/delivery", [], 'services.meldebescheinigung.delivery: is empty; write how the result comes, for example ["post"]'),
    (f"{SERVICE}/name", {"de": "Name"}, 'services.meldebescheinigung.name.en: is missing; write for example en = "…"'),
    (f"{SERVICE}/name", "Name", 'services.meldebescheinigung.name: "Name" is no table; write for example name = { de = "…", en = "…" }'),
    (f"{SERVICE}/name", {"de": "a", "en": "b", "fr": "c"}, "services.meldebescheinigung.name.fr: is unknown; known are de, en"),
    (f"{SERVICE}/words", {"de": [], "en": ["a"]}, 'services.meldebescheinigung.words.de: [] is no list of texts; write for example de = ["…"]'),
    (f"{SERVICE}/leika", "12", 'services.meldebescheinigung.leika: "12" cannot be used; write for example leika = "99115005104000"'),
    (f"{SERVICE}/example", "yes", 'services.meldebescheinigung.example: "yes" is neither yes nor no; write true or false, without quotes'),
    (f"{SERVICE}/fee", DELETED, "services.meldebescheinigung.example: marks an unconfirmed fee, but there is none; delete it, or add fee = 5.50"),
    (f"{SERVICE}/channel", "advice", "services.meldebescheinigung.fee: advice is free of charge; delete the fee, or change the channel"),
    ("services/Melde Bescheinigung", {}, "services.Melde Bescheinigung: cannot stand in an address; use a-z, 0-9 and single hyphens"),
    ("services", {}, "services: is empty; write at least one [services.name]"),
    ("services", DELETED, "services: is missing; write for example services = { … }"),
    ("office/colour", "#ffcc00", "office.colour: #ffcc00 is too light: white text on it has a contrast of 1.5; choose a darker colour with at least 4.5"),
    ("office/colour", "red", 'office.colour: "red" cannot be used; write for example colour = "#8a1538"'),
    ("office/short", "kleinstadt", 'office.short: "kleinstadt" cannot be used; write for example short = "HD"'),
    ("office/holidays", "Bayern", 'office.holidays: "Bayern" is unknown; known are BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH'),
    ("office/time_zone", "Berlin", 'office.time_zone: "Berlin" is no time zone; write for example Europe/Berlin'),
    ("office/languages", ["de", "en", "English"], 'office.languages: "English" is no language; write two letters such as de'),
    ("booking/grid_minutes", 7, "booking.grid_minutes: 7 does not divide the hour; write one of 5, 10, 15, 20, 30, 60"),
    ("booking/hold_minutes", True, "booking.hold_minutes: true is no whole number from 1 to 60; write for example 10"),
    ("booking/horizon", 28, "booking.horizon: is unknown; did you mean horizon_days?"),
    ("calls", {"without_encryption": "refuse"}, 'calls.without_encryption: "refuse" is unknown; did you mean refused?'),
    ("calls", {"without_encryption": False}, "calls.without_encryption: false is unknown; known are refused"),
    ("calls", {"without_encryption": "allowed"}, 'calls.without_encryption: "allowed" is no longer possible: every call is encrypted end to end; write "refused"'),
    ("calls", {}, 'calls.without_encryption: is missing; write for example without_encryption = "refused"'),
    ("calls", "refused", 'calls: "refused" is no table; write for example calls = { without_encryption = "refused" }'),
    ("hours", [], "hours: is missing; write at least one [[hours]] with valid_from and weekdays"),
    ("hours", {"monday": []}, "hours: is no list of tables; begin each with [[hours]]"),
    ("hours/0/valid_from", "heute", 'hours[1].valid_from: "heute" is no date; write for example 2026-01-27, without quotes'),
    ("hours/0/monday", ["8-12"], 'hours[1].monday: "8-12" is no part of a day; write for example "08:00-12:00"'),
    ("hours/0/monday", "08:00-12:00", 'hours[1].monday: "08:00-12:00" is no list of hours; write for example ["08:00-12:00"]'),
    ("hours/0/monday", ["12:00-08:00"], "hours[1].monday: 12:00-08:00 does not end after it begins and by 24:00; write two spans for a night"),
    ("hours/0/monday", ["08:05-12:00"], "hours[1].monday: 08:05 is not on the grid of 10 minutes; write 08:00"),
    ("hours/0/monday", ["08:00-10:00", "09:30-12:00"], "hours[1].monday: 09:30-12:00 begins before 08:00-10:00 ends; write them in order and apart"),
    ("hours/0/monday", ["08:00-13:00"], "hours[1].monday: 08:00-13:00 is open, but no counter is planned from 12:00; add it to counters, or shorten the hours"),
    ("hours/0/mondy", [], "hours[1].mondy: is unknown; did you mean monday?"),
    ("counters/0/monday", {"08:00-12:00": 0}, "hours[1].monday: 08:00-12:00 is open, but no counter is planned from 08:00; add it to counters, or shorten the hours"),
    ("counters/0/valid_from", date(2026, 2, 1), "hours[1].monday: 08:00-12:00 is open, but no counter is planned from 08:00; add it to counters, or shorten the hours"),
    ("exceptions", [{"date": FIRST_DAY, "reason": REASON}], 'exceptions[1].closed: write either closed = true or open = ["08:00-12:00"]'),
    ("exceptions", [{"date": FIRST_DAY, "open": ["08:00-09:00"], "reason": REASON}], "exceptions[1].counters: is missing; write for example counters = 1"),
    ("exceptions", [{"date": FIRST_DAY, "until": date(2025, 1, 1), "closed": True, "reason": REASON}], "exceptions[1].until: 2025-01-01 is before 2026-01-01; write the last day of the exception"),
    ("exceptions", [{"date": FIRST_DAY, "closed": True, "reason": REASON}] * 2, "exceptions[2].date: 2026-01-01 is excepted already (2026-01-01 to 2026-01-01); keep one of them"),
    ("offices", {}, "offices: is unknown; did you mean office?"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), WRONG, ids=[line[2][:60] for line in WRONG])
def test_each_kind_of_mistake_names_file_place_and_mend(path: str, value: Any, message: str) -> None:
    assert f"small.toml: {message}" in refused(spoiled(path, value))


def test_one_mistake_is_one_message() -> None:
    """No mistake hides behind others that only follow from it."""
    assert refused(spoiled(f"{SERVICE}/fee", "5,50")) == [
        "small.toml: services.meldebescheinigung.fee: 5,50 is not an amount; write 5.50"
    ]


def test_all_mistakes_of_a_file_at_once() -> None:
    made = spoiled(f"{SERVICE}/fee", "5,50")
    made["office"]["short"] = "zu lang"
    made["hours"][0]["sunday"] = ["25:00-26:00"]
    assert len(refused(made)) == 3


def test_two_versions_of_one_day() -> None:
    made = document(valid_from=FIRST_DAY)
    made["hours"].append({"valid_from": FIRST_DAY})
    assert refused(made) == [
        "small.toml: hours[2].valid_from: 2026-01-01 is not after 2026-01-01; write the versions oldest first"
    ]


def test_a_rank_is_given_once() -> None:
    made = document(valid_from=FIRST_DAY)
    made["services"]["andere"] = {**made["services"]["meldebescheinigung"], "most_used": 1}
    made["services"]["meldebescheinigung"]["most_used"] = 1
    assert refused(made) == [
        "small.toml: services.andere.most_used: 1 is the rank of meldebescheinigung too; write another"
    ]


def test_a_file_name_is_part_of_an_address() -> None:
    with pytest.raises(OfficeFileRefused, match=r"Groß Stadt\.toml: the file's name cannot stand in an addr"):
        parse_office(document(valid_from=FIRST_DAY), key="Groß Stadt")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = ["office", "booking", "hours", "counters", "exceptions", "groups", "papers", "steps", "services"]


@given(place=st.sampled_from([*PLACES, SERVICE, "hours/0/monday", "counters/0/monday"]), junk=JUNK)
@settings(max_examples=300, deadline=None)
def test_junk_is_refused_and_never_crashes(place: str, junk: Any) -> None:
    """Whatever stands anywhere, the answer is an office or a list of problems."""
    with contextlib.suppress(OfficeFileRefused):
        assert parse_office(spoiled(place, junk), key="small").key == "small"


# --- the files themselves


def heidelberg_with(tmp_path: Path, old: str, new: str) -> Path:
    text = (OFFICES / "heidelberg.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "heidelberg.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("written", ["5,50", '"5,50"', "5,50  # the example of the city"])
def test_a_decimal_comma_is_refused_in_its_place_though_it_is_no_toml(tmp_path: Path, written: str) -> None:
    path = heidelberg_with(tmp_path, "fee = 5.50", f"fee = {written}")
    with pytest.raises(OfficeFileRefused) as caught:
        read_office(path)
    assert str(caught.value) == (
        "heidelberg.toml: services.meldebescheinigung.fee: 5,50 is not an amount; write 5.50"
    )


def test_what_is_no_toml_names_the_line(tmp_path: Path) -> None:
    path = heidelberg_with(tmp_path, 'phone = "115"', "phone = 115 or 116")
    with pytest.raises(OfficeFileRefused, match=r"heidelberg\.toml: line 10, .* in: phone = 115 or 116; mend"):
        read_office(path)


def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text('[office]\nname = "', encoding="utf-8")
    with pytest.raises(OfficeFileRefused, match=r"small\.toml: "):
        read_offices(tmp_path)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_bytes('city = "Köln"'.encode("latin-1"))
    with pytest.raises(OfficeFileRefused, match=r"small\.toml: byte 10 is not UTF-8; save the file as UTF-8"):
        read_offices(tmp_path)


def test_an_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(OfficeFileRefused, match="holds no office; add one"):
        read_offices(tmp_path)


def test_all_files_are_read_before_any_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("x", encoding="utf-8")
    (tmp_path / "two.toml").write_text("x", encoding="utf-8")
    with pytest.raises(OfficeFileRefused) as caught:
        read_offices(tmp_path)
    assert [problem.file for problem in caught.value.problems] == ["one.toml", "two.toml"]


def test_two_offices_never_share_a_prefix(tmp_path: Path) -> None:
    for name in ("heidelberg", "zweites"):
        text = (OFFICES / "heidelberg.toml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(
        OfficeFileRefused,
        match=r"zweites\.toml: office\.short: HD is the prefix of heidelberg too; write another",
    ):
        read_offices(tmp_path)
