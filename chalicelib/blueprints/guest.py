"""The guest's doors: from the link that the clerk made to the third seat. Nothing of the case is told here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib.blueprints.authorising import invited
from chalicelib.blueprints.bodies import DeviceBody, read
from chalicelib.blueprints.boundary import endpoint, problem_words
from chalicelib.blueprints.request import Answer, data, page, see_other
from chalicelib.blueprints.words import device_of, pasted, told_ticket
from chalicelib.domain.access import Audience
from chalicelib.domain.errors import LinkError
from chalicelib.web.guest_state import guest_state

if TYPE_CHECKING:
    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt
    from chalicelib.domain.access import Invited
    from chalicelib.domain.files import File

blueprint = Blueprint(__name__)
SESSION = timedelta(hours=12)


@endpoint(blueprint, "/{office}/guest", audience=Audience.PUBLIC)
def get_guest(request: Request, fernamt: Fernamt) -> Answer:
    """The page that reads the link's fragment. Opening it changes nothing."""
    del request, fernamt
    return page("guest/landing.html", {"problem": None, "link": ""})


@endpoint(blueprint, "/{office}/guest", methods=("POST",), audience=Audience.PUBLIC)
def post_guest(request: Request, fernamt: Fernamt) -> Answer:
    """The link's secret for a session on this device."""
    device, room = device_of(request, fernamt), f"/{request.its_office.key}/guest/room"
    try:
        holder = fernamt.guests.open_link(request.its_office, pasted(request), device=device, now=request.now)
    except LinkError as error:
        if request.wants_json:
            raise
        words = problem_words(fernamt, request, error)
        return page("guest/landing.html", {"problem": words, "link": request.one("link")}, status=409)
    cookies = {"guest": _session(holder, request, fernamt), "device": device}
    return data({"room": room}, sessions=cookies) if request.wants_json else see_other(room, sessions=cookies)


@endpoint(blueprint, "/{office}/guest/room", audience=Audience.GUEST)
def get_room(request: Request, fernamt: Fernamt) -> Answer:
    """Before the door, and the call: one page."""
    return page("guest/room.html", {"state": _state(fernamt.guests.vouch(invited(request)), request)})


@endpoint(blueprint, "/{office}/guest/room/state", audience=Audience.GUEST)
def get_state(request: Request, fernamt: Fernamt) -> Answer:
    """How things stand."""
    return data(_state(fernamt.guests.vouch(invited(request)), request))


@endpoint(blueprint, "/{office}/guest/room/enter", methods=("POST",), audience=Audience.GUEST)
def post_enter(request: Request, fernamt: Fernamt) -> Answer:
    """Take the guest's seat, before the door."""
    report = read(DeviceBody, request)
    presence = report.presence(request.device, request.now)
    file = fernamt.guests.arrive(
        request.its_office, invited(request), presence, take_over=report.take_over, now=request.now
    )
    return data(_state(file, request))


@endpoint(blueprint, "/{office}/guest/room/presence", methods=("POST",), audience=Audience.GUEST)
def post_presence(request: Request, fernamt: Fernamt) -> Answer:
    """A heartbeat with the state of the device."""
    presence = read(DeviceBody, request).presence(request.device, request.now)
    return data(_state(fernamt.guests.beat(invited(request), presence), request))


@endpoint(blueprint, "/{office}/guest/room/leave", methods=("POST",), audience=Audience.GUEST)
def post_leave(request: Request, fernamt: Fernamt) -> Answer:
    """Go; the link stays good."""
    return data(_state(fernamt.guests.leave(invited(request), now=request.now), request))


@endpoint(blueprint, "/{office}/guest/room/ticket", methods=("POST",), audience=Audience.GUEST)
def post_ticket(request: Request, fernamt: Fernamt) -> Answer:
    """The way into the call, in the dark until the clerk lets the guest in."""
    return data(told_ticket(fernamt.calling.guest_ticket(invited(request), now=request.now), fernamt))


def _session(holder: Invited, request: Request, fernamt: Fernamt) -> str:
    claims = {
        "office": holder.key.office,
        "booking": holder.key.booking_id,
        "version": holder.version,
        "device": holder.device,
    }
    return fernamt.sessions.issue("guest", claims, expires_at=request.now + SESSION, now=request.now)


def _state(file: File, request: Request) -> dict[str, Any]:
    return guest_state(file, request.its_office, device=request.device, language=request.language, now=request.now)
