"""Booking: from "What would you like to get done?" to the confirmation. GET changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalice.app import Blueprint

from chalicelib.blueprints.boundary import endpoint
from chalicelib.blueprints.request import Answer, page, see_other
from chalicelib.domain.access import Audience
from chalicelib.domain.bookings import BookingState, Details
from chalicelib.domain.errors import (
    BookingError,
    HoldExpired,
    InputRefused,
    NoSuchBooking,
    SlotNotOffered,
    SlotTaken,
    StepNotAllowed,
)
from chalicelib.domain.ids import ID_BYTES, FileKey, looks_like_id, new_id
from chalicelib.web import citizen_pages
from chalicelib.web.moments import moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt
    from chalicelib.domain.bookings import Booking

blueprint = Blueprint(__name__)
MATTERS_MAX = 12  # more never fit into one appointment; a longer address is somebody's experiment


@endpoint(blueprint, "/", audience=Audience.PUBLIC)
def get_offices(request: Request, fernamt: Fernamt) -> Answer:
    """All offices."""
    model = citizen_pages.offices(fernamt.offices.values(), language=request.language)
    return page("citizen/offices.html", model)


@endpoint(blueprint, "/{office}", audience=Audience.PUBLIC)
def get_entry(request: Request, fernamt: Fernamt) -> Answer:
    """The entry: search and matters. With `m` the page that adds a matter to these."""
    del fernamt
    keys, query = _matters(request), request.one("q")
    model = citizen_pages.entry(
        request.its_office, language=request.language, now=request.now, keys=keys, query=query
    )
    return page("citizen/entry.html", model)


@endpoint(blueprint, "/{office}/about/{page}", audience=Audience.PUBLIC)
def get_about(request: Request, fernamt: Fernamt) -> Answer:
    """Imprint, privacy, accessibility."""
    del fernamt
    return page("citizen/about.html", citizen_pages.about(request.its_office, request.parts["page"]))


@endpoint(blueprint, "/{office}/matters/{service}", audience=Audience.PUBLIC)
def get_matter(request: Request, fernamt: Fernamt) -> Answer:
    """One matter. `m`: chosen before."""
    del fernamt
    model = citizen_pages.matter_page(
        request.its_office, request.parts["service"], language=request.language, keys=_matters(request)
    )
    return page("citizen/matter.html", model)


@endpoint(blueprint, "/{office}/slots", audience=Audience.PUBLIC)
def get_slots(request: Request, fernamt: Fernamt) -> Answer:
    """Free slots for the matters `m`, in `week` or from the first free one on."""
    office, keys, asked = request.its_office, _matters(request), request.one("week")
    if not keys:
        return see_other(f"/{office.key}")
    found = fernamt.booking.week(office, keys, week=asked or None, now=request.now)
    draft, gone = request.one("hold"), moment(request.one("gone")) or ""
    model = citizen_pages.slots(
        office, keys=keys, language=request.language, week=found, asked=asked, now=request.now
    )
    return page("citizen/slots.html", {**model, "draft": draft if looks_like_id(draft) else "", "gone": gone})


@endpoint(blueprint, "/{office}/holds", methods=("POST",), audience=Audience.PUBLIC)
def post_hold(request: Request, fernamt: Fernamt) -> Answer:
    """Hold `start` for the matters `m`, or for the draft `hold`, which keeps what was typed."""
    start, draft = _start(request), request.one("hold") or _draft_left_behind(request, fernamt)
    asked = replace(request, booker=_known_or_new(request, fernamt))
    try:
        booking = _held(asked, fernamt, start, draft=draft)
    except (SlotTaken, SlotNotOffered) as error:
        return _choose_again(request, _matters(request), start, draft=draft, because=error)
    except StepNotAllowed as error:
        return _over(_own_draft(asked, draft), fernamt, because=error)
    step = "check" if booking.details else "details"
    return see_other(_draft_path(booking, step), sessions=_remembered(asked, booking))


@endpoint(blueprint, "/{office}/holds/{booking}/details", audience=Audience.BOOKER)
def get_details(request: Request, fernamt: Fernamt) -> Answer:
    """The form."""
    booking = _draft(request, fernamt)
    if booking.state is not BookingState.HELD or _is_late(booking, request.now):
        return _elsewhere(request, booking)
    model = citizen_pages.details(request.its_office, booking, language=request.language)
    return page("citizen/details.html", model)


@endpoint(blueprint, "/{office}/holds/{booking}/details", methods=("POST",), audience=Audience.BOOKER)
def post_details(request: Request, fernamt: Fernamt) -> Answer:
    """Take the form, or show it again with what is wrong."""
    from chalicelib.web.forms import read_details  # noqa: PLC0415 - 35 ms of WTForms that no other page needs

    booking = _draft(request, fernamt)
    values, errors = read_details(request.form, languages=request.its_office.languages)
    if errors:
        return _form_again(request, booking, values, errors)
    try:
        booking = _give(request, fernamt, booking, Details(**values))
    except (BookingError, StepNotAllowed) as error:
        return _not_given(request, fernamt, booking, because=error)
    return see_other(_draft_path(booking, "check"))


@endpoint(blueprint, "/{office}/holds/{booking}/check", audience=Audience.BOOKER)
def get_check(request: Request, fernamt: Fernamt) -> Answer:
    """Everything once more."""
    booking = _draft(request, fernamt)
    if booking.state is not BookingState.HELD or _is_late(booking, request.now):
        return _elsewhere(request, booking)
    if booking.details is None:
        return see_other(_draft_path(booking, "details"))
    return page("citizen/check.html", _booked(request, booking))


@endpoint(blueprint, "/{office}/holds/{booking}/confirm", methods=("POST",), audience=Audience.BOOKER)
def post_confirm(request: Request, fernamt: Fernamt) -> Answer:
    """Make it binding."""
    try:
        file = fernamt.booking.confirm(request.its_key, booker=request.booker, now=request.now)
    except HoldExpired as error:
        return _slot_lost(request, _draft(request, fernamt), because=error)
    return see_other(_draft_path(file.booking, "confirmed"))


@endpoint(blueprint, "/{office}/holds/{booking}/confirmed", audience=Audience.BOOKER)
def get_confirmed(request: Request, fernamt: Fernamt) -> Answer:
    """The confirmation."""
    booking = _draft(request, fernamt)
    if booking.state is not BookingState.CONFIRMED:
        return _elsewhere(request, booking)
    model = citizen_pages.confirmed(
        request.its_office,
        booking,
        language=request.language,
        now=request.now,
        mail_from=fernamt.settings.mail_from,
    )
    return page("citizen/confirmed.html", model)


def _matters(request: Request) -> list[str]:
    """Give the chosen matters, each once, in the order of choice."""
    return list(dict.fromkeys(request.all("m")))[:MATTERS_MAX]


def _start(request: Request) -> datetime:
    start = moment(request.one("start"))
    if start is None:
        raise SlotNotOffered("no such moment")
    return start


def _draft(request: Request, fernamt: Fernamt) -> Booking:
    return fernamt.booking.draft(request.its_key, booker=request.booker).booking


def _known_or_new(request: Request, fernamt: Fernamt) -> str:
    return request.booker if looks_like_id(request.booker) else new_id(fernamt.chance.token(ID_BYTES))


def _remembered(request: Request, booking: Booking) -> dict[str, str]:
    """What this browser keeps: who it is, and, for a person's way back, the draft."""
    draft = {} if request.wants_json else {"draft": booking.key.booking_id}
    return {"booker": request.booker, **draft}


