"""The minute: holds end, drafts are forgotten, letters and checkouts are looked after, one fault stops nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.bookings import DRAFT_KEPT, BookingState
from chalicelib.domain.errors import NoSuchBooking
from chalicelib.domain.letters import BACKOFF, LetterKind, LetterState
from chalicelib.domain.payments import LOOK_AGAIN_AFTER, PaymentState
from tests.services.outside import Outside
from tests.services.stage import EVA, HEIDELBERG, Stage


@pytest.fixture
def outside(stage: Stage) -> Outside:
    return Outside(stage)


def test_a_hold_ends_with_its_tenth_minute(stage: Stage, outside: Outside) -> None:
    start = stage.slots()[0]
    key = stage.hold(start)
    stage.clock.forward(minutes=9, seconds=59)
    outside.tick()
    assert stage.file(key).booking.state is BookingState.HELD
    stage.clock.forward(seconds=1)
    outside.tick()
    assert stage.file(key).booking.state is BookingState.EXPIRED
    assert stage.files.taken("heidelberg", "2026-W48") == {start: 0}


def test_a_draft_is_forgotten_an_hour_after_its_hold(stage: Stage, outside: Outside) -> None:
    key = stage.hold(stage.slots()[0])
    stage.clock.forward(minutes=10)
    outside.tick()
    stage.clock.forward(seconds=DRAFT_KEPT.total_seconds() - 1)
    outside.tick()
    stage.file(key)
    stage.clock.forward(seconds=1)
    outside.tick()
    with pytest.raises(NoSuchBooking):
        stage.file(key)


def test_a_draft_that_took_another_slot_is_not_forgotten(stage: Stage, outside: Outside) -> None:
    key = stage.hold(stage.slots()[0])
    stage.clock.forward(minutes=10)
    outside.tick()
    stage.booking.change_slot(HEIDELBERG, key, stage.slots()[0], booker="browser", now=stage.now)
    stage.clock.forward(minutes=9)
    outside.tick()
    assert stage.file(key).booking.state is BookingState.HELD


def test_a_confirmed_booking_is_nobodys_hold(stage: Stage, outside: Outside) -> None:
    key = stage.confirmed()
    stage.clock.forward(days=1)
    outside.tick()
    assert stage.file(key).booking.state is BookingState.CONFIRMED


def test_a_letter_that_the_stream_missed_leaves_with_the_minute(stage: Stage, outside: Outside) -> None:
    key = stage.confirmed()
    outside.tick()
    assert outside.post.sent == [(key.booking_id, LetterKind.CONFIRMED)]
    outside.tick()
    assert len(outside.post.sent) == 1


def test_a_letter_that_was_just_written_leaves_at_once_and_not_again(stage: Stage, outside: Outside) -> None:
    key = stage.confirmed()
    (letter,) = stage.file(key).letters
    outside.ticking.written(HEIDELBERG, key, letter.id, now=stage.now)
    outside.tick()
    assert outside.post.sent == [(key.booking_id, LetterKind.CONFIRMED)]


def test_while_mail_is_down_letters_wait_their_turn(stage: Stage, outside: Outside) -> None:
    key = stage.confirmed()
    outside.post.down = True
    outside.tick()
    (letter,) = stage.file(key).letters
    assert (letter.state, letter.due_at) == (LetterState.DUE, stage.now + BACKOFF[0])
    assert outside.faults == []  # a mail service that is down is no fault of ours
    outside.post.down = False
    assert outside.tick() == 0
    stage.clock.forward(seconds=BACKOFF[0].total_seconds())
    outside.tick()
    assert outside.post.sent == [(key.booking_id, LetterKind.CONFIRMED)]


def test_a_checkout_whose_notice_never_came_is_asked_about(stage: Stage, outside: Outside) -> None:
    key = stage.in_call()
    outside.paying.ask(key, actor=EVA.actor, now=stage.now)
    outside.pay(outside.paying.checkout(key, now=stage.now).id)
    stage.clock.forward(seconds=LOOK_AGAIN_AFTER.total_seconds() - 1)
    outside.tick()
    assert stage.file(key).payments[0].state is PaymentState.AT_CHECKOUT
    stage.clock.forward(seconds=1)
    outside.tick()
    assert stage.file(key).payments[0].state is PaymentState.PAYED


def test_one_that_fails_is_told_of_and_stops_nobody(stage: Stage, outside: Outside) -> None:
    keys = [stage.confirmed(start) for start in stage.slots()[:3]]
    outside.post.stumbles_over = keys[1].booking_id
    assert outside.tick() == len(keys)
    assert [booking_id for booking_id, _ in outside.post.sent] == [keys[0].booking_id, keys[2].booking_id]
    ((work, error),) = outside.faults
    assert (work, type(error)) == ("LETTER", RuntimeError)


def test_one_of_a_batch_that_fails_stops_no_other(stage: Stage, outside: Outside) -> None:
    """The stream's batch: a letter that cannot be sent now is due again, and the one behind it leaves."""
    first, second = (stage.confirmed(start) for start in stage.slots()[:2])
    outside.post.stumbles_over = first.booking_id
    for key in (first, second):
        outside.ticking.written(HEIDELBERG, key, stage.file(key).letters[0].id, now=stage.now)
    assert outside.post.sent == [(second.booking_id, LetterKind.CONFIRMED)]
    assert [work for work, _ in outside.faults] == ["LETTER"]
    outside.post.stumbles_over = ""
    stage.clock.forward(seconds=BACKOFF[0].total_seconds())
    outside.tick()
    assert outside.post.sent[-1] == (first.booking_id, LetterKind.CONFIRMED)


def test_a_letter_that_is_not_there_is_told_of(stage: Stage, outside: Outside) -> None:
    outside.ticking.written(HEIDELBERG, stage.confirmed(), "never", now=stage.now)
    assert [(work, type(error).__name__) for work, error in outside.faults] == [("LETTER", "NoSuchLetter")]


def test_two_ticks_at_once_do_nothing_twice(stage: Stage, outside: Outside) -> None:
    stage.confirmed()
    held = stage.hold(stage.slots()[0])
    stage.clock.forward(minutes=10)
    due = stage.files.due("heidelberg", until=stage.now)
    outside.tick()
    for late in due:  # a second tick that read the list before the first one worked it off
        if late.item == "HOLD":
            stage.booking.expire(HEIDELBERG, late.key, now=stage.now)
    outside.tick()
    assert len(outside.post.sent) == 1
    assert sum(stage.files.taken("heidelberg", "2026-W48").values()) == 1
    assert stage.file(held).head.rev == 2


def test_the_longest_due_comes_first(stage: Stage) -> None:
    keys = []
    for _ in range(3):
        keys.append(stage.hold(stage.slots()[0]))
        stage.clock.forward(minutes=1)
    due = stage.files.due("heidelberg", until=stage.now + timedelta(minutes=10))
    assert [each.key for each in due] == keys
