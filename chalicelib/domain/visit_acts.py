"""What happens on the day, decided: arriving, being called, hanging up, ticking steps. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.domain.access import CITIZEN
from chalicelib.domain.bookings import BookingState
from chalicelib.domain.cases import Record
from chalicelib.domain.errors import CannotEncrypt, InputRefused, LinkExpired, LinkUnknown, NotAllowed, StepNotAllowed
from chalicelib.domain.files import NOTHING, Changes, File
from chalicelib.domain.guests import after_call
from chalicelib.domain.transitions import step
from chalicelib.domain.visits import JOIN_CLOSES, VISIT_STEPS, Visit, VisitState, join_window

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.domain.access import Bearer
    from chalicelib.domain.calls import WorkerBeat
    from chalicelib.domain.offices import Office

UNFINISHED = (VisitState.WAITING, VisitState.IN_CALL, VisitState.HUNG_UP)


class SeatElsewhere(NotAllowed):
    """Another device of the citizen sits in the seat; taking over needs a yes."""


def check_bearer(file: File, bearer: Bearer) -> None:
    """Raise LinkUnknown when the link was revoked since the session began: by a move, or by cancelling."""
    check_version(file, bearer)
    if file.booking.state is BookingState.CANCELLED:
        raise LinkUnknown("cancelled")


def check_seat(file: File, bearer: Bearer) -> None:
    """Raise LinkUnknown or SeatElsewhere unless this device sits in the citizen's seat."""
    check_bearer(file, bearer)
    if file.visit.device != bearer.device:
        raise SeatElsewhere(file.key.booking_id)


def check_may_talk(file: File, bearer: Bearer) -> None:
    """As `check_seat`; raise CannotEncrypt, too, if the browser in the seat said that it cannot encrypt."""
    check_seat(file, bearer)
    if file.presence and file.presence.device == bearer.device and file.presence.cannot_encrypt:
        raise CannotEncrypt(file.key.booking_id)


def check_version(file: File, bearer: Bearer) -> None:
    """Raise LinkUnknown when the appointment moved since the session began."""
    if bearer.link_version != file.booking.link_version:
        raise LinkUnknown("version")


def check_window(file: File, office: Office, *, now: datetime) -> None:
    """Raise LinkTooEarly, LinkExpired or LinkUnknown unless the room may be entered now.

    A visit that has begun is never locked out: an office may run late. After closing the room shows what was done,
    for as long again.
    """
    booking = file.booking
    if booking.closed_at is not None:
        if now >= booking.closed_at + JOIN_CLOSES:
            raise LinkExpired(booking.closed_at + JOIN_CLOSES)
        return
    if booking.state is not BookingState.CONFIRMED:
        raise LinkUnknown(booking.state.value)
    window = join_window(booking, opens_minutes=office.join_opens_minutes)
    try:
        window.check(now)
    except LinkExpired:
        if file.visit.state not in UNFINISHED:
            raise


def enter(file: File, office: Office, bearer: Bearer, *, take_over: bool, now: datetime) -> Changes:
    """Take the citizen's seat with this device. Entering again (reload) changes nothing."""
    check_bearer(file, bearer)
    check_window(file, office, now=now)
    visit = file.visit
    if file.booking.state is BookingState.CLOSED:
        return NOTHING
    if seat_of(file, bearer.device, now=now) == "elsewhere" and not take_over:
        raise SeatElsewhere(file.key.booking_id)
    if visit.device == bearer.device and visit.state in (VisitState.WAITING, VisitState.IN_CALL):
        return NOTHING
    if visit.state is VisitState.IN_CALL:
        # A new generation: the media tickets of the device that lost the seat are worth nothing from now on.
        # Whoever holds a forwarded link could do this: nobody is in light before the clerk says so.
        moved = replace(visit, device=bearer.device, generation=visit.generation + 1, newcomer=True)
        return _visit(moved, Record("device-changed", CITIZEN, {}))
    entered = replace(
        visit,
        state=step(VISIT_STEPS, visit.state, "enter"),
        device=bearer.device,
        arrived_at=visit.arrived_at or now,
        worker="",  # another device may hold a ticket for the anteroom: placed anew, it is worth nothing
    )
    return _visit(entered, Record("citizen-arrived", CITIZEN, {}))


def hang_up_citizen(file: File, bearer: Bearer) -> Changes:
    """The citizen ends the call, at the device in the seat. Raises SeatElsewhere at any other."""
    check_seat(file, bearer)
    return hang_up(file, actor=CITIZEN)


def leave(file: File, bearer: Bearer) -> Changes:
    """Leave the waiting room; the appointment stays."""
    check_bearer(file, bearer)
    if file.visit.state is VisitState.EXPECTED or file.visit.device != bearer.device:
        return NOTHING
    left = replace(file.visit, state=step(VISIT_STEPS, file.visit.state, "leave"), device="", worker="")
    return _visit(left, Record("citizen-left", CITIZEN, {}))


