"""A booking by its manage link: see, move, cancel, have the letter sent again.

Mail scanners open links and click what they find. So opening gives only a session, and whatever changes
something stands on a page of its own behind one more step.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalice.app import Blueprint

from chalicelib.blueprints.authorising import bearer
from chalicelib.blueprints.boundary import endpoint
from chalicelib.blueprints.request import Answer, page, see_other
from chalicelib.domain.access import CITIZEN, Audience
from chalicelib.domain.errors import LinkUnknown, SlotNotOffered, SlotTaken
from chalicelib.domain.links import Purpose
from chalicelib.web import citizen_pages
from chalicelib.web.moments import moment

if TYPE_CHECKING:
    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt
    from chalicelib.domain.bookings import Booking

blueprint = Blueprint(__name__)
SESSION = timedelta(hours=1)
DONE = ("moved", "resent", "cancelled")
OWN = "/{office}/manage/booking"


@endpoint(blueprint, "/{office}/manage", audience=Audience.PUBLIC)
def get_link(request: Request, fernamt: Fernamt) -> Answer:
    """The page that reads the link's fragment. Opening it changes nothing."""
    del request, fernamt
    return page("citizen/open_link.html", {"error": ""})


@endpoint(blueprint, "/{office}/manage", methods=("POST",), audience=Audience.PUBLIC)
def post_link(request: Request, fernamt: Fernamt) -> Answer:
    """The link's secret, or a whole pasted link, for a session."""
    fragment = request.one("link").strip().rpartition("#")[2]
    try:
        holder = fernamt.joining.open_link(request.its_office, fragment, purpose=Purpose.MANAGE)
    except LinkUnknown:
        if request.wants_json:
            raise
        return page("citizen/open_link.html", {"error": "open.link_wrong"}, status=404)
    session = _session(replace(request, key=holder.key), fernamt, version=holder.link_version)
    return see_other(_own(request), sessions={"manage": session})


@endpoint(blueprint, OWN, audience=Audience.MANAGER)
def get_booking(request: Request, fernamt: Fernamt) -> Answer:
    """The appointment."""
    done = request.one("done")
    model = _booked(request, _booking(request, fernamt), done=done if done in DONE else "")
    return page("citizen/manage.html", model)


@endpoint(blueprint, f"{OWN}/cancel", audience=Audience.MANAGER)
def get_cancel(request: Request, fernamt: Fernamt) -> Answer:
    """Ask once more."""
    return page("citizen/cancel.html", _booked(request, _booking(request, fernamt)))


@endpoint(blueprint, f"{OWN}/cancel", methods=("POST",), audience=Audience.MANAGER)
def post_cancel(request: Request, fernamt: Fernamt) -> Answer:
    """Cancel. The session goes on, so that the page can say that it is done."""
    fernamt.booking.cancel(request.its_office, request.its_key, actor=CITIZEN, now=request.now)
    return see_other(f"{_own(request)}?done=cancelled")


@endpoint(blueprint, f"{OWN}/resend", audience=Audience.MANAGER)
def get_resend(request: Request, fernamt: Fernamt) -> Answer:
    """Ask before a letter goes out."""
    return page("citizen/resend.html", _booked(request, _booking(request, fernamt)))


@endpoint(blueprint, f"{OWN}/resend", methods=("POST",), audience=Audience.MANAGER)
def post_resend(request: Request, fernamt: Fernamt) -> Answer:
    """Send the links again."""
    fernamt.booking.resend(request.its_key, actor=CITIZEN, now=request.now)
    return see_other(f"{_own(request)}?done=resent")


@endpoint(blueprint, f"{OWN}/move", audience=Audience.MANAGER)
def get_move(request: Request, fernamt: Fernamt) -> Answer:
    """Free slots of the same length."""
    office, booking, asked = request.its_office, _booking(request, fernamt), request.one("week")
    week = fernamt.booking.week(office, booking.services, week=asked or None, now=request.now)
    model = citizen_pages.slots(
        office, keys=booking.services, language=request.language, week=week, asked=asked, now=request.now
    )
    return page(
        "citizen/move.html", {**model, **_booked(request, booking), "gone": moment(request.one("gone")) or ""}
    )


@endpoint(blueprint, f"{OWN}/move", methods=("POST",), audience=Audience.MANAGER)
def post_move(request: Request, fernamt: Fernamt) -> Answer:
    """Move. The new letter brings new links; this session goes on with the new version."""
    start = moment(request.one("start"))
    if start is None:
        raise SlotNotOffered("no such moment")
    try:
        file = fernamt.booking.move(request.its_office, request.its_key, start, actor=CITIZEN, now=request.now)
    except (SlotTaken, SlotNotOffered):
        if request.wants_json:
            raise
        return see_other(f"{_own(request)}/move?{urlencode({'gone': start.isoformat()})}")
    session = _session(request, fernamt, version=file.booking.link_version)
    return see_other(f"{_own(request)}?done=moved", sessions={"manage": session})


def _own(request: Request) -> str:
    return OWN.format(office=request.its_office.key)


def _booking(request: Request, fernamt: Fernamt) -> Booking:
    return fernamt.joining.manages(bearer(request)).booking


def _booked(request: Request, booking: Booking, **more: Any) -> dict[str, Any]:
    return citizen_pages.booked(request.its_office, booking, language=request.language, now=request.now, **more)


def _session(request: Request, fernamt: Fernamt, *, version: int) -> str:
    """A token for the file that the request speaks for; a move raises the version and ends all older ones."""
    claims = {"office": request.its_key.office, "booking": request.its_key.booking_id, "version": version}
    return fernamt.sessions.issue("manage", claims, expires_at=request.now + SESSION, now=request.now)
