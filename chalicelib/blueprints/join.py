"""From the link into the room, and everything that the citizen does there."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib.blueprints.authorising import bearer
from chalicelib.blueprints.bodies import DeviceBody, PaperBody, read
from chalicelib.blueprints.boundary import endpoint, problem_words
from chalicelib.blueprints.request import Answer, data, page, see_other
from chalicelib.blueprints.words import device_of, pasted, told_ticket
from chalicelib.domain.access import CITIZEN, Audience
from chalicelib.domain.errors import LinkError
from chalicelib.domain.links import Purpose
from chalicelib.domain.visits import VisitState
from chalicelib.web.formats import as_date
from chalicelib.web.room_state import room_state

if TYPE_CHECKING:
    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt
    from chalicelib.domain.access import Bearer
    from chalicelib.domain.files import File

blueprint = Blueprint(__name__)
SESSION = timedelta(hours=12)


@endpoint(blueprint, "/{office}/join", audience=Audience.PUBLIC)
def get_join(request: Request, fernamt: Fernamt) -> Answer:
    """The page that reads the link's fragment. Opening it changes nothing."""
    del request, fernamt
    return page("join/landing.html", {"problem": None, "link": ""})


@endpoint(blueprint, "/{office}/join", methods=("POST",), audience=Audience.PUBLIC)
def post_join(request: Request, fernamt: Fernamt) -> Answer:
    """The link's secret for a session on this device."""
    try:
        holder = _holder(request, fernamt)
    except LinkError as error:
        if request.wants_json:
            raise
        words = problem_words(fernamt, request, error)
        return page("join/landing.html", {"problem": words, "link": request.one("link")}, status=409)
    cookies = {"visit": _session(holder, request, fernamt), "device": holder.device}
    room = f"/{request.its_office.key}/room"
    return data({"room": room}, sessions=cookies) if request.wants_json else see_other(room, sessions=cookies)


@endpoint(blueprint, "/{office}/room", audience=Audience.VISITOR)
def get_room(request: Request, fernamt: Fernamt) -> Answer:
    """Green room, waiting room and call: one page."""
    file = fernamt.joining.admit(request.its_office, bearer(request), now=request.now)
    return page("join/room.html", {"state": _state(file, request, fernamt)})


@endpoint(blueprint, "/{office}/room/state", audience=Audience.VISITOR)
def get_state(request: Request, fernamt: Fernamt) -> Answer:
    """How things stand."""
    return _told(fernamt.joining.vouch(bearer(request)), request, fernamt)


@endpoint(blueprint, "/{office}/room/enter", methods=("POST",), audience=Audience.VISITOR)
def post_enter(request: Request, fernamt: Fernamt) -> Answer:
    """Take the seat in the waiting room."""
    report = read(DeviceBody, request)
    presence = report.presence(request.device, request.now)
    file = fernamt.joining.enter(
        request.its_office, bearer(request), presence, take_over=report.take_over, now=request.now
    )
    return _told(file, request, fernamt)


@endpoint(blueprint, "/{office}/room/presence", methods=("POST",), audience=Audience.VISITOR)
def post_presence(request: Request, fernamt: Fernamt) -> Answer:
    """A heartbeat with the state of the device."""
    presence = read(DeviceBody, request).presence(request.device, request.now)
    return _told(fernamt.joining.beat(bearer(request), presence), request, fernamt)


@endpoint(blueprint, "/{office}/room/leave", methods=("POST",), audience=Audience.VISITOR)
def post_leave(request: Request, fernamt: Fernamt) -> Answer:
    """Leave the waiting room."""
    return _told(fernamt.joining.leave(bearer(request), now=request.now), request, fernamt)


@endpoint(blueprint, "/{office}/room/hangup", methods=("POST",), audience=Audience.VISITOR)
def post_hangup(request: Request, fernamt: Fernamt) -> Answer:
    """Hang up; the waiting room stays open."""
    return _told(fernamt.calling.hang_up_citizen(bearer(request), now=request.now), request, fernamt)


@endpoint(blueprint, "/{office}/room/ticket", methods=("POST",), audience=Audience.VISITOR)
def post_ticket(request: Request, fernamt: Fernamt) -> Answer:
    """The way into the call."""
    return data(told_ticket(fernamt.calling.citizen_ticket(bearer(request), now=request.now), fernamt))


@endpoint(blueprint, "/{office}/room/anteroom", methods=("POST",), audience=Audience.VISITOR)
def post_anteroom(request: Request, fernamt: Fernamt) -> Answer:
    """The way into the room before the call, in the dark; none while others wait before."""
    ticket = fernamt.anterooms.of_citizen(request.its_office, bearer(request), now=request.now)
    return data(told_ticket(ticket, fernamt))


@endpoint(blueprint, "/{office}/room/preflight", methods=("POST",), audience=Audience.VISITOR)
def post_preflight(request: Request, fernamt: Fernamt) -> Answer:
    """The way into a room that gives back what is sent: the line is tried out before anybody waits for it."""
    file = fernamt.joining.admit(request.its_office, bearer(request), now=request.now)
    return data(told_ticket(fernamt.anterooms.preflight(file, now=request.now), fernamt))


