"""The third seat: who makes the link, what ends it, who lets the guest in, and that all of it is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.access import Clerk, Invited, Role
from chalicelib.domain.calls import Seat
from chalicelib.domain.case_acts import Closing, Outcome
from chalicelib.domain.errors import LinkTooEarly, LinkUnknown, NoSuchBooking, StepNotAllowed
from chalicelib.domain.guest_acts import guest_seat
from chalicelib.domain.guests import GUEST_STEPS, NO_GUEST, GuestRole, GuestState, revoked
from chalicelib.domain.ids import FileKey
from chalicelib.domain.links import Purpose
from chalicelib.domain.offices import Delivery
from chalicelib.domain.visit_acts import SeatElsewhere
from chalicelib.domain.visits import PRESENT, VisitState
from tests.services.stage import DAY, EVA, FREE, HEIDELBERG, JAN, Stage

STRANGER = Clerk("ka-1", "karlsruhe", Role.CLERK, "")


def state(stage: Stage, key: FileKey) -> GuestState:
    return stage.file(key).visit.guest.state


def admitted(stage: Stage) -> tuple[FileKey, Invited]:
    """A call with an interpreter in it."""
    key = stage.in_call()
    invited = stage.invited(key)
    stage.arrive(invited)
    stage.guests.admit(EVA, key, guest=True, now=stage.now)
    return key, invited


def test_an_interpreter_comes_into_the_call_and_goes_again(stage: Stage) -> None:
    key = stage.in_call()
    invited = stage.invited(key)
    seen = [state(stage, key)]
    stage.arrive(invited)
    seen.append(state(stage, key))
    stage.guests.admit(EVA, key, guest=True, now=stage.now)
    seen.append(state(stage, key))
    stage.guests.leave(invited, now=stage.now)
    seen.append(state(stage, key))
    assert seen == [GuestState.INVITED, GuestState.WAITING, GuestState.ADMITTED, GuestState.LEFT]
    assert stage.kinds(key)[-4:] == ["guest-invited", "guest-arrived", "guest-admitted", "guest-left"]


def test_the_case_says_in_which_role_somebody_sat_in(stage: Stage) -> None:
    key, invited = admitted(stage)
    stage.guests.leave(invited, now=stage.now)
    _, entries, payloads = stage.files.case(key)
    guests = {entry.seq for entry in entries if entry.kind.startswith("guest-")}
    assert [payload.payload for payload in payloads if payload.seq in guests] == [{"role": "interpreter"}] * 4


def test_a_guest_may_be_invited_before_the_call_and_waits_for_it(stage: Stage) -> None:
    key = stage.waiting()
    invited = stage.invited(key)
    stage.arrive(invited)
    with pytest.raises(StepNotAllowed):
        stage.calling.guest_ticket(invited, now=stage.now)
    with pytest.raises(StepNotAllowed):
        stage.guests.admit(EVA, key, guest=True, now=stage.now)
    stage.calling.call(EVA, key, date=DAY, now=stage.now)
    stage.calling.guest_ticket(invited, now=stage.now)
    assert stage.tickets.claims[-1].seat is Seat.GUEST


def test_opening_the_link_changes_nothing(stage: Stage) -> None:
    key = stage.in_call()
    link = stage.guests.invite(EVA, key, GuestRole.RELATIVE, now=stage.now)
    before = stage.file(key)
    for _ in range(50):
        stage.guests.open_link(HEIDELBERG, link, device="phone", now=stage.now)
    assert stage.file(key) == before


def test_the_guests_link_opens_nothing_else_and_nothing_else_opens_the_guests_door(stage: Stage) -> None:
    key = stage.in_call()
    link = stage.guests.invite(EVA, key, GuestRole.RELATIVE, now=stage.now)
    for purpose in (Purpose.JOIN, Purpose.MANAGE, Purpose.RESULT):
        with pytest.raises(LinkUnknown):
            stage.joining.open_link(HEIDELBERG, link, purpose=purpose)
        with pytest.raises(LinkUnknown):
            stage.guests.open_link(HEIDELBERG, stage.link(key, purpose), device="phone", now=stage.now)


def test_without_an_invitation_no_secret_fits(stage: Stage) -> None:
    """Not even the one that version 0 would have."""
    key = stage.in_call()
    with pytest.raises(LinkUnknown):
        stage.guests.vouch(Invited(key, 0, "phone"))
    with pytest.raises(LinkUnknown):
        stage.guests.open_link(HEIDELBERG, f"{key.booking_id}.{'A' * 32}", device="phone", now=stage.now)


def test_a_newer_link_ends_the_one_before(stage: Stage) -> None:
    key = stage.in_call()
    first = stage.guests.invite(EVA, key, GuestRole.RELATIVE, now=stage.now)
    sat = stage.guests.open_link(HEIDELBERG, first, device="first", now=stage.now)
    stage.arrive(sat)
    stage.guests.admit(EVA, key, guest=True, now=stage.now)
    second = stage.guests.invite(EVA, key, GuestRole.INTERPRETER, now=stage.now)
    with pytest.raises(LinkUnknown):
        stage.guests.open_link(HEIDELBERG, first, device="first", now=stage.now)
    with pytest.raises(LinkUnknown):
        stage.calling.guest_ticket(sat, now=stage.now)
    assert state(stage, key) is GuestState.INVITED
    stage.guests.open_link(HEIDELBERG, second, device="second", now=stage.now)


def test_whoever_is_shown_out_by_a_newer_link_holds_a_ticket_of_an_older_generation(stage: Stage) -> None:
    key, invited = admitted(stage)
    old = stage.calling.guest_ticket(invited, now=stage.now)
    stage.invited(key)
    assert stage.file(key).visit.generation == old.generation + 1


def test_a_link_that_was_ended_by_moving_the_date_never_opens_again(stage: Stage) -> None:
    """Also not after the next invitation: its version goes on counting."""
    key = stage.confirmed()
    link = stage.guests.invite(EVA, key, GuestRole.RELATIVE, now=stage.now)
    stage.booking.move(HEIDELBERG, key, stage.slots()[3], actor="citizen", now=stage.now)
    stage.clock.moment = stage.file(key).booking.start
    assert state(stage, key) is GuestState.NONE
    for _ in range(2):
        with pytest.raises(LinkUnknown):
            stage.guests.open_link(HEIDELBERG, link, device="phone", now=stage.now)
        stage.guests.invite(EVA, key, GuestRole.RELATIVE, now=stage.now)


def test_cancelling_and_closing_end_the_link(stage: Stage) -> None:
    cancelled = stage.waiting()
    by_cancelling = stage.invited(cancelled)
    stage.booking.cancel(HEIDELBERG, cancelled, actor="citizen", now=stage.now)
    closed = stage.in_call(EVA, FREE)
    by_closing = stage.invited(closed)
    stage.arrive(by_closing)
    stage.casework.close(EVA, HEIDELBERG, closed, Closing(Outcome.DONE, Delivery.NONE), today=DAY, now=stage.now)
    for invited in (by_cancelling, by_closing):
        assert state(stage, invited.key) is GuestState.NONE
        with pytest.raises(LinkUnknown):
            stage.guests.vouch(invited)


def test_the_door_opens_no_earlier_than_the_citizens(stage: Stage) -> None:
    key = stage.confirmed(stage.slots()[6])
    with pytest.raises(LinkTooEarly):
        stage.invited(key)


def test_a_clerk_of_another_office_finds_nobody_to_invite_a_guest_for(stage: Stage) -> None:
    key = stage.in_call()
    with pytest.raises(NoSuchBooking):
        stage.guests.invite(STRANGER, key, GuestRole.COLLEAGUE, now=stage.now)
    with pytest.raises(NoSuchBooking):
        stage.guests.admit(STRANGER, key, guest=True, now=stage.now)


def test_in_another_clerks_call_nobody_invites_or_admits(stage: Stage) -> None:
    key = stage.in_call(EVA)
    stage.arrive(stage.invited(key))
    with pytest.raises(StepNotAllowed):
        stage.guests.invite(JAN, key, GuestRole.COLLEAGUE, now=stage.now)
    with pytest.raises(StepNotAllowed):
        stage.guests.admit(JAN, key, guest=True, now=stage.now)
    assert state(stage, key) is GuestState.WAITING


def test_nobody_is_admitted_who_has_not_arrived(stage: Stage) -> None:
    key = stage.in_call()
    for _ in range(2):
        with pytest.raises(StepNotAllowed):
            stage.guests.admit(EVA, key, guest=True, now=stage.now)
        stage.invited(key)


def test_admitting_twice_is_written_down_once(stage: Stage) -> None:
    key, _ = admitted(stage)
    stage.guests.admit(EVA, key, guest=True, now=stage.now)
    assert stage.kinds(key).count("guest-admitted") == 1


def test_shown_out_the_guest_waits_before_the_door(stage: Stage) -> None:
    key, _ = admitted(stage)
    stage.guests.admit(EVA, key, guest=False, now=stage.now)
    assert state(stage, key) is GuestState.WAITING
    assert stage.kinds(key)[-1] == "guest-left"


def test_the_clerks_ticket_opens_the_guest_only_while_admitted(stage: Stage) -> None:
    key = stage.in_call()
    invited = stage.invited(key)
    stage.arrive(invited)
    opens = []
    for let_in in (None, True, False):
        if let_in is not None:
            stage.guests.admit(EVA, key, guest=let_in, now=stage.now)
        stage.calling.clerk_ticket(EVA, key, now=stage.now)
        opens.append(set(stage.tickets.claims[-1].opens))
    assert opens == [{Seat.CITIZEN}, {Seat.CITIZEN, Seat.GUEST}, {Seat.CITIZEN}]


def test_no_ticket_but_the_clerks_opens_anybody(stage: Stage) -> None:
    key, invited = admitted(stage)
    stage.calling.guest_ticket(invited, now=stage.now)
    stage.calling.citizen_ticket(stage.bearer(key), now=stage.now)
    assert [set(claims.opens) for claims in stage.tickets.claims] == [set(), set()]


def test_the_next_clerk_decides_anew(stage: Stage) -> None:
    """Whoever was let into one call is before the door in the next."""
    key, _ = admitted(stage)
    stage.calling.hang_up_clerk(EVA, key, now=stage.now)
    stage.calling.call(JAN, key, date=DAY, now=stage.now)
    stage.calling.clerk_ticket(JAN, key, now=stage.now)
    assert Seat.GUEST not in stage.tickets.claims[-1].opens


def test_a_reload_keeps_the_guest_in_the_call(stage: Stage) -> None:
    key, invited = admitted(stage)
    rev = stage.file(key).head.rev
    stage.arrive(invited)
    assert (state(stage, key), stage.file(key).head.rev) == (GuestState.ADMITTED, rev)


def test_a_second_device_asks_before_it_takes_the_seat_and_is_let_in_anew(stage: Stage) -> None:
    key, invited = admitted(stage)
    before = stage.calling.guest_ticket(invited, now=stage.now)
    other = replace(invited, device="tablet")
    with pytest.raises(SeatElsewhere):
        stage.arrive(other)
    stage.arrive(other, take_over=True)
    assert state(stage, key) is GuestState.WAITING
    assert stage.file(key).visit.generation == before.generation + 1
    with pytest.raises(SeatElsewhere):
        stage.calling.guest_ticket(invited, now=stage.now)


def test_a_device_that_fell_silent_does_not_keep_the_seat(stage: Stage) -> None:
    key, invited = admitted(stage)
    other = replace(invited, device="tablet")
    assert guest_seat(stage.file(key), "tablet", now=stage.now) == "elsewhere"
    stage.clock.forward(seconds=PRESENT.total_seconds() + 1)
    assert guest_seat(stage.file(key), "tablet", now=stage.now) == "free"
    stage.arrive(other)
    assert guest_seat(stage.file(key), "tablet", now=stage.now) == "here"


def test_whoever_left_may_come_back_and_waits(stage: Stage) -> None:
    key, invited = admitted(stage)
    stage.guests.leave(invited, now=stage.now)
    with pytest.raises(StepNotAllowed):
        stage.calling.guest_ticket(invited, now=stage.now)
    stage.arrive(invited)
    assert state(stage, key) is GuestState.WAITING


def test_leaving_from_a_device_that_is_not_in_the_seat_leaves_nobody_out(stage: Stage) -> None:
    key, invited = admitted(stage)
    stage.guests.leave(replace(invited, device="tablet"), now=stage.now)
    assert state(stage, key) is GuestState.ADMITTED


def test_only_the_device_in_the_seat_is_heard_of(stage: Stage) -> None:
    key, invited = admitted(stage)
    stage.clock.forward(seconds=10)
    stage.guests.beat(replace(invited, device="tablet"), stage.presence("tablet"))
    stage.guests.beat(invited, stage.presence(invited.device))
    presence = stage.file(key).guest_presence
    assert presence is not None
    assert (presence.device, presence.seen_at) == (invited.device, stage.now)
    own = stage.file(key).presence
    assert own is not None
    assert own.device == "phone"


def test_a_guests_ticket_takes_a_lost_call_along(stage: Stage) -> None:
    key, invited = admitted(stage)
    lost = stage.file(key).visit.worker
    stage.workers.dead = {lost}
    assert stage.calling.guest_ticket(invited, now=stage.now).generation == 2
    assert stage.file(key).visit.worker != lost


def test_the_seat_outlives_the_office_running_late(stage: Stage) -> None:
    key, invited = admitted(stage)
    stage.clock.forward(seconds=timedelta(hours=5).total_seconds())
    assert stage.guests.vouch(invited).visit.state is VisitState.IN_CALL
    stage.arrive(invited)
    assert state(stage, key) is GuestState.ADMITTED


def test_every_state_but_none_can_be_revoked_and_is_then_none() -> None:
    for held in GuestState:
        assert revoked(replace(NO_GUEST, state=held, version=7)).state is GuestState.NONE
        assert revoked(replace(NO_GUEST, state=held, version=7)).version == 7


def test_nobody_is_admitted_but_from_before_the_door() -> None:
    ways = {before for (before, _), after in GUEST_STEPS.items() if after is GuestState.ADMITTED}
    assert ways == {GuestState.WAITING}
