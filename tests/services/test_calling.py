"""Calling: who is next, who gets them, on which worker, and who may come in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.domain.calls import TICKET_LIFETIME_MAX, Seat
from chalicelib.domain.errors import ClerkInCall, InputRefused, NobodyWaiting, NoWorker, StepNotAllowed
from chalicelib.domain.visit_acts import SeatElsewhere
from chalicelib.domain.visits import PRESENT, VisitState
from chalicelib.services.calling import Calling
from tests.doubles.files import InMemoryFiles
from tests.services.stage import DAY, EVA, FIRST, HEIDELBERG, JAN, SECOND, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chalicelib.domain.calls import WorkerBeat
    from chalicelib.domain.ids import FileKey
    from chalicelib.services.ports import Commit, DayRow


def three_waiting(stage: Stage) -> list[FileKey]:
    """By the clock of their appointments; they arrived the other way round."""
    keys = [stage.confirmed(start) for start in stage.slots()[:3]]
    stage.clock.moment = stage.file(keys[0]).booking.start
    for key in reversed(keys):
        stage.enter(key)
        stage.clock.forward(seconds=1)
    return keys


def test_the_earliest_appointment_is_next(stage: Stage) -> None:
    keys = three_waiting(stage)
    called = []
    for _ in keys:
        called.append(stage.calling.call_next(EVA, date=DAY, now=stage.now).key)
        stage.calling.hang_up_clerk(EVA, called[-1], now=stage.now)
    assert called == keys


def test_nobody_talks_with_two_citizens(stage: Stage) -> None:
    first, second, _ = three_waiting(stage)
    stage.calling.call(EVA, first, date=DAY, now=stage.now)
    with pytest.raises(ClerkInCall):
        stage.calling.call_next(EVA, date=DAY, now=stage.now)
    with pytest.raises(ClerkInCall):
        stage.calling.call(EVA, second, date=DAY, now=stage.now)
    assert stage.file(second).visit.state is VisitState.WAITING
    assert stage.calling.call_next(JAN, date=DAY, now=stage.now).key == second
    stage.calling.hang_up_clerk(EVA, first, now=stage.now)
    stage.calling.call(EVA, first, date=DAY, now=stage.now)


def test_of_two_with_the_same_appointment_the_first_to_arrive_is_next(stage: Stage) -> None:
    start = stage.slots()[0]
    early, late = stage.confirmed(start), stage.confirmed(start)
    for key in (early, late) if early > late else (late, early):  # against the order of their ids
        stage.enter(key)
        stage.clock.forward(seconds=1)
    assert stage.calling.call_next(EVA, date=DAY, now=stage.now).key == max(early, late)


def test_whoever_is_not_at_the_screen_is_passed_over(stage: Stage) -> None:
    absent, present, _ = three_waiting(stage)
    stage.clock.forward(seconds=PRESENT.total_seconds() + 1)
    stage.beat(present)
    assert stage.calling.call_next(EVA, date=DAY, now=stage.now).key == present
    assert stage.file(absent).visit.state is VisitState.WAITING


def test_an_empty_waiting_room_says_so(stage: Stage) -> None:
    stage.confirmed()
    with pytest.raises(NobodyWaiting):
        stage.calling.call_next(EVA, date=DAY, now=stage.now)


def test_a_call_names_its_clerk_its_worker_and_its_generation(stage: Stage) -> None:
    key = stage.in_call()
    visit = stage.file(key).visit
    assert (visit.clerk, visit.worker, visit.generation) == (EVA.actor, FIRST, 1)
    assert stage.kinds(key)[-1] == "citizen-called"


def test_the_worker_with_the_fewest_calls_gets_it(stage: Stage) -> None:
    stage.workers.calls = {FIRST: 3, SECOND: 2}
    assert stage.file(stage.in_call()).visit.worker == SECOND


def test_a_second_clerk_finds_the_citizen_taken(stage: Stage) -> None:
    key = stage.in_call(EVA)
    with pytest.raises(StepNotAllowed):
        stage.calling.call(JAN, key, date=DAY, now=stage.now)


def test_calling_whom_one_has_already_changes_nothing(stage: Stage) -> None:
    key = stage.in_call()
    rev = stage.file(key).head.rev
    assert stage.calling.call(EVA, key, date=DAY, now=stage.now).head.rev == rev


def test_whoever_was_cancelled_cannot_be_called(stage: Stage) -> None:
    key = stage.waiting()
    stage.booking.cancel(HEIDELBERG, key, actor="citizen", now=stage.now)
    with pytest.raises(StepNotAllowed):
        stage.calling.call(EVA, key, date=DAY, now=stage.now)
    with pytest.raises(NobodyWaiting):
        stage.calling.call_next(EVA, date=DAY, now=stage.now)


@dataclass
class Overtaken(InMemoryFiles):
    """Files in which something happens between a day's list, or a load, and the next commit."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def commit(self, commit: Commit) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()
        super().commit(commit)


