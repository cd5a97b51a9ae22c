"""Every page with sample data of real offices, so that it can be looked at, weighed and checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.office_files import read_offices
from chalicelib.domain.bookings import Booking, BookingState, Details
from chalicelib.domain.ids import FileKey
from chalicelib.domain.slots import bookable_weeks, free_slots
from chalicelib.services.booking import Week
from chalicelib.web import citizen_pages
from chalicelib.web.catalogues import texts_in
from chalicelib.web.formats import Formats
from chalicelib.web.render import OfficeFace, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.domain.offices import Office

    Model = Callable[[str], Mapping[str, Any]]

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
START = datetime(2026, 11, 24, 9, 20, tzinfo=UTC)
BOOKING_ID = "abcdefghijklmnopqrstuvwxyz"
OFFICES = Path(__file__).parents[2] / "chalicelib" / "offices"


@cache
def offices() -> Mapping[str, Office]:
    """Read the offices that come with the product."""
    return read_offices(OFFICES)


def heidelberg() -> Office:
    """Give the office with the most matters."""
    return offices()["heidelberg"]


BOOKING = Booking(
    key=FileKey("heidelberg", BOOKING_ID),
    reference="HD-7K3M-9QX2",
    state=BookingState.HELD,
    services=("meldebescheinigung",),
    start=START,
    minutes=20,
    booker="",
    made_at=NOW,
    hold_until=NOW + timedelta(minutes=10),
    details=Details("Amira Beispiel", "amira@example.org", "de", "06221 123456", "Ich spreche langsam Deutsch."),
)
TWO = replace(BOOKING, services=("wohnung-anmelden", "bewohnerparkausweis"), minutes=40)
CONFIRMED = replace(BOOKING, state=BookingState.CONFIRMED, hold_until=None)


@dataclass(frozen=True, slots=True)
class Sample:
    """One page: its template, its model by language, and the path that it stands for."""

    name: str
    template: str
    model: Model
    here: str = "/heidelberg"
    with_office: bool = True

    def html(self, language: str) -> str:
        """Render the page."""
        face = OfficeFace.of(heidelberg(), language=language) if self.with_office else None
        return render(self.template, self.model(language), language=language, office=face, here=self.here)


def _slots(
    language: str, *, keys: tuple[str, ...], draft: str = "", gone: Any = "", full: bool = False
) -> dict[str, Any]:
    office = heidelberg()
    minutes, weeks = office.minutes(keys), bookable_weeks(office, NOW)
    # As in life, some times are gone.
    taken = {
        START.replace(hour=7, minute=0) + timedelta(minutes=10 * number): 4
        for number in range(400)
        if number % 7 in (0, 1, 5)
    }
    free = [] if full else free_slots(office, minutes=minutes, week=weeks[0], taken=taken, now=NOW)
    week = Week(weeks[0], free, weeks)
    model = citizen_pages.slots(office, keys=keys, language=language, week=week, asked="", now=NOW)
    return {**model, "draft": draft, "gone": gone}


def _problem(slug: str, status: int) -> Model:
    def model(language: str) -> dict[str, Any]:
        texts = texts_in(language)
        when = Formats(texts).moment(START)
        detail = texts(f"problem.{slug}.detail", opens_at=when, closed_at=when)
        return {"status": status, "slug": slug, "title": texts(f"problem.{slug}.title"), "detail": detail}

    return model


def _booked(booking: Booking, **more: Any) -> Model:
    return lambda language: citizen_pages.booked(heidelberg(), booking, language=language, now=NOW, **more)


def _confirmed(language: str) -> dict[str, Any]:
    return citizen_pages.confirmed(
        heidelberg(), CONFIRMED, language=language, now=NOW, mail_from="office@office.example"
    )


def _move(language: str) -> dict[str, Any]:
    return {
        **_slots(language, keys=CONFIRMED.services),
        "booking": citizen_pages.appointment(heidelberg(), CONFIRMED, language=language),
    }


def _entry(**more: Any) -> Model:
    return lambda language: citizen_pages.entry(heidelberg(), language=language, now=NOW, **more)


def _matter(key: str, **more: Any) -> Model:
    return lambda language: citizen_pages.matter_page(heidelberg(), key, language=language, **more)


def _week(**more: Any) -> Model:
    return lambda language: _slots(language, **more)


def _details(booking: Booking, **more: Any) -> Model:
    return lambda language: citizen_pages.details(heidelberg(), booking, language=language, **more)


def _about(topic: str) -> Model:
    return lambda _: citizen_pages.about(heidelberg(), topic)


def _offices(language: str) -> dict[str, Any]:
    return citizen_pages.offices(offices().values(), language=language)


ONE = ("meldebescheinigung",)
TWO_MATTERS = TWO.services
TYPED = {"name": "", "email": "amira@"}
WRONG = {"name": "details.name_missing", "email": "details.email_wrong"}
CANCELLED = replace(CONFIRMED, state=BookingState.CANCELLED)
CLOSED = replace(CONFIRMED, state=BookingState.CLOSED)
SLOTS = "/heidelberg/slots?m=meldebescheinigung"
HOLD = f"/heidelberg/holds/{BOOKING_ID}"
OWN = "/heidelberg/manage/booking"
LINK = "/heidelberg/manage"
GUEST = "/heidelberg/guest"
LATE = {"kind": "late", "title": "…", "detail": "…", "opens_at": None}

SAMPLES = (
    Sample("offices", "citizen/offices.html", _offices, here="/", with_office=False),
    Sample("entry", "citizen/entry.html", _entry()),
    Sample("entry-search", "citizen/entry.html", _entry(query="umziehen"), here="/heidelberg?q=umziehen"),
    Sample("entry-search-none", "citizen/entry.html", _entry(query="xyz")),
    Sample("entry-add", "citizen/entry.html", _entry(keys=ONE)),
    Sample("matter", "citizen/matter.html", _matter("wohnung-anmelden")),
    Sample("matter-added", "citizen/matter.html", _matter("fuehrungszeugnis", keys=ONE)),
    Sample("matter-advice", "citizen/matter.html", _matter("personalausweis")),
    Sample("slots", "citizen/slots.html", _week(keys=ONE), here=SLOTS),
    Sample("slots-gone", "citizen/slots.html", _week(keys=TWO_MATTERS, draft=BOOKING_ID, gone=START), here=SLOTS),
    Sample("slots-none", "citizen/slots.html", _week(keys=ONE, full=True), here=SLOTS),
    Sample("details", "citizen/details.html", _details(replace(BOOKING, details=None)), here=f"{HOLD}/details"),
    Sample("details-wrong", "citizen/details.html", _details(BOOKING, values=TYPED, errors=WRONG), here=HOLD),
    Sample("check", "citizen/check.html", _booked(TWO), here=f"{HOLD}/check"),
    Sample("confirmed", "citizen/confirmed.html", _confirmed, here=f"{HOLD}/confirmed"),
    Sample("manage", "citizen/manage.html", _booked(CONFIRMED, done=""), here=OWN),
    Sample("manage-moved", "citizen/manage.html", _booked(CONFIRMED, done="moved"), here=OWN),
    Sample("manage-cancelled", "citizen/manage.html", _booked(CANCELLED, done="cancelled"), here=OWN),
    Sample("manage-over", "citizen/manage.html", _booked(CLOSED, done=""), here=OWN),
    Sample("cancel", "citizen/cancel.html", _booked(CONFIRMED), here=f"{OWN}/cancel"),
    Sample("move", "citizen/move.html", _move, here=f"{OWN}/move"),
    Sample("resend", "citizen/resend.html", _booked(CONFIRMED), here=f"{OWN}/resend"),
    Sample("open-link", "citizen/open_link.html", lambda _: {"error": ""}, here=LINK),
    Sample("open-link-wrong", "citizen/open_link.html", lambda _: {"error": "open.link_wrong"}, here=LINK),
    Sample("guest", "guest/landing.html", lambda _: {"problem": None, "link": ""}, here=GUEST),
    Sample("guest-late", "guest/landing.html", lambda _: {"problem": LATE, "link": "x"}, here=GUEST),
    *(Sample(f"about-{topic}", "citizen/about.html", _about(topic)) for topic in citizen_pages.ABOUT),
    Sample("error-404", "error/problem.html", _problem("absent", 404)),
    Sample("error-404-no-office", "error/problem.html", _problem("absent", 404), with_office=False),
    Sample("error-403", "error/problem.html", _problem("not_allowed", 403)),
    Sample("error-409", "error/problem.html", _problem("slot_taken", 409)),
    Sample("error-410", "error/problem.html", _problem("link_expired", 410)),
    Sample("error-425", "error/problem.html", _problem("link_too_early", 425)),
    Sample("error-429", "error/problem.html", _problem("too_many_requests", 429)),
    Sample("error-500", "error/problem.html", _problem("unexpected", 500)),
)
