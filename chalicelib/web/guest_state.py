"""What a guest is told: that there is a call, of which office, in which role they come, and who is in it.

No name of the citizen, no matter, paper, fee, step, address, date: the contract stands in docs/architecture.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.guest_acts import guest_seat
from chalicelib.domain.visits import VisitState
from chalicelib.web import states
from chalicelib.web.room_state import clerk_name

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.files import File
    from chalicelib.domain.offices import Office


def guest_state(file: File, office: Office, *, device: str, language: str, now: datetime) -> dict[str, Any]:
    """The state of the call for the guest's device that asks."""
    visit = file.visit
    running = visit.state is VisitState.IN_CALL
    return {
        "now": states.moment(now),
        "office": {"key": office.key, "name": states.in_language(office.name, language)},
        "guest": {**(states.guest(file) or {}), "seat": guest_seat(file, device, now=now)},
        "call": {
            "running": running,
            "generation": visit.generation if running else None,
            "clerk": clerk_name(visit.clerk, language) if running else None,
            "in_it": _in_it(file) if running else [],
        },
        "calls": states.calls(office),
    }


def _in_it(file: File) -> list[str]:
    """The seats that see and hear each other."""
    return ["citizen", "clerk", *(["guest"] if file.visit.guest.admitted else [])]