def _not_given(request: Request, fernamt: Fernamt, booking: Booking, *, because: Exception) -> Answer:
    if isinstance(because, StepNotAllowed):
        return _over(request, fernamt, because=because)
    if isinstance(because, (HoldExpired, SlotTaken, SlotNotOffered)):
        return _slot_lost(request, booking, because=because)
    raise because


def _over(request: Request, fernamt: Fernamt, *, because: StepNotAllowed) -> Answer:
    """Back, after it was confirmed or cancelled: lead to what became of it. A program gets the problem itself."""
    if request.wants_json:
        raise because
    return _elsewhere(request, _draft(request, fernamt))


def _draft_left_behind(request: Request, fernamt: Fernamt) -> str:
    """The draft that this browser holds a slot with, for the same matters; empty if there is none.

    Whoever goes back and chooses another time wants that one, and not to keep two from others.
    """
    draft = request.cookies.get("__Host-draft", "")
    if request.wants_json or not looks_like_id(draft):
        return ""
    try:
        booking = _draft(_own_draft(request, draft), fernamt)
    except NoSuchBooking:
        return ""
    same = list(booking.services) == _matters(request)
    return draft if same and booking.state is BookingState.HELD else ""


def _own_draft(request: Request, draft: str) -> Request:
    if not looks_like_id(draft):
        raise NoSuchBooking(draft)
    return replace(request, key=FileKey(request.its_office.key, draft))


