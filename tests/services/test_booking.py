"""Booking, as the citizen lives it: a slot is held, kept, moved and given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.bookings import BookingState
from chalicelib.domain.errors import (
    DetailsMissing,
    HoldExpired,
    LinkUnknown,
    NoSuchBooking,
    NoSuchService,
    SlotNotOffered,
    SlotTaken,
    StepNotAllowed,
)
from chalicelib.domain.letters import LetterKind
from chalicelib.domain.links import Purpose
from chalicelib.domain.slots import capacity
from tests.services.stage import ADA, BOOKER, EVA, FEE, FREE, HEIDELBERG, Stage

COUNTERS = 4


def fill(stage: Stage) -> None:
    """Everybody else wants the first slot too."""
    start = stage.slots()[0]
    for _ in range(capacity(HEIDELBERG, start)):
        stage.hold(start, booker="others")


def test_the_first_free_slot_leaves_time_to_get_ready(stage: Stage) -> None:
    assert stage.slots()[0] == stage.now + timedelta(minutes=HEIDELBERG.lead_minutes)


def test_the_earliest_slot_is_the_first_of_the_first_week(stage: Stage) -> None:
    earliest = stage.booking.earliest(HEIDELBERG, [FEE], now=stage.now)
    assert earliest is not None
    assert earliest.start == stage.slots()[0]


def test_a_week_that_was_asked_for_is_shown_even_if_it_is_empty(stage: Stage) -> None:
    week = stage.booking.week(HEIDELBERG, [FEE], week="2026-W46", now=stage.now)
    assert (week.key, list(week.slots)) == ("2026-W46", [])


def test_an_office_without_a_free_slot_shows_this_week_empty(stage: Stage) -> None:
    closed = replace(HEIDELBERG, hours=())
    week = stage.booking.week(closed, [FEE], week=None, now=stage.now)
    assert (week.key, list(week.slots)) == ("2026-W48", [])
    assert stage.booking.earliest(closed, [FEE], now=stage.now) is None


def test_a_slot_is_held_for_ten_minutes(stage: Stage) -> None:
    booking = stage.file(stage.hold(stage.slots()[0])).booking
    assert booking.state is BookingState.HELD
    assert booking.hold_until == stage.now + timedelta(minutes=10)


def test_two_matters_take_their_time_together(stage: Stage) -> None:
    booking = stage.file(stage.hold(stage.slots(FEE, FREE)[0], FEE, FREE)).booking
    assert (booking.services, booking.minutes) == ((FEE, FREE), 20)


def test_a_full_slot_is_taken_and_no_longer_offered(stage: Stage) -> None:
    start = stage.slots()[0]
    fill(stage)
    with pytest.raises(SlotTaken):
        stage.hold(start)
    assert start not in stage.slots()
    assert stage.slots()[0] == start + timedelta(minutes=10)


@pytest.mark.parametrize(
    "wrong", [timedelta(minutes=-10), timedelta(minutes=1), timedelta(days=4), timedelta(days=70)]
)
def test_what_the_office_never_offered_cannot_be_held(stage: Stage, wrong: timedelta) -> None:
    """Too soon, off the grid, on a Saturday, beyond the horizon."""
    with pytest.raises(SlotNotOffered):
        stage.hold(stage.slots()[0] + wrong)


def test_a_matter_that_is_not_in_the_catalogue_cannot_be_held(stage: Stage) -> None:
    with pytest.raises(NoSuchService):
        stage.hold(stage.slots()[0], "weltherrschaft")


def test_a_draft_belongs_to_the_browser_that_made_it(stage: Stage) -> None:
    key = stage.hold(stage.slots()[0])
    with pytest.raises(NoSuchBooking):
        stage.booking.draft(key, booker="another")
    with pytest.raises(NoSuchBooking):
        stage.booking.give_details(key, ADA, booker="another", now=stage.now)
    with pytest.raises(NoSuchBooking):
        stage.booking.change_slot(HEIDELBERG, key, stage.slots()[1], booker="another", now=stage.now)


def test_nothing_is_binding_without_a_name(stage: Stage) -> None:
    key = stage.hold(stage.slots()[0])
    with pytest.raises(DetailsMissing):
        stage.booking.confirm(key, booker=BOOKER, now=stage.now)


def test_a_late_confirmation_is_refused_even_before_the_tick_came_by(stage: Stage) -> None:
    key = stage.hold(stage.slots()[0])
    stage.booking.give_details(key, ADA, booker=BOOKER, now=stage.now)
    stage.clock.forward(minutes=10)
    with pytest.raises(HoldExpired):
        stage.booking.confirm(key, booker=BOOKER, now=stage.now)


def test_the_draft_survives_its_hold_and_takes_another_slot_with_all_that_was_typed(stage: Stage) -> None:
    key = stage.hold(stage.slots()[0])
    stage.booking.give_details(key, ADA, booker=BOOKER, now=stage.now)
    stage.clock.forward(minutes=10)
    stage.booking.expire(HEIDELBERG, key, now=stage.now)
    changed = stage.booking.change_slot(HEIDELBERG, key, stage.slots()[0], booker=BOOKER, now=stage.now)
    assert (changed.booking.state, changed.booking.details) == (BookingState.HELD, ADA)
    assert stage.booking.confirm(key, booker=BOOKER, now=stage.now).booking.state is BookingState.CONFIRMED


def test_what_is_typed_too_late_is_kept(stage: Stage) -> None:
    key = stage.hold(stage.slots()[0])
    stage.clock.forward(minutes=10)
    stage.booking.expire(HEIDELBERG, key, now=stage.now)
    given = stage.booking.give_details(key, ADA, booker=BOOKER, now=stage.now)
    assert (given.booking.state, given.booking.details) == (BookingState.EXPIRED, ADA)


def test_typing_the_same_again_writes_nothing(stage: Stage) -> None:
    key = stage.hold(stage.slots()[0])
    first = stage.booking.give_details(key, ADA, booker=BOOKER, now=stage.now)
    again = stage.booking.give_details(key, ADA, booker=BOOKER, now=stage.now)
    assert again.head.rev == first.head.rev


def test_a_draft_that_cannot_have_another_slot_keeps_its_own(stage: Stage) -> None:
    wanted, own = stage.slots()[:2]
    key = stage.hold(own)
    fill(stage)
    with pytest.raises(SlotTaken):
        stage.booking.change_slot(HEIDELBERG, key, wanted, booker=BOOKER, now=stage.now)
    assert stage.file(key).booking.start == own


def test_the_confirmation_leaves_with_the_booking(stage: Stage) -> None:
    file = stage.file(stage.confirmed())
    assert file.booking.state is BookingState.CONFIRMED
    assert [letter.kind for letter in file.letters] == [LetterKind.CONFIRMED]
    assert stage.kinds(file.key) == ["booking-confirmed"]


def test_a_move_takes_the_new_slot_and_frees_the_old_in_one_step(stage: Stage) -> None:
    old, new = stage.slots()[0], stage.slots()[5]
    key = stage.confirmed(old)
    stage.booking.move(HEIDELBERG, key, new, actor="citizen", now=stage.now)
    assert stage.files.taken("heidelberg", "2026-W48") == {old: 0, new: 1}
    assert [letter.kind for letter in stage.file(key).letters] == [LetterKind.CONFIRMED, LetterKind.MOVED]


def test_a_move_ends_the_links_that_went_out_before(stage: Stage) -> None:
    key = stage.confirmed()
    old = stage.link(key)
    stage.booking.move(HEIDELBERG, key, stage.slots()[5], actor="citizen", now=stage.now)
    with pytest.raises(LinkUnknown):
        stage.joining.open_link(HEIDELBERG, old, purpose=Purpose.JOIN)
    stage.joining.open_link(HEIDELBERG, stage.link(key), purpose=Purpose.JOIN)


def test_a_move_that_fails_keeps_the_old_slot_and_the_old_links(stage: Stage) -> None:
    wanted, own = stage.slots()[:2]
    key = stage.confirmed(own)
    fill(stage)
    with pytest.raises(SlotTaken):
        stage.booking.move(HEIDELBERG, key, wanted, actor="citizen", now=stage.now)
    booking = stage.file(key).booking
    assert (booking.start, booking.link_version) == (own, 1)
    assert stage.files.taken("heidelberg", "2026-W48") == {wanted: COUNTERS, own: 1}


def test_a_move_to_where_it_is_changes_nothing(stage: Stage) -> None:
    """A double click moves once."""
    key = stage.confirmed()
    before = stage.file(key)
    assert stage.booking.move(HEIDELBERG, key, before.booking.start, actor="citizen", now=stage.now) == before


def test_cancelling_frees_the_slot_at_once_and_says_so(stage: Stage) -> None:
    start = stage.slots()[0]
    key = stage.confirmed(start)
    file = stage.booking.cancel(HEIDELBERG, key, actor="citizen", now=stage.now)
    assert stage.files.taken("heidelberg", "2026-W48") == {start: 0}
    assert [letter.kind for letter in file.letters] == [LetterKind.CONFIRMED, LetterKind.CANCELLED]
    assert file.booking.sequence == 1


def test_cancelling_twice_frees_one_slot(stage: Stage) -> None:
    start = stage.slots()[0]
    stage.confirmed(start)
    key = stage.confirmed(start)
    for _ in range(2):
        stage.booking.cancel(HEIDELBERG, key, actor="citizen", now=stage.now)
    assert stage.files.taken("heidelberg", "2026-W48") == {start: 1}
    assert stage.kinds(key) == ["booking-confirmed", "booking-cancelled"]


def test_a_cancelled_booking_is_not_moved_not_even_to_where_it_was(stage: Stage) -> None:
    start = stage.slots()[0]
    key = stage.confirmed(start)
    stage.booking.cancel(HEIDELBERG, key, actor="citizen", now=stage.now)
    for slot in (start, stage.slots()[5]):
        with pytest.raises(StepNotAllowed):
            stage.booking.move(HEIDELBERG, key, slot, actor="citizen", now=stage.now)


def test_an_appointment_that_took_place_is_neither_moved_nor_cancelled(stage: Stage) -> None:
    """Not during the call, not after it, and not while the citizen waits to be called again."""
    key = stage.in_call()
    later = stage.slots()[-1]

    def refused() -> None:
        with pytest.raises(StepNotAllowed):
            stage.booking.cancel(HEIDELBERG, key, actor="citizen", now=stage.now)
        with pytest.raises(StepNotAllowed):
            stage.booking.move(HEIDELBERG, key, later, actor="citizen", now=stage.now)

    refused()
    stage.calling.hang_up_clerk(EVA, key, now=stage.now)
    refused()
    stage.enter(key)
    refused()


def test_links_sent_again_are_the_same_links(stage: Stage) -> None:
    key = stage.confirmed()
    before = stage.link(key)
    file = stage.booking.resend(key, actor="citizen", now=stage.now)
    assert stage.link(key) == before
    assert [letter.kind for letter in file.letters] == [LetterKind.CONFIRMED, LetterKind.RESENT]


def test_links_of_a_cancelled_booking_are_not_sent_again(stage: Stage) -> None:
    key = stage.confirmed()
    stage.booking.cancel(HEIDELBERG, key, actor="citizen", now=stage.now)
    with pytest.raises(StepNotAllowed):
        stage.booking.resend(key, actor="citizen", now=stage.now)
