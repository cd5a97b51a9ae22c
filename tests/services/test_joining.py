"""Joining, as the citizen lives it: the link, the seat, the place in the queue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.bookings import BookingState
from chalicelib.domain.calls import Seat
from chalicelib.domain.errors import LinkExpired, LinkTooEarly, LinkUnknown, StepNotAllowed
from chalicelib.domain.ids import FileKey, new_id
from chalicelib.domain.links import Purpose, fragment
from chalicelib.domain.visit_acts import SeatElsewhere, seat_of
from chalicelib.domain.visits import JOIN_CLOSES, PRESENT, VisitState
from chalicelib.services.calling import opened_by
from tests.services.stage import DAY, EVA, HEIDELBERG, JAN, Stage


def test_a_link_opens_any_number_of_times_and_changes_nothing(stage: Stage) -> None:
    key = stage.confirmed()
    before = stage.file(key)
    for _ in range(50):
        bearer = stage.joining.open_link(HEIDELBERG, stage.link(key), purpose=Purpose.JOIN)
        assert bearer.key == key
    assert stage.file(key) == before


def test_a_link_is_good_for_its_own_purpose_only(stage: Stage) -> None:
    key = stage.confirmed()
    with pytest.raises(LinkUnknown):
        stage.joining.open_link(HEIDELBERG, stage.link(key, Purpose.MANAGE), purpose=Purpose.JOIN)


def test_an_altered_link_opens_nothing(stage: Stage) -> None:
    link = stage.link(stage.confirmed())
    with pytest.raises(LinkUnknown):
        stage.joining.open_link(HEIDELBERG, link[:-1] + ("A" if link[-1] != "A" else "B"), purpose=Purpose.JOIN)


def test_a_link_to_a_booking_that_never_was_answers_as_an_altered_one(stage: Stage) -> None:
    never = fragment(new_id(bytes(16)), "A" * 32)
    with pytest.raises(LinkUnknown):
        stage.joining.open_link(HEIDELBERG, never, purpose=Purpose.JOIN)


def test_a_cancelled_appointment_has_no_links(stage: Stage) -> None:
    key = stage.confirmed()
    link, bearer = stage.link(key), stage.bearer(key)
    stage.booking.cancel(HEIDELBERG, key, actor="citizen", now=stage.now)
    with pytest.raises(LinkUnknown):
        stage.joining.open_link(HEIDELBERG, link, purpose=Purpose.JOIN)
    with pytest.raises(LinkUnknown):
        stage.joining.vouch(bearer)
    assert stage.joining.manages(bearer).booking.state is BookingState.CANCELLED


def test_too_early_says_when_the_door_opens(stage: Stage) -> None:
    key = stage.confirmed(stage.slots()[6])
    opens = stage.file(key).booking.start - timedelta(minutes=HEIDELBERG.join_opens_minutes)
    stage.clock.moment = opens - timedelta(seconds=1)
    with pytest.raises(LinkTooEarly) as refused:
        stage.joining.admit(HEIDELBERG, stage.bearer(key), now=stage.now)
    assert refused.value.opens_at == opens
    stage.joining.admit(HEIDELBERG, stage.bearer(key), now=opens)


def test_too_late_says_when_it_closed(stage: Stage) -> None:
    key = stage.confirmed()
    closes = stage.file(key).booking.end + JOIN_CLOSES
    stage.joining.admit(HEIDELBERG, stage.bearer(key), now=closes - timedelta(seconds=1))
    with pytest.raises(LinkExpired) as refused:
        stage.joining.admit(HEIDELBERG, stage.bearer(key), now=closes)
    assert refused.value.closed_at == closes


def test_who_waits_already_is_not_locked_out_when_the_office_runs_late(stage: Stage) -> None:
    key = stage.waiting()
    stage.clock.forward(hours=5)
    assert stage.joining.admit(HEIDELBERG, stage.bearer(key), now=stage.now).visit.state is VisitState.WAITING


def test_entering_takes_the_seat_and_is_written_down(stage: Stage) -> None:
    key = stage.waiting()
    file = stage.file(key)
    assert (file.visit.state, file.visit.device, file.visit.arrived_at) == (VisitState.WAITING, "phone", stage.now)
    assert file.presence is not None
    assert file.presence.camera == "ok"
    assert stage.kinds(key)[-1] == "citizen-arrived"


def test_a_reload_keeps_the_place_and_writes_nothing(stage: Stage) -> None:
    key = stage.waiting()
    arrived = stage.now
    stage.clock.forward(minutes=1)
    file = stage.enter(key)
    assert file.visit.arrived_at == arrived
    assert stage.kinds(key).count("citizen-arrived") == 1


def test_a_second_device_has_to_ask(stage: Stage) -> None:
    key = stage.waiting()
    with pytest.raises(SeatElsewhere):
        stage.enter(key, "tablet")
    assert stage.file(key).visit.device == "phone"


def test_a_second_device_takes_over_with_a_yes_and_keeps_the_place(stage: Stage) -> None:
    key = stage.waiting()
    arrived = stage.now
    stage.clock.forward(minutes=1)
    file = stage.enter(key, "tablet", take_over=True)
    assert (file.visit.device, file.visit.arrived_at) == ("tablet", arrived)
    assert seat_of(stage.file(key), "phone", now=stage.now) == "elsewhere"


def test_the_seat_of_a_browser_that_is_gone_is_free(stage: Stage) -> None:
    key = stage.waiting()
    stage.clock.forward(seconds=PRESENT.total_seconds() + 1)
    assert seat_of(stage.file(key), "tablet", now=stage.now) == "free"
    assert stage.enter(key, "tablet").visit.device == "tablet"


def test_the_call_moves_to_another_device_without_ending(stage: Stage) -> None:
    key = stage.in_call()
    file = stage.enter(key, "tablet", take_over=True)
    assert (file.visit.state, file.visit.device, file.visit.clerk) == (VisitState.IN_CALL, "tablet", EVA.actor)
    assert stage.kinds(key)[-1] == "device-changed"


def test_the_other_device_is_in_the_dark_until_the_clerk_lets_it_in(stage: Stage) -> None:
    key = stage.in_call()
    assert opened_by(stage.file(key)) == {Seat.CITIZEN}
    file = stage.enter(key, "tablet", take_over=True)
    assert file.visit.newcomer
    assert opened_by(file) == frozenset()
    with pytest.raises(StepNotAllowed):
        stage.calling.admit_device(JAN, key, now=stage.now)
    for _ in range(2):
        file = stage.calling.admit_device(EVA, key, now=stage.now)
        assert opened_by(file) == {Seat.CITIZEN}
    assert stage.kinds(key).count("device-admitted") == 1


def test_whoever_is_called_anew_is_nobody_new(stage: Stage) -> None:
    key = stage.in_call()
    stage.enter(key, "tablet", take_over=True)
    stage.calling.hang_up_clerk(EVA, key, now=stage.now)
    assert not stage.calling.call(JAN, key, date=DAY, now=stage.now).visit.newcomer


def test_a_heartbeat_of_the_seat_is_noted(stage: Stage) -> None:
    key = stage.waiting()
    stage.clock.forward(seconds=10)
    stage.beat(key)
    presence = stage.file(key).presence
    assert presence is not None
    assert presence.seen_at == stage.now


def test_a_heartbeat_of_another_device_is_not_noted(stage: Stage) -> None:
    key = stage.waiting()
    before = stage.file(key).presence
    stage.clock.forward(seconds=10)
    stage.beat(key, "tablet")
    assert stage.file(key).presence == before


def test_a_heartbeat_stands_outside_of_the_case(stage: Stage) -> None:
    key = stage.waiting()
    rev, kinds = stage.file(key).head.rev, stage.kinds(key)
    for _ in range(10):
        stage.clock.forward(seconds=10)
        stage.beat(key)
    assert (stage.file(key).head.rev, stage.kinds(key)) == (rev, kinds)


def test_leaving_keeps_the_appointment(stage: Stage) -> None:
    key = stage.waiting()
    file = stage.joining.leave(stage.bearer(key), now=stage.now)
    assert (file.visit.state, file.visit.device) == (VisitState.EXPECTED, "")
    assert file.booking.state is BookingState.CONFIRMED
    assert stage.enter(key).visit.state is VisitState.WAITING


def test_another_device_cannot_leave_for_the_one_in_the_seat(stage: Stage) -> None:
    key = stage.waiting()
    assert stage.joining.leave(stage.bearer(key, "tablet"), now=stage.now).visit.state is VisitState.WAITING


def test_leaving_twice_writes_once(stage: Stage) -> None:
    key = stage.waiting()
    for _ in range(2):
        stage.joining.leave(stage.bearer(key), now=stage.now)
    assert stage.kinds(key).count("citizen-left") == 1


def test_nobody_leaves_a_call_by_leaving_the_waiting_room(stage: Stage) -> None:
    key = stage.in_call()
    with pytest.raises(StepNotAllowed):
        stage.joining.leave(stage.bearer(key), now=stage.now)


def queue(stage: Stage) -> tuple[FileKey, FileKey, FileKey]:
    """Three who wait, the last of them on time for the earliest appointment."""
    first, second, third = (stage.confirmed(start) for start in stage.slots()[:3])
    stage.clock.moment = stage.file(first).booking.start
    for key in (third, second, first):
        stage.enter(key)
    return first, second, third


def test_the_place_follows_the_appointment_not_the_arrival(stage: Stage) -> None:
    keys = queue(stage)
    assert [stage.joining.ahead(stage.file(key), "2026-11-24", now=stage.now) for key in keys] == [0, 1, 2]


def test_only_who_is_there_is_waited_for(stage: Stage) -> None:
    """The first one's browser is gone: the others move up, and nobody's own place is lost."""
    keys = queue(stage)
    stage.clock.forward(seconds=PRESENT.total_seconds() + 1)
    for key in keys[1:]:
        stage.beat(key)
    assert [stage.joining.ahead(stage.file(key), "2026-11-24", now=stage.now) for key in keys] == [0, 0, 1]


def test_who_is_being_served_is_not_waited_for(stage: Stage) -> None:
    first, second, _ = queue(stage)
    stage.calling.call(EVA, first, date=DAY, now=stage.now)
    assert stage.joining.ahead(stage.file(second), "2026-11-24", now=stage.now) == 0