@dataclass
class StaleDay(InMemoryFiles):
    """Files whose day's list lags behind, as an index may."""

    seen: Sequence[DayRow] = ()

    def day(self, office: str, date: str) -> list[DayRow]:
        return list(self.seen) or super().day(office, date)


def test_of_two_clerks_at_once_the_second_takes_the_next() -> None:
    """Both saw the same citizen first; the one whose commit came late goes on to the next without an error."""
    files = Overtaken()
    stage = Stage(files)
    keys = three_waiting(stage)
    files.meanwhile.append(lambda: stage.calling.call_next(JAN, date=DAY, now=stage.now))
    mine = stage.calling.call_next(EVA, date=DAY, now=stage.now)
    assert (mine.key, mine.visit.clerk) == (keys[1], EVA.actor)
    assert stage.file(keys[0]).visit.clerk == JAN.actor


def test_a_list_that_lags_behind_gives_nobody_away_twice() -> None:
    files = StaleDay()
    stage = Stage(files)
    keys = three_waiting(stage)
    files.seen = files.day("heidelberg", DAY)
    called = [stage.calling.call_next(clerk, date=DAY, now=stage.now).key for clerk in (EVA, JAN)]
    assert called == keys[:2]


def test_without_a_worker_nobody_is_called(stage: Stage) -> None:
    key = stage.waiting()
    stage.workers.dead = {FIRST, SECOND}
    with pytest.raises(NoWorker):
        stage.calling.call(EVA, key, date=DAY, now=stage.now)
    assert stage.file(key).visit.state is VisitState.WAITING


def test_both_get_a_ticket_into_the_same_room(stage: Stage) -> None:
    key = stage.in_call()
    stage.calling.citizen_ticket(stage.bearer(key), now=stage.now)
    stage.calling.clerk_ticket(EVA, key, now=stage.now)
    citizen, clerk = stage.tickets.claims
    assert (citizen.seat, clerk.seat) == (Seat.CITIZEN, Seat.CLERK)
    assert {(each.room, each.worker, each.generation) for each in (citizen, clerk)} == {(key.booking_id, FIRST, 1)}
    assert citizen.ticket_id != clerk.ticket_id


def test_a_ticket_lives_fifteen_minutes(stage: Stage) -> None:
    stage.calling.clerk_ticket(EVA, stage.in_call(), now=stage.now)
    (claims,) = stage.tickets.claims
    assert claims.expires_at - claims.issued_at == TICKET_LIFETIME_MAX == timedelta(minutes=15)


def test_only_the_device_in_the_seat_gets_a_ticket(stage: Stage) -> None:
    key = stage.in_call()
    with pytest.raises(SeatElsewhere):
        stage.calling.citizen_ticket(stage.bearer(key, "tablet"), now=stage.now)
    assert not stage.tickets.claims


def test_only_the_clerk_who_has_the_citizen_gets_a_ticket(stage: Stage) -> None:
    key = stage.in_call(EVA)
    with pytest.raises(StepNotAllowed):
        stage.calling.clerk_ticket(JAN, key, now=stage.now)
    assert not stage.tickets.claims


