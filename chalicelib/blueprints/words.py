"""What several doors read and say alike: a pasted link, the device that asks, a media ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.ids import ID_BYTES, looks_like_id, new_id
from chalicelib.domain.turn import LASTS, turn_pass

if TYPE_CHECKING:
    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt
    from chalicelib.services.placing import Ticket


def pasted(request: Request) -> str:
    """What was pasted: a fragment, or a whole link."""
    return request.one("link").strip().rpartition("#")[2]


def device_of(request: Request, fernamt: Fernamt) -> str:
    """Which of their devices this is, as its cookie says; a fresh name for one without."""
    known = request.cookies.get("__Host-device", "")
    return known if looks_like_id(known) else new_id(fernamt.chance.token(ID_BYTES))


def told_ticket(ticket: Ticket | None, fernamt: Fernamt) -> dict[str, Any]:
    """A media ticket and where it is good; without one, all of it is null."""
    if ticket is None:
        return {"ticket": None, "url": None, "generation": None}
    url = f"{fernamt.settings.media_url}/sessions"
    return {"ticket": ticket.token, "url": url, "generation": ticket.generation, **_ways(fernamt)}


def _ways(fernamt: Fernamt) -> dict[str, Any]:
    """Where a browser finds a TURN server, with a pass of its own; nothing where there is none."""
    settings = fernamt.settings
    if not settings.turn_urls:
        return {}
    name = new_id(fernamt.chance.token(ID_BYTES))
    username, password = turn_pass(settings.turn_secret, name=name, until=fernamt.clock.now() + LASTS)
    return {"ice_servers": [{"urls": list(settings.turn_urls), "username": username, "credential": password}]}
