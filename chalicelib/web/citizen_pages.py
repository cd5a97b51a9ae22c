"""The models of the citizen's booking pages: plain mappings out of the domain's objects.

Each function is named after its template in `templates/citizen/` and gives all that the template asks for. As
the same model is answered to programs as JSON, a value is a text, number, moment, amount, or a list or mapping
of these.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import Absent
from chalicelib.web.calendar_entry import calendar_link
from chalicelib.web.catalogues import texts_in
from chalicelib.web.formats import local
from chalicelib.web.matters import chosen, matter, matter_in_full, query_of, search
from chalicelib.web.render import in_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from chalicelib.domain.bookings import Booking
    from chalicelib.domain.offices import Office
    from chalicelib.domain.slots import Slot
    from chalicelib.services.booking import Week

ABOUT = ("imprint", "privacy", "accessibility")


def offices(known: Iterable[Office], *, language: str) -> dict[str, Any]:
    """Give the page on which an office is chosen."""
    return {
        "offices": [
            {
                "key": office.key,
                "name": in_language(office.name, language),
                "city": office.city,
                "arms": office.arms,
                "colour": office.colour,
            }
            for office in known
        ]
    }


def entry(
    office: Office, *, language: str, now: datetime, keys: Sequence[str] = (), query: str = ""
) -> dict[str, Any]:
    """Give the entry page. `keys`: matters chosen before, to which another is added. Raises NoSuchService."""
    services = [service for service in office.services.values() if service.key not in keys]
    hours = opening_hours(office, now=now)
    return {
        "chosen": chosen(office, keys, language=language),
        "query": query,
        "found": [matter(service, language=language) for service in search(services, query)],
        "most_used": [
            matter(service, language=language) for service in office.most_used() if service.key not in keys
        ],
        "groups": [
            {
                "name": in_language(group.name, language),
                "matters": [matter(service, language=language) for service in members if service.key not in keys],
            }
            for group, members in office.by_group()
            if any(service.key not in keys for service in members)
        ],
        "hours": hours,
        "around_the_clock": [each["spans"] for each in hours] == [["00:00-24:00"]] * 7,
    }


def opening_hours(office: Office, *, now: datetime) -> list[dict[str, Any]]:
    """Give the weekdays (a date of this week, for its name) on which the office opens, with their spans."""
    today = local(now).date()
    valid = [version for version in office.hours if version.valid_from <= today]
    monday = today - timedelta(days=today.weekday())
    return [
        {"day": monday + timedelta(days=number), "spans": [str(span) for span in spans]}
        for number, spans in enumerate(valid[-1].weekdays if valid else ())
        if spans
    ]


def matter_page(office: Office, key: str, *, language: str, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Give one matter's page; `keys` were chosen before. Raises NoSuchService."""
    service = office.service(key)
    before = [each for each in keys if each != key]
    return {
        "matter": matter_in_full(service, language=language),
        "before": chosen(office, before, language=language),
        "query": query_of([*before, key]),
        "group": in_language(office.groups[service.group].name, language),
    }


def slots(
    office: Office, *, keys: Sequence[str], language: str, week: Week, asked: str, now: datetime
) -> dict[str, Any]:
    """Give the page of one week's free slots.

    `asked`: the week of the address; none means from the first free slot on, and only then is the first one
    known as the earliest of all. The view adds `draft` (the booking that changes its slot) and `gone` (the slot
    that was lost).
    """
    weeks = week.weeks
    place = weeks.index(week.key) if week.key in weeks else -1
    return {
        "chosen": chosen(office, keys, language=language),
        "now": now,
        "today": local(now).date(),
        "earliest": week.slots[0].start if week.slots and not asked else None,
        "nothing_free": not week.slots and not asked,
        "week": week.key,
        "days": by_day(week.slots),
        "previous_week": weeks[place - 1] if place > 0 else "",
        "next_week": weeks[place + 1] if 0 <= place < len(weeks) - 1 else "",
        "draft": "",
        "gone": "",
    }


def by_day(free: Sequence[Slot]) -> list[dict[str, Any]]:
    """Group slots by their day in Berlin."""
    return [
        {"date": day, "times": [slot.start for slot in of_day]}
        for day, of_day in groupby(free, key=lambda slot: local(slot.start).date())
    ]


def appointment(office: Office, booking: Booking, *, language: str) -> dict[str, Any]:
    """Give a booking as every later page shows it."""
    details = booking.details
    return {
        "id": booking.key.booking_id,
        "reference": booking.reference,
        "state": booking.state.value,
        "start": booking.start,
        "end": booking.end,
        "minutes": booking.minutes,
        "hold_until": booking.hold_until,
        "chosen": chosen(office, booking.services, language=language),
        "details": {
            "name": details.name if details else "",
            "email": details.email if details else "",
            "language": details.language if details else language,
            "phone": details.phone if details else "",
            "note": details.note if details else "",
        },
    }


def details(
    office: Office,
    booking: Booking,
    *,
    language: str,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Give the form; `values` as typed, `errors`: field → key of its text."""
    shown = appointment(office, booking, language=language)
    return {
        "booking": shown,
        "values": {**shown["details"], **(values or {})},
        "errors": dict(errors or {}),
        "offered_languages": list(office.languages),
    }


def booked(office: Office, booking: Booking, *, language: str, now: datetime, **more: Any) -> dict[str, Any]:
    """Give the pages check, confirmed, manage, cancel and resend: a booking and what the page adds."""
    return {
        "booking": appointment(office, booking, language=language),
        "papers": _papers(office, booking.services, language=language),
        "join_opens_minutes": office.join_opens_minutes,
        "now": now,
        **more,
    }


def about(office: Office, topic: str) -> dict[str, Any]:
    """Give imprint, privacy or accessibility statement. Raises Absent for any other."""
    if topic not in ABOUT:
        raise Absent(topic)
    return {"topic": topic, "address": list(office.address), "phone": office.phone}


def confirmed(office: Office, booking: Booking, *, language: str, now: datetime, mail_from: str) -> dict[str, Any]:
    """Give the confirmation: as `booked`, with the entry for the citizen's calendar."""
    link = calendar_link(
        booking.key.booking_id,
        start=booking.start,
        end=booking.end,
        made=booking.made_at,
        mail_from=mail_from,
        office=in_language(office.name, language),
        texts=texts_in(language),
    )
    return booked(office, booking, language=language, now=now, calendar=link)


def _papers(office: Office, keys: Iterable[str], *, language: str) -> list[dict[str, Any]]:
    """Give the checklist of all matters together, each paper once; required beats optional."""
    together: dict[str, dict[str, Any]] = {}
    for service in office.matters(keys):
        for paper in matter_in_full(service, language=language)["papers"]:
            known = together.setdefault(paper["key"], paper)
            known["required"] = known["required"] or paper["required"]
    return sorted(together.values(), key=lambda paper: not paper["required"])