def test_before_the_call_and_after_it_there_is_no_ticket(stage: Stage) -> None:
    key = stage.waiting()
    with pytest.raises(StepNotAllowed):
        stage.calling.citizen_ticket(stage.bearer(key), now=stage.now)
    stage.calling.call(EVA, key, date=DAY, now=stage.now)
    stage.calling.hang_up_clerk(EVA, key, now=stage.now)
    with pytest.raises(StepNotAllowed):
        stage.calling.clerk_ticket(EVA, key, now=stage.now)


def test_a_call_whose_worker_is_silent_is_placed_anew_by_whoever_asks_first(stage: Stage) -> None:
    """The other side follows: it is given the same worker and the same generation."""
    key = stage.in_call()
    stage.workers.dead = {FIRST}
    stage.calling.citizen_ticket(stage.bearer(key), now=stage.now)
    stage.calling.clerk_ticket(EVA, key, now=stage.now)
    assert [(claims.worker, claims.generation) for claims in stage.tickets.claims] == [(SECOND, 2)] * 2
    assert stage.kinds(key)[-1] == "call-placed-anew"
    assert stage.kinds(key).count("call-placed-anew") == 1


def test_two_who_ask_at_once_place_it_once() -> None:
    """Clerk and citizen both saw the worker dead; the second commit finds the first one's placement and keeps it."""
    files = Overtaken()
    stage = Stage(files)
    key = stage.in_call()
    stage.workers.dead = {FIRST}
    files.meanwhile.append(lambda: stage.calling.clerk_ticket(EVA, key, now=stage.now))
    ticket = stage.calling.citizen_ticket(stage.bearer(key), now=stage.now)
    assert ticket.generation == stage.file(key).visit.generation == 2
    assert stage.kinds(key).count("call-placed-anew") == 1


def test_a_call_stays_where_a_worker_lives_whatever_older_heartbeats_say(stage: Stage) -> None:
    """A worker that was started again at the same address leaves two heartbeats behind."""
    key = stage.in_call()
    living = stage.workers.beats()
    stage.workers.dead = {FIRST}
    dead = stage.workers.beats()

    class Both:
        def beats(self) -> list[WorkerBeat]:
            return [*living, *dead]

    calling = Calling(stage.acting, Both(), stage.tickets)
    assert calling.clerk_ticket(EVA, key, now=stage.now).generation == 1


def test_a_call_that_no_worker_can_carry_waits(stage: Stage) -> None:
    key = stage.in_call()
    stage.workers.dead = {FIRST, SECOND}
    with pytest.raises(NoWorker):
        stage.calling.clerk_ticket(EVA, key, now=stage.now)
    assert stage.file(key).visit.state is VisitState.IN_CALL
    stage.workers.dead = set()
    assert stage.calling.clerk_ticket(EVA, key, now=stage.now).generation == 1


def test_a_call_leaves_a_worker_that_is_draining_for_another(stage: Stage) -> None:
    key = stage.in_call()
    stage.workers.draining = {FIRST}
    stage.calling.citizen_ticket(stage.bearer(key), now=stage.now)
    stage.calling.clerk_ticket(EVA, key, now=stage.now)
    assert [(claims.worker, claims.generation) for claims in stage.tickets.claims] == [(SECOND, 2)] * 2


def test_a_call_stays_with_a_draining_worker_rather_than_end(stage: Stage) -> None:
    key = stage.in_call()
    stage.workers.draining, stage.workers.dead = {FIRST}, {SECOND}
    assert stage.calling.clerk_ticket(EVA, key, now=stage.now).generation == 1
    assert stage.file(key).visit.worker == FIRST


def test_no_new_call_goes_to_a_draining_worker(stage: Stage) -> None:
    stage.workers.draining = {FIRST}
    assert stage.file(stage.in_call()).visit.worker == SECOND
    stage.workers.draining = {FIRST, SECOND}
    with pytest.raises(NoWorker):
        stage.calling.call(JAN, stage.waiting(stage.slots()[2]), date=DAY, now=stage.now)


