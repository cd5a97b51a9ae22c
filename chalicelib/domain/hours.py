"""Opening hours: from the office's wall clock to spans of UTC, through both changes of the clocks.

A wall-clock time is mapped to the first instant at which the clock shows it; a time that the clock skips
in spring is mapped to the moment of the change. This map never runs backwards, so spans that do not
overlap on the wall clock do not overlap in UTC: nothing is lost or doubled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from chalicelib.domain.offices import DAY_MINUTES, CountersVersion, HoursVersion, LocalSpan, StaffedSpan
from chalicelib.domain.public_holidays import is_public_holiday

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from chalicelib.domain.offices import ExceptionalDays, Office

_Version = TypeVar("_Version", HoursVersion, CountersVersion)
DEMONSTRATION_COUNTERS = 40
_WHOLE_DAY = LocalSpan(0, DAY_MINUTES)


@dataclass(frozen=True, slots=True, order=True)
class OpenSpan:
    """A stretch of time in aware UTC: `start` ≤ t < `end`."""

    start: datetime
    end: datetime


def local_day(moment: datetime, *, zone: ZoneInfo) -> date:
    """Return the date that a calendar in `zone` shows at `moment` (aware)."""
    return moment.astimezone(zone).date()


def instant(day: date, minutes: int, *, zone: ZoneInfo) -> datetime:
    """Return in UTC when the wall clock of `zone` first shows `minutes` (0..1440) after midnight of `day`."""
    midnight = datetime.combine(day, time(), zone)
    # Sums of an aware datetime are sums on its wall clock, whatever the clocks do in between.
    shown = midnight + timedelta(minutes=minutes)
    found = shown.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return found
    return _skipped_from(found, shown.replace(fold=1).astimezone(UTC), zone=zone)


def _skipped_from(after: datetime, before: datetime, *, zone: ZoneInfo) -> datetime:
    """Return when the clocks were put forward, somewhere in `before` < t ≤ `after` (UTC, whole minutes)."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def local_spans(office: Office, day: date) -> tuple[LocalSpan, ...]:
    """Return when the office is open on `day` by its own wall clock: exception, holiday, then weekday."""
    exception = exception_on(office, day)
    if exception is not None:
        return exception.spans
    if is_public_holiday(day, land=office.land):
        return ()
    version = hours_version(office, day)
    return version.weekdays[day.weekday()] if version else ()


def opening_spans(office: Office, day: date) -> tuple[OpenSpan, ...]:
    """Return when the office is open on the local date `day`, in UTC, ascending and never touching."""
    zone, found = office.time_zone, list[OpenSpan]()
    for span in local_spans(office, day):
        start, end = instant(day, span.opens, zone=zone), instant(day, span.closes, zone=zone)
        if found and found[-1].end == start:
            found[-1] = OpenSpan(found[-1].start, end)
        elif start < end:  # a span may lie wholly in the hour that is skipped
            found.append(OpenSpan(start, end))
    return tuple(found)


def counters_open(office: Office, moment: datetime) -> int:
    """Return how many counters serve at `moment` (aware); 0 while the office is closed."""
    day = local_day(moment, zone=office.time_zone)
    return next((number for span, number in counter_spans(office, day) if span.start <= moment < span.end), 0)


def counter_spans(office: Office, day: date) -> tuple[tuple[OpenSpan, int], ...]:
    """Return in UTC when how many counters serve on the local date `day`, within the opening hours only."""
    zone = office.time_zone
    planned = [
        (instant(day, part.span.opens, zone=zone), instant(day, part.span.closes, zone=zone), part.counters)
        for part in staffed_spans(office, day)
    ]
    return tuple(
        (OpenSpan(max(start, span.start), min(end, span.end)), number)
        for span in opening_spans(office, day)
        for start, end, number in planned
        if max(start, span.start) < min(end, span.end)
    )


def staffed_spans(office: Office, day: date) -> tuple[StaffedSpan, ...]:
    """Return how many counters are planned on `day` by wall clock, whether the office is open or not."""
    exception = exception_on(office, day)
    if exception is not None and exception.counters is not None:
        return (StaffedSpan(_WHOLE_DAY, exception.counters),)
    version = _valid_on(office.counters, day)
    return version.weekdays[day.weekday()] if version else ()


def hours_version(office: Office, day: date) -> HoursVersion | None:
    """Return the version of the regular hours that is valid on `day`; None before the first."""
    return _valid_on(office.hours, day)


def around_the_clock(office: Office) -> Office:
    """Return the office as a demonstration needs it: open every minute of every day, bookable at once.

    With so many counters that the first free slot is one whose waiting room is open, however often one tries.
    """
    whole_day = ((_WHOLE_DAY,),) * 7
    staffed = ((StaffedSpan(_WHOLE_DAY, DEMONSTRATION_COUNTERS),),) * 7
    return replace(
        office,
        land="",
        exceptions=(),
        lead_minutes=0,
        hours=(HoursVersion(date.min, whole_day, example=True),),
        counters=(CountersVersion(date.min, staffed),),
    )


def exception_on(office: Office, day: date) -> ExceptionalDays | None:
    """Return the exception that covers `day`, if any; files with two for one day are refused."""
    return next((days for days in office.exceptions if days.first <= day <= days.last), None)


def _valid_on(versions: Sequence[_Version], day: date) -> _Version | None:
    return next((version for version in reversed(versions) if version.valid_from <= day), None)