def seat_of(file: File, device: str, *, now: datetime) -> str:
    """Where the citizen's seat is, seen from `device`: `here`, `free`, or `elsewhere` (a device still heard of)."""
    if file.visit.device == device:
        return "here"
    if not file.visit.device or file.presence is None or not file.presence.present(now):
        return "free"
    return "elsewhere"


def call(file: File, worker: WorkerBeat, *, actor: str, now: datetime) -> Changes:
    """Give the citizen to this clerk and place the call on a worker. Another clerk then finds them taken.

    Whoever sits in the anteroom of that worker already keeps their place there, and its generation.
    """
    visit = file.visit
    if visit.state is VisitState.IN_CALL and visit.clerk == actor:
        return NOTHING
    ready = visit.state is VisitState.WAITING and visit.worker == worker.address
    called = replace(
        visit,
        state=step(VISIT_STEPS, visit.state, "call"),
        clerk=actor,
        called_at=now,
        generation=visit.generation if ready else visit.generation + 1,
        worker=worker.address,
        newcomer=False,  # whom they call, they see
    )
    return _visit(called, Record("citizen-called", actor, {"generation": called.generation}))


def place(file: File, worker: WorkerBeat) -> Changes:
    """Place a call: for the anteroom while the citizen waits, or anew when its worker is gone or going.

    The anteroom is no news for the case.
    """
    visit = file.visit
    placed = replace(
        visit,
        state=step(VISIT_STEPS, visit.state, "place"),
        generation=visit.generation + 1,
        worker=worker.address,
    )
    if visit.state is VisitState.WAITING:
        return Changes(visit=placed)
    return _visit(placed, Record("call-placed-anew", "system", {"generation": placed.generation}))


def hang_up(file: File, *, actor: str) -> Changes:
    """End the call; the case stays open and the citizen can be called again."""
    if file.visit.state is VisitState.HUNG_UP:
        return NOTHING
    if actor != CITIZEN:
        refuse_another_clerk(file, "hang up", actor=actor)
    ended = replace(
        file.visit,
        state=step(VISIT_STEPS, file.visit.state, "hang_up"),
        worker="",  # the next call is placed anew: tickets of this one open nothing in it
        guest=after_call(file.visit.guest),
        newcomer=False,
    )
    return _visit(ended, Record("call-ended", actor, {}))


def refuse_another_clerk(file: File, event: str, *, actor: str) -> None:
    """Raise StepNotAllowed while another clerk talks with the citizen."""
    if file.visit.state is VisitState.IN_CALL and file.visit.clerk != actor:
        raise StepNotAllowed(file.visit.state, event)


def admit_device(file: File, *, actor: str) -> Changes:
    """Let the device that took the seat during the call see and hear. Raises StepNotAllowed in another's call."""
    check_own(file, "admit a device", actor=actor)
    if not file.visit.newcomer:
        return NOTHING
    return _visit(replace(file.visit, newcomer=False), Record("device-admitted", actor, {}))


def check_own(file: File, event: str, *, actor: str) -> None:
    """Raise StepNotAllowed unless this clerk talks, or talked last, with the citizen: steps and money are theirs."""
    if file.visit.state not in (VisitState.IN_CALL, VisitState.HUNG_UP) or file.visit.clerk != actor:
        raise StepNotAllowed(file.visit.state, event)


def tick(file: File, office: Office, key: str, *, done: bool, actor: str) -> Changes:
    """Tick or untick one step of the list, `service/step`: only the clerk whose call it is, or was last.

    Raises StepNotAllowed, InputRefused for a step that is not there.
    """
    check_own(file, "tick", actor=actor)
    if key not in step_keys(file, office):
        raise InputRefused({"step": "problem.no_such_step"})
    if file.booking.state is not BookingState.CONFIRMED:
        raise StepNotAllowed(file.booking.state, "tick")
    visit = file.visit
    if (key in visit.steps_done) == done:
        return NOTHING
    others = tuple(ticked for ticked in visit.steps_done if ticked != key)
    kind = "step-done" if done else "step-undone"
    steps_done = (*others, key) if done else others
    return _visit(replace(visit, steps_done=steps_done), Record(kind, actor, {"step": key}))


def step_keys(file: File, office: Office) -> list[str]:
    """The keys of all steps of the file's matters, in order, each once."""
    keys = [f"{service.key}/{one.key}" for service in office.matters(file.booking.services) for one in service.steps]
    return list(dict.fromkeys(keys))


def _visit(visit: Visit, record: Record) -> Changes:
    return Changes(visit=visit, records=(record,))
