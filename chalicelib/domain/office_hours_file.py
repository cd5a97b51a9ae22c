"""The hours of an office file: `[[hours]]`, `[[counters]]`, `[[exceptions]]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chalicelib.domain.office_reader import shown
from chalicelib.domain.offices import (
    DAY_MINUTES,
    CountersVersion,
    ExceptionalDays,
    HoursVersion,
    LocalSpan,
    StaffedSpan,
    wall_clock,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from chalicelib.domain.office_reader import Section

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
COUNTERS_MAX = 500
_SPAN = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class HoursOfFile:
    """What the three lists say."""

    hours: tuple[HoursVersion, ...]
    counters: tuple[CountersVersion, ...]
    exceptions: tuple[ExceptionalDays, ...]


def read_hours(root: Section, *, grid: int) -> HoursOfFile:
    """Read the three lists; times must lie on the grid (minutes), open hours must have counters."""
    hours = tuple(_hours_version(row, grid=grid) for row in root.rows("hours"))
    counters = tuple(_counters_version(row, grid=grid) for row in root.rows("counters"))
    exceptions = tuple(_exception(row, grid=grid) for row in root.rows("exceptions"))
    for key, versions in (("hours", hours), ("counters", counters)):
        if not versions:
            root.refuse(key, f"is missing; write at least one [[{key}]] with valid_from and weekdays")
        _refuse_disorder(root, key, versions)
    _refuse_unstaffed(root, hours, counters)
    _refuse_shared_days(root, exceptions)
    return HoursOfFile(hours, counters, exceptions)


def _hours_version(row: Section, *, grid: int) -> HoursVersion:
    version = HoursVersion(
        valid_from=row.day("valid_from"),
        weekdays=tuple(_spans(row, weekday, grid=grid) for weekday in WEEKDAYS),
        example=row.flag("example"),
    )
    row.close()
    return version


def _counters_version(row: Section, *, grid: int) -> CountersVersion:
    version = CountersVersion(
        valid_from=row.day("valid_from"),
        weekdays=tuple(tuple(_staffed(row, weekday, grid=grid)) for weekday in WEEKDAYS),
    )
    row.close()
    return version


def _exception(row: Section, *, grid: int) -> ExceptionalDays:
    first = row.day("date")
    last = row.day("until") if row.has("until") else first
    if last < first:
        row.refuse("until", f"{last} is before {first}; write the last day of the exception")
    closed, spans = row.flag("closed"), _spans(row, "open", grid=grid)
    if closed == bool(spans):
        row.refuse("closed", 'write either closed = true or open = ["08:00-12:00"]')
    number = row.number("counters", low=1, high=COUNTERS_MAX, example=1) if row.has("counters") else None
    if spans and number is None:
        row.refuse("counters", "is missing; write for example counters = 1")
    days = ExceptionalDays(first, last, () if closed else spans, number, row.text("reason"))
    row.close()
    return days


def _spans(row: Section, key: str, *, grid: int) -> tuple[LocalSpan, ...]:
    found = row.value(key, example='["08:00-12:00"]') if row.has(key) else []
    if not isinstance(found, list):
        row.refuse(key, f'{shown(found)} is no list of hours; write for example ["08:00-12:00"]')
        return ()
    spans = tuple(span for item in found if (span := _span(row, key, item, grid=grid)))
    _refuse_overlap(row, key, spans)
    return spans


def _staffed(row: Section, key: str, *, grid: int) -> Iterator[StaffedSpan]:
    if not row.has(key):
        return
    section = row.section(key, example='{ "08:00-12:00" = 2 }')
    seen = []
    for text in section.names():
        number = section.number(text, low=0, high=COUNTERS_MAX, example=2)
        span = _span(row, key, text, grid=grid)
        if span:
            seen.append(span)
            yield StaffedSpan(span, number)
    _refuse_overlap(row, key, seen)


def _span(row: Section, key: str, text: Any, *, grid: int) -> LocalSpan | None:
    found = _SPAN.match(text) if isinstance(text, str) else None
    if found is None:
        row.refuse(key, f'{shown(text)} is no part of a day; write for example "08:00-12:00"')
        return None
    hour, minute, end_hour, end_minute = map(int, found.groups())
    opens, closes = hour * 60 + minute, end_hour * 60 + end_minute
    if not opens < closes <= DAY_MINUTES:
        row.refuse(key, f"{text} does not end after it begins and by 24:00; write two spans for a night")
        return None
    for time in (opens, closes):
        if time % grid:
            nearest = wall_clock(time - time % grid)
            row.refuse(key, f"{wall_clock(time)} is not on the grid of {grid} minutes; write {nearest}")
    return LocalSpan(opens, closes)


def _refuse_overlap(row: Section, key: str, spans: Sequence[LocalSpan]) -> None:
    for earlier, later in pairwise(spans):
        if later.opens < earlier.closes:
            row.refuse(key, f"{later} begins before {earlier} ends; write them in order and apart")


def _refuse_disorder(root: Section, key: str, versions: Sequence[HoursVersion] | Sequence[CountersVersion]) -> None:
    days = [version.valid_from for version in versions]
    for number, (earlier, later) in enumerate(pairwise(days), start=2):
        if later <= earlier:
            root.refuse(
                f"{key}[{number}].valid_from",
                f"{later} is not after {earlier}; write the versions oldest first",
            )


def _refuse_unstaffed(root: Section, hours: Sequence[HoursVersion], counters: Sequence[CountersVersion]) -> None:
    """Refuse open hours in which no counter is planned, in every pair of versions that meet."""
    for number, version in enumerate(hours, start=1):
        until = hours[number].valid_from if number < len(hours) else None
        for staff in _meeting(version, until, counters):
            for weekday, spans in enumerate(version.weekdays):
                planned = staff.weekdays[weekday] if staff else ()
                for span in spans:
                    gap = _unstaffed_from(span, planned)
                    if gap is not None:
                        root.refuse(
                            f"hours[{number}].{WEEKDAYS[weekday]}",
                            f"{span} is open, but no counter is planned from {wall_clock(gap)}; "
                            f"add it to counters, or shorten the hours",
                        )


def _meeting(
    version: HoursVersion, until: date | None, counters: Sequence[CountersVersion]
) -> Iterable[CountersVersion | None]:
    """Return the counter versions valid at some time while `version` is; None: a time before the first."""
    begun = [staff for staff in counters if staff.valid_from <= version.valid_from]
    later = [
        staff
        for staff in counters
        if staff.valid_from > version.valid_from and (until is None or staff.valid_from < until)
    ]
    return [begun[-1] if begun else None, *later]


def _unstaffed_from(span: LocalSpan, planned: Iterable[StaffedSpan]) -> int | None:
    reached = span.opens
    for staffed in planned:
        if staffed.counters and staffed.span.opens <= reached < staffed.span.closes:
            reached = staffed.span.closes
    return reached if reached < span.closes else None


def _refuse_shared_days(root: Section, exceptions: Sequence[ExceptionalDays]) -> None:
    for number, days in enumerate(exceptions, start=1):
        for other in exceptions[: number - 1]:
            if days.first <= other.last and other.first <= days.last:
                root.refuse(
                    f"exceptions[{number}].date",
                    f"{days.first} is excepted already ({other.first} to {other.last}); keep one of them",
                )
