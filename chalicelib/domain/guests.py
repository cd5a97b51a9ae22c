"""The third seat: who is invited into a call, and how far they have come. `guest_acts` decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.transitions import allows, step


class GuestRole(StrEnum):
    """Why somebody sits in: both others are told."""

    INTERPRETER = "interpreter"
    RELATIVE = "relative"
    SIGN_LANGUAGE = "sign_language"
    COLLEAGUE = "colleague"


class GuestState(StrEnum):
    """Where the guest is. Only an admitted one sees and hears, and is seen and heard."""

    NONE = "none"
    INVITED = "invited"
    WAITING = "waiting"
    ADMITTED = "admitted"
    LEFT = "left"


GUEST_STEPS = {
    (GuestState.NONE, "invite"): GuestState.INVITED,
    (GuestState.INVITED, "invite"): GuestState.INVITED,
    (GuestState.WAITING, "invite"): GuestState.INVITED,
    (GuestState.ADMITTED, "invite"): GuestState.INVITED,
    (GuestState.LEFT, "invite"): GuestState.INVITED,
    (GuestState.INVITED, "arrive"): GuestState.WAITING,
    (GuestState.WAITING, "arrive"): GuestState.WAITING,
    (GuestState.ADMITTED, "arrive"): GuestState.WAITING,  # on another device: who that is, the clerk sees again
    (GuestState.LEFT, "arrive"): GuestState.WAITING,
    (GuestState.WAITING, "admit"): GuestState.ADMITTED,
    (GuestState.ADMITTED, "dismiss"): GuestState.WAITING,
    (GuestState.WAITING, "leave"): GuestState.LEFT,
    (GuestState.ADMITTED, "leave"): GuestState.LEFT,
    (GuestState.ADMITTED, "end_call"): GuestState.WAITING,  # the next call's clerk decides anew
    (GuestState.INVITED, "revoke"): GuestState.NONE,
    (GuestState.WAITING, "revoke"): GuestState.NONE,
    (GuestState.ADMITTED, "revoke"): GuestState.NONE,
    (GuestState.LEFT, "revoke"): GuestState.NONE,
}
HERE = (GuestState.WAITING, GuestState.ADMITTED)


@dataclass(frozen=True, slots=True)
class Guest:
    """The guest of a visit. `version` is part of the link's secret: raising it ends every link made before.

    It only ever rises, over moves of the date too: a link that was ended never opens again.
    """

    state: GuestState = GuestState.NONE
    role: GuestRole | None = None
    version: int = 0
    device: str = ""  # which of the guest's devices sits, or sat last, in the seat

    @property
    def admitted(self) -> bool:
        """Whether the clerk has let them in."""
        return self.state is GuestState.ADMITTED


NO_GUEST = Guest()


def revoked(guest: Guest) -> Guest:
    """Nobody is invited any more; nothing changes where nobody was."""
    if not allows(GUEST_STEPS, guest.state, "revoke"):
        return guest
    return Guest(state=step(GUEST_STEPS, guest.state, "revoke"), version=guest.version)


def after_call(guest: Guest) -> Guest:
    """Whoever was admitted waits before the door again."""
    if not allows(GUEST_STEPS, guest.state, "end_call"):
        return guest
    return replace(guest, state=step(GUEST_STEPS, guest.state, "end_call"))