def _held(request: Request, fernamt: Fernamt, start: datetime, *, draft: str) -> Booking:
    """Hold a slot for a new draft, or another for one of this browser's."""
    office = request.its_office
    if draft:
        key = _own_draft(request, draft).its_key
        changed = fernamt.booking.change_slot(office, key, start, booker=request.booker, now=request.now)
        return changed.booking
    if not _matters(request):
        raise InputRefused({"m": "problem.choose"})
    key = fernamt.booking.hold(office, _matters(request), start, booker=request.booker, now=request.now)
    return fernamt.booking.draft(key, booker=request.booker).booking


def _give(request: Request, fernamt: Fernamt, booking: Booking, details: Details) -> Booking:
    """Put the details onto the draft. Whoever typed for longer than the hold gets the same slot if it is free."""
    key, booker, now = request.its_key, request.booker, request.now
    given = fernamt.booking.give_details(key, details, booker=booker, now=now)
    if _is_late(booking, now):  # what was typed is kept already, whatever becomes of the slot
        given = fernamt.booking.change_slot(request.its_office, key, booking.start, booker=booker, now=now)
    return given.booking


def _is_late(booking: Booking, now: datetime) -> bool:
    return booking.hold_until is not None and now >= booking.hold_until


def _form_again(request: Request, booking: Booking, values: dict[str, str], errors: dict[str, str]) -> Answer:
    if request.wants_json:
        raise InputRefused(errors)
    model = citizen_pages.details(
        request.its_office, booking, language=request.language, values=values, errors=errors
    )
    return page("citizen/details.html", model, status=422)


def _booked(request: Request, booking: Booking) -> dict[str, object]:
    return citizen_pages.booked(request.its_office, booking, language=request.language, now=request.now)


def _draft_path(booking: Booking, step: str) -> str:
    return f"/{booking.key.office}/holds/{booking.key.booking_id}/{step}"


def _elsewhere(request: Request, booking: Booking) -> Answer:
    """Lead to where a booking is that is not where the address says."""
    if booking.state is BookingState.CONFIRMED:
        return see_other(_draft_path(booking, "confirmed"))
    if booking.state in (BookingState.CANCELLED, BookingState.CLOSED):
        return see_other(f"/{booking.key.office}")
    if booking.state is BookingState.HELD and not _is_late(booking, request.now):
        return see_other(_draft_path(booking, "check"))
    return _slot_lost(request, booking, because=HoldExpired(booking.key.booking_id))


def _slot_lost(request: Request, booking: Booking, *, because: BookingError) -> Answer:
    draft = booking.key.booking_id
    return _choose_again(request, booking.services, booking.start, draft=draft, because=because)


def _choose_again(
    request: Request, matters: Sequence[str], start: datetime, *, draft: str, because: BookingError
) -> Answer:
    """Say kindly that the slot is gone, and offer the next. A program gets the problem itself."""
    if request.wants_json:
        raise because
    query = [("m", key) for key in matters] + [("gone", start.isoformat())] + [("hold", draft)] * bool(draft)
    return see_other(f"/{request.its_office.key}/slots?{urlencode(query)}")
