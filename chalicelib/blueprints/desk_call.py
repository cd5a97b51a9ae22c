"""The clerk's side of the call: who is next, the way in, the steps, the guest, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint

from chalicelib.blueprints.bodies import AdmitBody, GuestBody, StepBody, read
from chalicelib.blueprints.boundary import endpoint
from chalicelib.blueprints.desk import told
from chalicelib.blueprints.request import Answer, data
from chalicelib.blueprints.words import told_ticket
from chalicelib.domain.access import Audience
from chalicelib.web.formats import as_date

if TYPE_CHECKING:
    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt

blueprint = Blueprint(__name__)


@endpoint(blueprint, "/desk/next", methods=("POST",), audience=Audience.CLERK)
def post_next(request: Request, fernamt: Fernamt) -> Answer:
    """Take whoever is next: exactly one clerk gets them, with the way in."""
    today = as_date(request.now).isoformat()
    file = fernamt.calling.call_next(request.its_clerk, date=today, now=request.now)
    ticket = fernamt.calling.first_ticket(file, now=request.now)
    return data({"booking": file.key.booking_id, "ticket": told_ticket(ticket, fernamt)})


@endpoint(blueprint, "/desk/anteroom", methods=("POST",), audience=Audience.CLERK)
def post_anteroom(request: Request, fernamt: Fernamt) -> Answer:
    """The way into a room of the clerk's own, on the worker where whoever is next sits; none while nobody does."""
    today = as_date(request.now).isoformat()
    return data(told_ticket(fernamt.anterooms.of_clerk(request.its_clerk, date=today, now=request.now), fernamt))


@endpoint(blueprint, "/desk/files/{booking}/call", methods=("POST",), audience=Audience.CLERK)
def post_call(request: Request, fernamt: Fernamt) -> Answer:
    """Take this one."""
    today = as_date(request.now).isoformat()
    file = fernamt.calling.call(request.its_clerk, request.its_key, date=today, now=request.now)
    return told(request, fernamt, file)


@endpoint(blueprint, "/desk/files/{booking}/ticket", methods=("POST",), audience=Audience.CLERK)
def post_ticket(request: Request, fernamt: Fernamt) -> Answer:
    """The way into the call; it says whom the clerk lets see and hear."""
    ticket = fernamt.calling.clerk_ticket(request.its_clerk, request.its_key, now=request.now)
    return data(told_ticket(ticket, fernamt))


@endpoint(blueprint, "/desk/files/{booking}/guest", methods=("POST",), audience=Audience.CLERK)
def post_guest(request: Request, fernamt: Fernamt) -> Answer:
    """Make a link for a guest. The one made before opens nothing any more."""
    role, office = read(GuestBody, request).role, request.its_office.key
    link = fernamt.guests.invite(request.its_clerk, request.its_key, role, now=request.now)
    return data({"url": f"{fernamt.public_url}/{office}/guest#{link}"}, status=201)


@endpoint(blueprint, "/desk/files/{booking}/admit", methods=("POST",), audience=Audience.CLERK)
def post_admit(request: Request, fernamt: Fernamt) -> Answer:
    """Let the guest in, or show them out; the clerk's next ticket says so to the worker."""
    wanted = read(AdmitBody, request).guest
    file = fernamt.guests.admit(request.its_clerk, request.its_key, guest=wanted, now=request.now)
    return told(request, fernamt, file)


@endpoint(blueprint, "/desk/files/{booking}/device", methods=("POST",), audience=Audience.CLERK)
def post_device(request: Request, fernamt: Fernamt) -> Answer:
    """Let the device in that took the citizen's seat during the call; the clerk's next ticket tells the worker."""
    file = fernamt.calling.admit_device(request.its_clerk, request.its_key, now=request.now)
    return told(request, fernamt, file)


@endpoint(blueprint, "/desk/files/{booking}/hangup", methods=("POST",), audience=Audience.CLERK)
def post_hangup(request: Request, fernamt: Fernamt) -> Answer:
    """Hang up; the case stays open."""
    return told(
        request,
        fernamt,
        fernamt.calling.hang_up_clerk(request.its_clerk, request.its_key, now=request.now),
    )


@endpoint(blueprint, "/desk/files/{booking}/step", methods=("POST",), audience=Audience.CLERK)
def post_step(request: Request, fernamt: Fernamt) -> Answer:
    """Tick or untick a step."""
    body = read(StepBody, request)
    file = fernamt.calling.tick(
        request.its_clerk, request.its_office, request.its_key, step=body.step, done=body.done, now=request.now
    )
    return told(request, fernamt, file)
