"""Who may do what: the one policy. A subject is who asks; what is not allowed looks absent from outside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.errors import NoSuchBooking, NotAllowed
from chalicelib.domain.ids import FileKey

CITIZEN = "citizen"
"""How the case names the citizen; a clerk is named by `Clerk.actor`."""
GUEST = "guest"
"""How the case names the third person in the call: nobody's name, the role stands in the entry."""


class Audience(StrEnum):
    """Whom a route is for. Every route names exactly one."""

    PUBLIC = "public"  # anybody, signed in or not
    BOOKER = "booker"  # the browser that holds the draft
    MANAGER = "manager"  # whoever opened the booking's manage link
    VISITOR = "visitor"  # whoever opened the booking's join link
    GUEST = "guest"  # whoever opened the link that a clerk made for a third person
    CLERK = "clerk"  # a clerk of the office, signed in
    NOTICE = "notice"  # the payment provider, by its signature


class Role(StrEnum):
    """Roles that the identity provider vouches for."""

    CLERK = "clerk"
    LEAD = "lead"
    OPS = "ops"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever holds a link of a booking, on one of their devices."""

    key: FileKey
    link_version: int
    device: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    """Whoever holds the link for the guest of a call, on one of their devices.

    Not a Bearer: what a guest may see is that there is a call, at which office, in which role they come and which
    seats are taken; never the booking, its papers, its fee or anybody's name.
    """

    key: FileKey
    version: int
    device: str = ""


DESK_ROLES = frozenset({Role.CLERK, Role.LEAD})


@dataclass(frozen=True, slots=True)
class Clerk:
    """Somebody of the office, as the identity provider named them."""

    id: str
    office: str
    role: Role
    name: str

    @property
    def actor(self) -> str:
        """How the case names them: a number, no name."""
        return f"clerk:{self.id}"


def may_use_desk(clerk: Clerk) -> None:
    """Raise NotAllowed unless the role works at the desk."""
    if clerk.role not in DESK_ROLES:
        raise NotAllowed(f"{clerk.role} does not work at the desk")


def may_open(clerk: Clerk, key: FileKey) -> None:
    """Raise NoSuchBooking for files of another office: they look absent."""
    if clerk.office != key.office:
        raise NoSuchBooking(key.booking_id)