def test_the_clerks_first_ticket_comes_with_the_citizen(stage: Stage) -> None:
    key = stage.waiting()
    called = stage.calling.call_next(EVA, date=DAY, now=stage.now)
    ticket = stage.calling.first_ticket(called, now=stage.now)
    (claims,) = stage.tickets.claims
    assert (claims.room, claims.seat, claims.worker) == (key.booking_id, Seat.CLERK, FIRST)
    assert set(claims.opens) == {Seat.CITIZEN}
    assert ticket.generation == claims.generation == 1


def test_whoever_loses_the_seat_while_asking_gets_no_ticket_of_the_new_generation() -> None:
    """The worker is silent, both devices ask: the one that has just lost the seat must not be placed along."""
    files = Overtaken()
    stage = Stage(files)
    key = stage.in_call()
    stage.workers.dead = {FIRST}
    files.meanwhile.append(lambda: stage.enter(key, "tablet", take_over=True))
    with pytest.raises(SeatElsewhere):
        stage.calling.citizen_ticket(stage.bearer(key), now=stage.now)
    assert not stage.tickets.claims


def test_after_hanging_up_the_citizen_can_be_called_again(stage: Stage) -> None:
    key = stage.in_call()
    assert stage.calling.hang_up_citizen(stage.bearer(key), now=stage.now).visit.state is VisitState.HUNG_UP
    again = stage.calling.call(JAN, key, date=DAY, now=stage.now).visit
    assert (again.state, again.clerk, again.generation) == (VisitState.IN_CALL, JAN.actor, 2)


def test_both_hang_up_and_the_case_says_it_once(stage: Stage) -> None:
    key = stage.in_call()
    stage.calling.hang_up_citizen(stage.bearer(key), now=stage.now)
    stage.calling.hang_up_clerk(EVA, key, now=stage.now)
    assert stage.kinds(key).count("call-ended") == 1


def test_nobody_hangs_up_another_clerks_call(stage: Stage) -> None:
    key = stage.in_call(EVA)
    with pytest.raises(StepNotAllowed):
        stage.calling.hang_up_clerk(JAN, key, now=stage.now)
    assert stage.file(key).visit.state is VisitState.IN_CALL


def test_another_device_cannot_hang_up_for_the_one_in_the_seat(stage: Stage) -> None:
    key = stage.in_call()
    with pytest.raises(SeatElsewhere):
        stage.calling.hang_up_citizen(stage.bearer(key, "tablet"), now=stage.now)


def ticked(stage: Stage, key: FileKey, step: str, *, done: bool = True) -> tuple[str, ...]:
    file = stage.calling.tick(EVA, HEIDELBERG, key, step=step, done=done, now=stage.now)
    return file.visit.steps_done


def test_a_step_is_ticked_and_unticked_and_each_is_written_down(stage: Stage) -> None:
    key = stage.in_call()
    shown = "meldebescheinigung/card-shown"
    assert ticked(stage, key, shown) == (shown,)
    assert ticked(stage, key, shown, done=False) == ()
    assert stage.kinds(key)[-2:] == ["step-done", "step-undone"]


def test_ticking_what_is_ticked_writes_nothing(stage: Stage) -> None:
    key = stage.in_call()
    for _ in range(2):
        ticked(stage, key, "meldebescheinigung/card-shown")
    assert stage.kinds(key).count("step-done") == 1


def test_steps_are_ticked_by_the_clerk_whose_call_it_is(stage: Stage) -> None:
    key, shown = stage.in_call(EVA), "meldebescheinigung/card-shown"
    with pytest.raises(StepNotAllowed):
        stage.calling.tick(JAN, HEIDELBERG, key, step=shown, done=True, now=stage.now)
    stage.calling.hang_up_clerk(EVA, key, now=stage.now)
    with pytest.raises(StepNotAllowed):
        stage.calling.tick(JAN, HEIDELBERG, key, step=shown, done=True, now=stage.now)
    assert ticked(stage, key, shown) == (shown,)
    with pytest.raises(StepNotAllowed):
        ticked(stage, stage.waiting(), shown)


def test_a_step_of_another_matter_is_no_step(stage: Stage) -> None:
    with pytest.raises(InputRefused):
        ticked(stage, stage.in_call(), "fuehrungszeugnis/card-shown")
