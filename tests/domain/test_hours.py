"""Opening hours: versions, exceptions, holidays, and both changes of the clocks for ten years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.hours import (
    OpenSpan,
    counters_open,
    hours_version,
    instant,
    local_day,
    opening_spans,
)
from chalicelib.domain.office_file import parse_office
from tests.domain.offices_for_tests import document, real, small

BERLIN = ZoneInfo("Europe/Berlin")
FIRST_DAY = date(2026, 1, 1)
TEN_YEARS = [FIRST_DAY + timedelta(days=number) for number in range(3652)]
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_heidelberg_keeps_its_first_hours() -> None:
    """11.5 hours a week, as reported for July 2022."""
    week = [date(2022, 7, 11) + timedelta(days=number) for number in range(7)]
    spans = [span for day in week for span in opening_spans(real("heidelberg"), day)]
    assert spans == [
        OpenSpan(utc("2022-07-12T06:00"), utc("2022-07-12T10:00")),
        OpenSpan(utc("2022-07-13T12:00"), utc("2022-07-13T15:30")),
        OpenSpan(utc("2022-07-14T06:00"), utc("2022-07-14T10:00")),
    ]
    assert timedelta(hours=11, minutes=30) == sum((s.end - s.start for s in spans), timedelta())


def test_an_office_is_closed_before_its_first_version() -> None:
    assert hours_version(real("heidelberg"), date(2022, 7, 4)) is None
    assert opening_spans(real("heidelberg"), date(2022, 6, 28)) == ()


def test_a_later_version_takes_over_on_its_day() -> None:
    made = document(valid_from=FIRST_DAY)
    made["hours"].append({"valid_from": date(2026, 7, 1), "wednesday": ["09:00-10:00"]})
    office = parse_office(made, key="small")
    assert opening_spans(office, date(2026, 6, 30))[0].start == utc("2026-06-30T06:00")
    assert opening_spans(office, date(2026, 7, 1))[0].start == utc("2026-07-01T07:00")
    assert opening_spans(office, date(2026, 7, 2)) == ()


def test_a_public_holiday_is_closed_and_an_exception_beats_it() -> None:
    made = document(valid_from=FIRST_DAY)
    assert opening_spans(parse_office(made, key="small"), date(2026, 1, 6)) == ()
    made["exceptions"] = [
        {
            "date": date(2026, 1, 6),
            "open": ["10:00-11:00"],
            "counters": 1,
            "reason": {"de": "Sonderöffnung", "en": "open for once"},
        }
    ]
    office = parse_office(made, key="small")
    assert opening_spans(office, date(2026, 1, 6)) == (OpenSpan(utc("2026-01-06T09:00"), utc("2026-01-06T10:00")),)
    assert counters_open(office, utc("2026-01-06T09:50")) == 1


def test_an_exception_closes_several_days() -> None:
    made = document(valid_from=FIRST_DAY)
    made["exceptions"] = [
        {
            "date": date(2026, 12, 28),
            "until": date(2026, 12, 31),
            "closed": True,
            "reason": {"de": "zu", "en": "closed"},
        }
    ]
    office = parse_office(made, key="small")
    days = [date(2026, 12, 24) + timedelta(days=number) for number in range(10)]
    open_days = [day for day in days if opening_spans(office, day)]
    assert open_days == [date(2026, 12, 24), date(2026, 12, 27), date(2027, 1, 2)]


def test_counters_follow_the_hour() -> None:
    made = document(valid_from=FIRST_DAY)
    made["counters"][0]["monday"] = {"08:00-10:00": 1, "10:00-12:00": 3}
    office = parse_office(made, key="small")
    seen = [counters_open(office, utc(f"2026-11-23T{time}")) for time in ("06:59", "07:00", "08:59", "09:00")]
    assert seen == [0, 1, 1, 3]
    assert counters_open(office, utc("2026-11-23T11:00")) == 0


@pytest.mark.parametrize(
    ("day", "minutes", "expected"),
    [
        (SPRING, 60, "2027-03-28T00:00"),
        (SPRING, 120, "2027-03-28T01:00"),  # 02:00 is not shown: the clocks go forward there
        (SPRING, 150, "2027-03-28T01:00"),
        (SPRING, 180, "2027-03-28T01:00"),
        (SPRING, 1440, "2027-03-28T22:00"),
        (AUTUMN, 120, "2026-10-25T00:00"),  # 02:00 is shown twice: the first counts
        (AUTUMN, 150, "2026-10-25T00:30"),
        (AUTUMN, 180, "2026-10-25T02:00"),
        (AUTUMN, 1440, "2026-10-25T23:00"),
    ],
)
def test_wall_clock_times_around_the_changes(day: date, minutes: int, expected: str) -> None:
    assert instant(day, minutes, zone=BERLIN) == utc(expected)


def test_night_hours_through_both_changes() -> None:
    """Open through the night: 3 hours on the clock are 2 in spring and 4 in autumn; none is counted twice."""
    office = small(valid_from=FIRST_DAY, spans=["01:00-02:30", "02:30-04:00"])
    for day, hours in ((SPRING, 2), (AUTUMN, 4), (date(2026, 11, 2), 3)):
        (span,) = opening_spans(office, day)
        assert span.end - span.start == timedelta(hours=hours)


def test_the_day_runs_on_without_gap_for_ten_years() -> None:
    """Open around the clock: each day begins where the one before ended, except after a holiday."""
    office = small(valid_from=FIRST_DAY, spans=["00:00-24:00"])
    lengths = {timedelta(hours=23): 0, timedelta(hours=24): 0, timedelta(hours=25): 0}
    before = None
    for day in TEN_YEARS:
        for span in opening_spans(office, day):
            assert before is None or span.start >= before.end
            assert local_day(span.start, zone=BERLIN) == day
            lengths[span.end - span.start] += 1
            before = span
    # Easter Sunday is no public holiday in Baden-Württemberg, so every change of the clocks is open.
    assert lengths[timedelta(hours=23)] == 10
    assert lengths[timedelta(hours=25)] == 10
    assert sum(lengths.values()) == len(TEN_YEARS) - 12 * 10


@given(
    day=st.sampled_from(TEN_YEARS),
    cuts=st.lists(st.integers(0, 144), min_size=2, max_size=8, unique=True).map(sorted),
)
@settings(max_examples=300, deadline=None)
def test_spans_apart_on_the_wall_clock_are_apart_in_utc(day: date, cuts: list[int]) -> None:
    """Monotone: what follows on the wall clock never comes earlier in UTC."""
    moments = [instant(day, cut * 10, zone=BERLIN) for cut in cuts]
    assert moments == sorted(moments)
    for moment, cut in zip(moments, cuts, strict=True):
        shown = moment.astimezone(BERLIN)
        minute = (shown.date() - day).days * 1440 + shown.hour * 60 + shown.minute
        assert minute == cut * 10 or (day.month == 3 and 120 <= cut * 10 < 180 == minute)
