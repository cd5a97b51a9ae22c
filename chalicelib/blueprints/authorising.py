"""Who is asking: sessions out of cookies, and the check that an unsafe request comes from our own pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.domain.access import Audience, Bearer, Clerk, Invited, Role, may_use_desk
from chalicelib.domain.errors import NoSuchBooking, NoSuchOffice, NotAllowed, NotSignedIn
from chalicelib.domain.ids import FileKey, looks_like_id

if TYPE_CHECKING:
    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt

SAFE = ("GET", "HEAD")


def authorised(request: Request, house: Fernamt, *, audience: Audience, method: str) -> Request:  # noqa: PLR0911 - one return an audience
    """The request with its subject, or the error that refuses it."""
    if "office" in request.parts and request.office is None:
        raise NoSuchOffice(request.parts["office"])
    if audience is Audience.NOTICE:
        return request  # its own signature speaks for it
    if method not in SAFE:
        refuse_foreign(request, house.public_url)
    match audience:
        case Audience.PUBLIC:
            return replace(request, booker=request.cookies.get("__Host-booker", ""))
        case Audience.BOOKER:
            return _booker(request)
        case Audience.MANAGER:
            found = _bearer(request, house, "manage")
            house.joining.manages(_bearer_of(found))
            return found
        case Audience.VISITOR:
            return _bearer(request, house, "visit")
        case Audience.GUEST:
            return _bearer(request, house, "guest")
        case Audience.CLERK:
            return _clerk(request, house)


def refuse_foreign(request: Request, own: str) -> None:
    """Raise NotAllowed unless the browser says that one of our own pages sent this (OWASP: CSRF, origin check).

    A page with a strict referrer policy sends `Origin: null`; Sec-Fetch-Site then speaks for it.
    """
    if request.headers.get("origin") == own:
        return
    if request.headers.get("sec-fetch-site") == "same-origin":
        return
    raise NotAllowed("origin")


def bearer(request: Request) -> Bearer:
    """Who holds the link that this session came from."""
    return _bearer_of(request)


def invited(request: Request) -> Invited:
    """Who holds the guest's link that this session came from."""
    return Invited(request.its_key, request.link_version, request.device)


def _booker(request: Request) -> Request:
    booker = request.cookies.get("__Host-booker", "")
    booking_id = request.parts.get("booking", "")
    if not booker or not looks_like_id(booking_id):
        raise NoSuchBooking(booking_id)
    return replace(request, booker=booker, key=FileKey(request.its_office.key, booking_id))


def _bearer(request: Request, house: Fernamt, kind: str) -> Request:
    token = request.cookies.get(f"__Host-{kind}", "")
    claims = house.sessions.read(kind, token, now=request.now)
    if claims["office"] != request.its_office.key:
        raise NotSignedIn(kind)
    key = FileKey(claims["office"], claims["booking"])
    _refuse_another(request, key, kind)
    return replace(request, key=key, device=claims.get("device", ""), link_version=claims["version"])


def _refuse_another(request: Request, key: FileKey, kind: str) -> None:
    """Raise NotSignedIn when the page that asks shows another booking than the session's.

    A browser has one session of a kind: whoever opens a second link in another tab must not cancel the second
    appointment with the button of the first. Pages say which booking they show; programs need not.
    """
    shown = request.one("booking") or request.headers.get("fernamt-booking", "")
    if shown and shown != key.booking_id:
        raise NotSignedIn(kind)


def _bearer_of(request: Request) -> Bearer:
    return Bearer(request.its_key, request.link_version, request.device)


def _clerk(request: Request, house: Fernamt) -> Request:
    claims = house.sessions.read("desk", request.cookies.get("__Host-desk", ""), now=request.now)
    clerk = Clerk(claims["id"], claims["office"], Role(claims["role"]), claims["name"])
    may_use_desk(clerk)
    office = house.offices.get(clerk.office)
    if office is None:
        raise NoSuchOffice(clerk.office)
    booking_id = request.parts.get("booking", "")
    if booking_id and not looks_like_id(booking_id):
        raise NoSuchBooking(booking_id)
    key = FileKey(clerk.office, booking_id) if booking_id else None
    return replace(request, clerk=clerk, office=office, key=key)