@endpoint(blueprint, "/{office}/room/papers", methods=("POST",), audience=Audience.VISITOR)
def post_paper(request: Request, fernamt: Fernamt) -> Answer:
    """Announce a paper; the answer is the form that uploads it."""
    fernamt.joining.vouch(bearer(request))
    paper = asdict(read(PaperBody, request))
    form = fernamt.papers.announce(request.its_key, actor=CITIZEN, **paper, now=request.now)
    return data({"paper_id": form.paper_id, "url": form.url, "fields": form.fields}, status=201)


@endpoint(blueprint, "/{office}/room/papers/{paper}/received", methods=("POST",), audience=Audience.VISITOR)
def post_received(request: Request, fernamt: Fernamt) -> Answer:
    """The paper is uploaded: check it."""
    fernamt.joining.vouch(bearer(request))
    fernamt.papers.received(request.its_key, request.parts["paper"], actor=CITIZEN, now=request.now)
    return _told(fernamt.joining.vouch(bearer(request)), request, fernamt)


@endpoint(blueprint, "/{office}/room/papers/{paper}/open", methods=("POST",), audience=Audience.VISITOR)
def post_open(request: Request, fernamt: Fernamt) -> Answer:
    """An address that serves the paper for a minute."""
    fernamt.joining.vouch(bearer(request))
    url = fernamt.papers.open(request.its_key, request.parts["paper"], actor=CITIZEN, now=request.now)
    return data({"url": url})


@endpoint(blueprint, "/{office}/room/pay", methods=("POST",), audience=Audience.VISITOR)
def post_pay(request: Request, fernamt: Fernamt) -> Answer:
    """The address of the checkout."""
    fernamt.joining.vouch(bearer(request))
    return data({"url": fernamt.paying.checkout(request.its_key, now=request.now).url})


@endpoint(blueprint, "/{office}/room/pay/returned", methods=("POST",), audience=Audience.VISITOR)
def post_returned(request: Request, fernamt: Fernamt) -> Answer:
    """Back from the checkout: ask the provider, in case its notice was lost."""
    fernamt.joining.vouch(bearer(request))
    fernamt.paying.returned(request.its_key, now=request.now)
    return _told(fernamt.joining.vouch(bearer(request)), request, fernamt)


@endpoint(blueprint, "/{office}/room/pay/left", methods=("POST",), audience=Audience.VISITOR)
def post_left(request: Request, fernamt: Fernamt) -> Answer:
    """Walked away from the checkout: it ends, so that the clerk need not wait for it."""
    fernamt.joining.vouch(bearer(request))
    fernamt.paying.left(request.its_key, now=request.now)
    return _told(fernamt.joining.vouch(bearer(request)), request, fernamt)


@endpoint(blueprint, "/{office}/result", audience=Audience.PUBLIC)
def get_result(request: Request, fernamt: Fernamt) -> Answer:
    """The page that reads the link's fragment. Opening it fetches nothing."""
    del request, fernamt
    return page("citizen/result.html", {"problem": None})


@endpoint(blueprint, "/{office}/result", methods=("POST",), audience=Audience.PUBLIC)
def post_result(request: Request, fernamt: Fernamt) -> Answer:
    """The link's secret for the document: on to an address that serves it for a minute."""
    try:
        holder = fernamt.joining.open_link(request.its_office, pasted(request), purpose=Purpose.RESULT)
        url = fernamt.papers.result(holder.key, now=request.now)
    except LinkError as error:
        if request.wants_json:
            raise
        return page("citizen/result.html", {"problem": problem_words(fernamt, request, error)}, status=409)
    return data({"url": url}) if request.wants_json else see_other(url)


def _holder(request: Request, fernamt: Fernamt) -> Bearer:
    """Who opened the link, on which of their devices. Raises LinkError outside of its window, too."""
    office, device = request.its_office, device_of(request, fernamt)
    holder = fernamt.joining.open_link(office, pasted(request), purpose=Purpose.JOIN, device=device)
    fernamt.joining.admit(office, holder, now=request.now)
    return holder


def _session(holder: Bearer, request: Request, fernamt: Fernamt) -> str:
    key = holder.key
    claims = {
        "office": key.office,
        "booking": key.booking_id,
        "version": holder.link_version,
        "device": holder.device,
    }
    return fernamt.sessions.issue("visit", claims, expires_at=request.now + SESSION, now=request.now)


def _told(file: File, request: Request, fernamt: Fernamt) -> Answer:
    return data(_state(file, request, fernamt))


def _state(file: File, request: Request, fernamt: Fernamt) -> dict[str, Any]:
    waiting = file.visit.state is VisitState.WAITING
    date = as_date(file.booking.start).isoformat()
    return room_state(
        file,
        request.its_office,
        device=request.device,
        ahead=fernamt.joining.ahead(file, date, now=request.now) if waiting else 0,
        language=request.language,
        now=request.now,
    )
