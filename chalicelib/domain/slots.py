"""Slots: which starts an office can offer for an appointment of a given length.

Capacity is counted in units of `grid_minutes`. An appointment takes every unit that it covers; a unit can be
taken as often as counters are open in it. Appointments that overlap nowhere more often than there are
counters can always be spread over these counters, so counting per unit is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.errors import BookingError, SlotNotOffered
from chalicelib.domain.hours import counter_spans, counters_open, local_day, opening_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chalicelib.domain.hours import OpenSpan
    from chalicelib.domain.offices import Office

MAX_UNITS = 40  # a move releases and takes as many in one transaction, which has room for 100 writes

_WEEK_KEY = re.compile(r"(\d{4})-W(\d{2})\Z", re.ASCII)
_DAYS_A_WEEK = 7


class AppointmentTooLong(BookingError):
    """More units than one appointment can hold; the message says what to do instead."""

    def __init__(self, *, minutes: int, limit_minutes: int) -> None:
        super().__init__(
            f"{minutes} minutes are too long for one appointment; book two of at most {limit_minutes} minutes each"
        )
        self.minutes, self.limit_minutes = minutes, limit_minutes


class WeekUnknown(BookingError):
    """The key names no week of the ISO calendar; the message shows one that does."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A start in aware UTC and a length in minutes that a booking can have."""

    start: datetime
    minutes: int

    @property
    def end(self) -> datetime:
        """When it is over, in UTC; the end itself belongs to the next slot."""
        return self.start + timedelta(minutes=self.minutes)


def units(slot: Slot, grid: int) -> tuple[datetime, ...]:
    """Return the starts of all units of `grid` minutes that the slot covers. Raise AppointmentTooLong."""
    count = -(-slot.minutes // grid)
    if count > MAX_UNITS:
        raise AppointmentTooLong(minutes=slot.minutes, limit_minutes=MAX_UNITS * grid)
    return tuple(slot.start + timedelta(minutes=grid * number) for number in range(count))


def capacity(office: Office, unit_start: datetime) -> int:
    """Return how many appointments can share the unit that begins at `unit_start` (UTC); 0 when closed."""
    return counters_open(office, unit_start)


def free_slots(
    office: Office, *, minutes: int, week: str, taken: Mapping[datetime, int], now: datetime
) -> list[Slot]:
    """Return all slots of `minutes` that the office can still give in an ISO week, ascending.

    `taken` counts, by the UTC start of a unit, how often it is given away; units not named are free.
    Raise AppointmentTooLong, WeekUnknown.
    """
    units(Slot(now, minutes), office.grid_minutes)
    return [
        slot for day in week_days(week) for slot in _offered_on(office, day, minutes=minutes, taken=taken, now=now)
    ]


def first_free(
    office: Office, *, minutes: int, weeks: Iterable[tuple[str, Mapping[datetime, int]]], now: datetime
) -> Slot | None:
    """Return the first free slot in `weeks` (key, taken), read one by one and only as far as needed."""
    for week, taken in weeks:
        found = free_slots(office, minutes=minutes, week=week, taken=taken, now=now)
        if found:
            return found[0]
    return None


def refuse_unless_offered(office: Office, slot: Slot, *, now: datetime) -> None:
    """Raise SlotNotOffered unless the slot would be offered at `now` if nobody had booked anything.

    Raise AppointmentTooLong for a slot that no week of any office could offer.
    """
    units(slot, office.grid_minutes)
    day = local_day(slot.start, zone=office.time_zone)
    if slot not in _offered_on(office, day, minutes=slot.minutes, taken={}, now=now):
        raise SlotNotOffered(f"{office.key} never offered {slot.minutes} minutes at {slot.start.isoformat()}")


def earliest_start(office: Office, now: datetime) -> datetime:
    """Return before when nothing is offered any more: people need a moment to get ready."""
    return now + timedelta(minutes=office.lead_minutes)


def bookable_weeks(office: Office, now: datetime) -> list[str]:
    """Return the keys of all weeks, ascending, in which the office gives appointments at `now`."""
    first = local_day(earliest_start(office, now), zone=office.time_zone)
    last = _last_day(office, now=now)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return list(dict.fromkeys(week_key(day) for day in days))


def week_of(moment: datetime, *, office: Office) -> str:
    """Return the key of the ISO week that the office's calendar shows at `moment`, e.g. `2026-W48`."""
    return week_key(local_day(moment, zone=office.time_zone))


def week_key(day: date) -> str:
    """Return the ISO week of `day` as `2026-W48`; its year is that of the week's Thursday."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def week_days(key: str) -> tuple[date, ...]:
    """Return the seven dates of an ISO week, Monday first. Raise WeekUnknown."""
    found = _WEEK_KEY.match(key)
    try:
        if found:
            year, week = int(found[1]), int(found[2])
            return tuple(date.fromisocalendar(year, week, number + 1) for number in range(_DAYS_A_WEEK))
    except ValueError:
        pass
    raise WeekUnknown(f"{key!r} is no week; write the year and the ISO week, for example 2026-W48")


def week_after(key: str, weeks: int = 1) -> str:
    """Return the week `weeks` later (negative: earlier). Raise WeekUnknown."""
    try:
        return week_key(week_days(key)[0] + timedelta(weeks=weeks))
    except OverflowError:
        raise WeekUnknown(f"there is no calendar {weeks} weeks from {key}") from None


def _within_horizon(office: Office, day: date, *, now: datetime) -> bool:
    return local_day(now, zone=office.time_zone) <= day <= _last_day(office, now=now)


def _last_day(office: Office, *, now: datetime) -> date:
    return local_day(now, zone=office.time_zone) + timedelta(days=office.horizon_days)


def _offered_on(
    office: Office, day: date, *, minutes: int, taken: Mapping[datetime, int], now: datetime
) -> Iterator[Slot]:
    """Yield the free slots of one local date that are neither too soon nor too far ahead."""
    if not _within_horizon(office, day, now=now):
        return
    earliest = earliest_start(office, now)
    for slot in _free_on(office, day, minutes=minutes, taken=taken):
        if slot.start >= earliest:
            yield slot


def _free_on(office: Office, day: date, *, minutes: int, taken: Mapping[datetime, int]) -> Iterator[Slot]:
    """Yield the slots of one local date whose units are all free and lie in one opening span."""
    grid = timedelta(minutes=office.grid_minutes)
    needed = -(-minutes // office.grid_minutes)
    staffed = counter_spans(office, day)
    for span in opening_spans(office, day):
        unit, run = span.start, 0
        while unit + grid <= span.end:
            free = _counters_in(staffed, unit) > taken.get(unit, 0)
            run = run + 1 if free else 0
            if run >= needed:
                yield Slot(unit - grid * (needed - 1), minutes)
            unit += grid


def _counters_in(staffed: Sequence[tuple[OpenSpan, int]], unit: datetime) -> int:
    return next((number for span, number in staffed if span.start <= unit < span.end), 0)
