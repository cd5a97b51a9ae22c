"""Slots: nothing lost, nothing doubled, none outside hours, for ten years."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import SlotNotOffered
from chalicelib.domain.hours import counters_open, opening_spans
from chalicelib.domain.office_file import parse_office
from chalicelib.domain.slots import (
    MAX_UNITS,
    AppointmentTooLong,
    Slot,
    WeekUnknown,
    bookable_weeks,
    capacity,
    first_free,
    free_slots,
    refuse_unless_offered,
    units,
    week_after,
    week_days,
    week_key,
    week_of,
)
from tests.domain.offices_for_tests import document, real, small

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WEEK = "2026-W48"
FIRST_DAY = date(2026, 1, 1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_units_cover_the_slot() -> None:
    slot = Slot(utc("2026-11-24T09:00"), 25)
    assert units(slot, 10) == tuple(utc(f"2026-11-24T09:{minute}") for minute in ("00", "10", "20"))


def test_the_longest_appointment_and_one_unit_more() -> None:
    assert len(units(Slot(NOW, MAX_UNITS * 10), 10)) == MAX_UNITS
    with pytest.raises(AppointmentTooLong, match="book two of at most 400 minutes each"):
        units(Slot(NOW, MAX_UNITS * 10 + 10), 10)


def test_a_week_of_heidelberg() -> None:
    slots = free_slots(real("heidelberg"), minutes=20, week=WEEK, taken={}, now=NOW)
    assert slots[0] == Slot(utc("2026-11-24T07:00"), 20)
    assert slots[-1] == Slot(utc("2026-11-26T10:40"), 20)
    assert len(slots) == 23 + 20 + 23


def test_a_full_unit_blocks_every_slot_that_needs_it() -> None:
    office = real("heidelberg")
    full = utc("2026-11-24T08:00")
    slots = free_slots(office, minutes=20, week=WEEK, taken={full: 4}, now=NOW)
    assert [slot.start for slot in slots if slot.start <= full < slot.end] == []
    assert len(slots) == 23 + 20 + 23 - 2
    still = free_slots(office, minutes=20, week=WEEK, taken={full: 3}, now=NOW)
    assert len(still) == 23 + 20 + 23


def test_no_slot_reaches_over_the_noon_break() -> None:
    office = small(valid_from=FIRST_DAY, spans=["08:00-09:00", "10:00-11:00"])
    starts = [
        slot.start for slot in free_slots(office, minutes=60, week=WEEK, taken={}, now=NOW) if slot.start.day == 24
    ]
    assert starts == [utc("2026-11-24T07:00"), utc("2026-11-24T09:00")]


def test_a_change_of_counters_inside_a_span_breaks_no_slot() -> None:
    made = document(valid_from=FIRST_DAY)
    made["counters"][0]["tuesday"] = {"08:00-10:00": 1, "10:00-12:00": 3}
    office = parse_office(made, key="small")
    at = Slot(utc("2026-11-24T08:50"), 20)
    assert at in free_slots(office, minutes=20, week=WEEK, taken={}, now=NOW)
    assert at in free_slots(office, minutes=20, week=WEEK, taken={utc("2026-11-24T09:00"): 2}, now=NOW)
    assert at not in free_slots(office, minutes=20, week=WEEK, taken={utc("2026-11-24T08:50"): 1}, now=NOW)


def test_lead_time_and_horizon() -> None:
    office = real("heidelberg")  # 20 minutes, 42 days
    now = utc("2026-11-24T07:41")
    assert free_slots(office, minutes=10, week=WEEK, taken={}, now=now)[0].start == utc("2026-11-24T08:10")
    assert free_slots(office, minutes=10, week="2026-W47", taken={}, now=now) == []
    last = free_slots(office, minutes=10, week="2027-W01", taken={}, now=now)[-1]
    assert last.start == utc("2027-01-05T10:50")  # Tuesday, day 42; the 6th is a holiday anyway
    assert free_slots(office, minutes=10, week="2027-W02", taken={}, now=now) == []


def test_bookable_weeks_cross_the_year() -> None:
    weeks = bookable_weeks(real("heidelberg"), NOW)
    assert weeks[0] == "2026-W47"
    assert weeks[-1] == "2026-W53"
    assert weeks == sorted(set(weeks))


def test_the_first_free_slot_reads_no_week_more_than_needed() -> None:
    office, asked = real("heidelberg"), []

    def weeks() -> object:
        for week in bookable_weeks(office, NOW):
            asked.append(week)
            yield week, {}

    found = first_free(office, minutes=20, weeks=weeks(), now=NOW)  # type: ignore[arg-type]
    assert found == Slot(utc("2026-11-24T07:00"), 20)
    assert asked == ["2026-W47", "2026-W48"]
    assert first_free(office, minutes=20, weeks=[], now=NOW) is None


@pytest.mark.parametrize(
    "slot",
    [
        Slot(utc("2026-11-24T06:50"), 20),  # before opening
        Slot(utc("2026-11-24T10:50"), 20),  # ends after closing
        Slot(utc("2026-11-24T07:05"), 20),  # off the grid
        Slot(utc("2026-11-23T08:00"), 20),  # closed on Mondays
        Slot(utc("2026-11-19T08:00"), 20),  # past
        Slot(utc("2027-11-23T08:00"), 20),  # beyond the horizon
    ],
)
def test_what_was_never_offered_is_refused(slot: Slot) -> None:
    with pytest.raises(SlotNotOffered):
        refuse_unless_offered(real("heidelberg"), slot, now=NOW)


def test_what_is_offered_is_not_refused() -> None:
    refuse_unless_offered(real("heidelberg"), Slot(utc("2026-11-24T07:00"), 20), now=NOW)


def test_week_keys() -> None:
    assert week_key(date(2027, 1, 3)) == "2026-W53"
    assert week_days("2026-W53")[-1] == date(2027, 1, 3)
    assert week_after("2026-W53") == "2027-W01"
    assert week_after("2027-W01", -1) == "2026-W53"
    # Sunday, 23:30 UTC is Monday in Berlin.
    assert week_of(utc("2026-11-22T23:30"), office=real("heidelberg")) == WEEK


@pytest.mark.parametrize("key", ["", "2026-48", "2026-W54", "2026-W00", "2026-W٤٨", "0000-W01", "2026-W48\n"])
def test_a_wrong_week_is_named(key: str) -> None:
    with pytest.raises(WeekUnknown, match="for example 2026-W48"):
        week_days(key)


def test_there_is_an_end_of_all_calendars() -> None:
    with pytest.raises(WeekUnknown):
        week_after("9999-W52", 2)


@pytest.mark.parametrize("key", ["heidelberg", "karlsruhe"])
def test_ten_years_nothing_lost_or_doubled(key: str) -> None:
    """Every unit of every open span is offered exactly once, on its own local date, week by week."""
    office = real(key)
    week, end = "2026-W06", "2036-W06"
    while week != end:
        monday = week_days(week)[0]
        now = datetime(monday.year, monday.month, monday.day, tzinfo=UTC) - timedelta(days=2)
        offered = [s.start for s in free_slots(office, minutes=10, week=week, taken={}, now=now)]
        expected = [
            span.start + timedelta(minutes=10 * number)
            for day in week_days(week)
            for span in opening_spans(office, day)
            for number in range((span.end - span.start) // timedelta(minutes=10))
        ]
        assert offered == expected
        assert all(week_of(start, office=office) == week for start in offered)
        week = week_after(week)


@given(
    spans=st.lists(st.integers(0, 144), min_size=2, max_size=6, unique=True).map(sorted),
    # around both changes of the clocks of each year
    week=st.sampled_from(
        [week_key(date(year, *day)) for year in range(2026, 2036) for day in ((3, 28), (10, 28), (7, 1))]
    ).flatmap(lambda week: st.sampled_from([week, week_after(week), week_after(week, -1)])),
    minutes=st.integers(1, 12).map(lambda count: count * 10),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_slots_lie_in_one_span_and_are_free(spans: list[int], week: str, minutes: int, data: st.DataObject) -> None:
    """Any office, any week: a slot is offered if, and only if, one span holds it and all units are free."""
    clock = [f"{cut // 6:02d}:{cut % 6}0" for cut in spans]
    pairs = [f"{opens}-{closes}" for opens, closes in zip(clock[::2], clock[1::2], strict=False)]
    office = small(valid_from=date(2025, 1, 1), spans=pairs)
    open_spans = [span for day in week_days(week) for span in opening_spans(office, day)]
    grid = timedelta(minutes=10)
    cells = [span.start + grid * number for span in open_spans for number in range((span.end - span.start) // grid)]
    counts = data.draw(st.lists(st.sampled_from([0, 0, 1, 2]), min_size=len(cells), max_size=len(cells)))
    taken = dict(zip(cells, counts, strict=True))
    monday = week_days(week)[0]
    now = datetime(monday.year, monday.month, monday.day, tzinfo=UTC) - timedelta(days=1)
    found = free_slots(office, minutes=minutes, week=week, taken=taken, now=now)
    expected = [
        Slot(cell, minutes)
        for cell in cells
        if any(span.start <= cell and cell + timedelta(minutes=minutes) <= span.end for span in open_spans)
        and all(taken[unit] < capacity(office, unit) for unit in units(Slot(cell, minutes), 10))
    ]
    assert found == expected
    assert max(Counter(found).values(), default=1) == 1
    assert all(counters_open(office, slot.start) == 2 for slot in found)
