"""No wait at the door: who is connected before the click, where, and what it costs the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from chalicelib.domain.calls import Seat
from chalicelib.domain.errors import NoWorker, StepNotAllowed
from chalicelib.domain.files import File
from chalicelib.domain.ids import FileKey
from chalicelib.domain.visit_acts import SeatElsewhere
from chalicelib.domain.visits import PRESENT
from chalicelib.services.anterooms import AHEAD_MAX, ECHO_LIFETIME
from chalicelib.services.placing import Ticket
from chalicelib.services.ports import Commit, DayRow
from tests.doubles.files import InMemoryFiles
from tests.services.stage import DAY, EVA, FIRST, HEIDELBERG, JAN, SECOND, Stage


def anteroom(stage: Stage, key: FileKey, device: str = "phone") -> Ticket | None:
    return stage.anterooms.of_citizen(HEIDELBERG, stage.bearer(key, device), now=stage.now)


def test_whoever_is_next_sits_in_their_own_room_before_they_are_called(stage: Stage) -> None:
    key = stage.waiting()
    ticket = anteroom(stage, key)
    assert ticket is not None
    (claims,) = stage.tickets.claims
    assert (claims.room, claims.seat, claims.worker, claims.generation) == (key.booking_id, Seat.CITIZEN, FIRST, 1)
    assert not claims.opens


def test_the_click_finds_them_where_they_are(stage: Stage) -> None:
    """Same worker, same generation: nothing is connected anew, though another worker is emptier by now."""
    key = stage.waiting()
    anteroom(stage, key)
    stage.workers.calls = {FIRST: 9, SECOND: 0}
    called = stage.calling.call_next(EVA, date=DAY, now=stage.now).visit
    assert (called.worker, called.generation) == (FIRST, 1)


def test_asking_again_gives_the_same_place_and_writes_nothing(stage: Stage) -> None:
    key = stage.waiting()
    anteroom(stage, key)
    rev = stage.file(key).head.rev
    again = anteroom(stage, key)
    assert again is not None
    assert (again.generation, stage.file(key).head.rev) == (1, rev)


def test_the_case_does_not_speak_of_it(stage: Stage) -> None:
    key = stage.waiting()
    before = stage.kinds(key)
    anteroom(stage, key)
    assert stage.kinds(key) == before


@pytest.mark.parametrize("trouble", ["dead", "draining"])
def test_a_worker_that_is_lost_or_going_meanwhile_is_not_kept(stage: Stage, trouble: str) -> None:
    key = stage.waiting()
    anteroom(stage, key)
    setattr(stage.workers, trouble, {FIRST})
    called = stage.calling.call(EVA, key, date=DAY, now=stage.now).visit
    assert (called.worker, called.generation) == (SECOND, 2)


@pytest.mark.parametrize("trouble", ["dead", "draining"])
def test_the_anteroom_moves_from_such_a_worker_too(stage: Stage, trouble: str) -> None:
    key = stage.waiting()
    anteroom(stage, key)
    setattr(stage.workers, trouble, {FIRST})
    moved = anteroom(stage, key)
    assert moved is not None
    assert (moved.generation, stage.file(key).visit.worker) == (2, SECOND)


def test_more_than_two_ahead_and_there_is_none_yet(stage: Stage) -> None:
    start = stage.slots()[0]
    keys = [stage.confirmed(start) for _ in range(AHEAD_MAX + 2)]
    stage.clock.moment = start
    for key in keys:
        stage.enter(key)
        stage.clock.forward(seconds=1)
    assert [anteroom(stage, key) is not None for key in keys] == [True, True, True, False]
    stage.calling.call_next(EVA, date=DAY, now=stage.now)
    assert anteroom(stage, keys[-1]) is not None


def test_only_the_device_in_the_seat_and_only_while_it_waits(stage: Stage) -> None:
    key = stage.waiting()
    with pytest.raises(SeatElsewhere):
        anteroom(stage, key, "tablet")
    stage.calling.call(EVA, key, date=DAY, now=stage.now)
    with pytest.raises(StepNotAllowed):
        anteroom(stage, key)
    assert not stage.tickets.claims


def test_a_device_that_lost_the_seat_waits_in_a_room_that_is_no_more(stage: Stage) -> None:
    key = stage.waiting()
    lost = anteroom(stage, key)
    assert lost is not None
    stage.enter(key, "tablet", take_over=True)
    called = stage.calling.call(EVA, key, date=DAY, now=stage.now).visit
    assert called.generation > lost.generation


def test_whoever_left_and_came_back_is_placed_anew(stage: Stage) -> None:
    key = stage.waiting()
    anteroom(stage, key)
    stage.joining.leave(stage.bearer(key), now=stage.now)
    assert stage.file(key).visit.worker == ""
    stage.enter(key)
    again = anteroom(stage, key)
    assert again is not None
    assert again.generation == 2


def test_a_move_of_the_date_counts_generations_on(stage: Stage) -> None:
    """Or a ticket of the old date would open the room of the new one."""
    key = stage.waiting(stage.slots()[1])
    anteroom(stage, key)
    stage.booking.move(HEIDELBERG, key, stage.slots()[4], actor="citizen", now=stage.now)
    stage.clock.moment = stage.file(key).booking.start - timedelta(minutes=5)
    stage.enter(key)
    again = anteroom(stage, key)
    assert again is not None
    assert again.generation == 2


def test_after_hanging_up_the_former_clerks_ticket_opens_nothing(stage: Stage) -> None:
    key = stage.waiting()
    anteroom(stage, key)
    stage.calling.call(EVA, key, date=DAY, now=stage.now)
    stage.calling.clerk_ticket(EVA, key, now=stage.now)
    stage.calling.hang_up_clerk(EVA, key, now=stage.now)
    stage.enter(key)
    anteroom(stage, key)
    called = stage.calling.call(JAN, key, date=DAY, now=stage.now).visit
    assert called.generation == 2


def test_the_clerk_waits_on_the_worker_where_the_next_one_sits(stage: Stage) -> None:
    key = stage.waiting()
    anteroom(stage, key)
    ticket = stage.anterooms.of_clerk(EVA, date=DAY, now=stage.now)
    assert ticket is not None
    claims = stage.tickets.claims[-1]
    assert (claims.room, claims.seat, claims.worker) == ("desk-hd-1", Seat.CLERK, FIRST)
    assert not claims.opens


def test_while_nobody_waits_connected_the_clerk_has_no_lobby(stage: Stage) -> None:
    assert stage.anterooms.of_clerk(EVA, date=DAY, now=stage.now) is None
    key = stage.waiting()
    assert stage.anterooms.of_clerk(EVA, date=DAY, now=stage.now) is None
    anteroom(stage, key)
    stage.clock.forward(seconds=PRESENT.total_seconds() + 1)  # the browser is gone
    assert stage.anterooms.of_clerk(EVA, date=DAY, now=stage.now) is None
    stage.beat(key)
    stage.workers.dead = {FIRST}
    assert stage.anterooms.of_clerk(EVA, date=DAY, now=stage.now) is None


def test_an_echo_room_is_ones_own_and_soon_over(stage: Stage) -> None:
    file = stage.file(stage.confirmed())
    for _ in range(2):
        stage.anterooms.preflight(file, now=stage.now)
    first, second = stage.tickets.claims
    assert first.seat is Seat.ECHO
    assert first.room.startswith("echo-")
    assert first.room != second.room
    assert first.expires_at - first.issued_at == ECHO_LIFETIME
    assert not first.opens


def test_a_draining_worker_takes_no_echo(stage: Stage) -> None:
    file = stage.file(stage.confirmed())
    stage.workers.draining = {FIRST}
    stage.anterooms.preflight(file, now=stage.now)
    assert stage.tickets.claims[-1].worker == SECOND
    stage.workers.draining = {FIRST, SECOND}
    with pytest.raises(NoWorker):
        stage.anterooms.preflight(file, now=stage.now)


@dataclass
class Counted(InMemoryFiles):
    """Counts requests as the table would get them."""

    asked: list[str] = field(default_factory=list)

    def load(self, key: FileKey) -> File:
        self.asked.append("load")
        return super().load(key)

    def commit(self, commit: Commit) -> None:
        self.asked.append("commit")
        super().commit(commit)

    def day(self, office: str, date: str) -> list[DayRow]:
        self.asked.append("day")
        return super().day(office, date)


def asked(stage: Stage, files: Counted) -> Sequence[str]:
    """What the store was asked since the last look; a look at the workers' table is a request, too."""
    seen, files.asked = [*files.asked, *["scan"] * stage.workers.asked], []
    stage.workers.asked = 0
    return seen


def test_requests_are_those_of_the_access_patterns() -> None:
    files = Counted()
    stage = Stage(files)
    key = stage.waiting()
    file = files.load(key)
    asked(stage, files)
    stage.anterooms.preflight(file, now=stage.now)
    assert asked(stage, files) == ["scan"]
    bearer = stage.bearer(key)
    asked(stage, files)
    stage.anterooms.of_citizen(HEIDELBERG, bearer, now=stage.now)
    assert asked(stage, files) == ["load", "day", "commit", "scan"]
    stage.anterooms.of_citizen(HEIDELBERG, bearer, now=stage.now)
    assert asked(stage, files) == ["load", "day", "scan"]
    stage.anterooms.of_clerk(EVA, date=DAY, now=stage.now)
    assert asked(stage, files) == ["day", "scan"]
    called = stage.calling.call_next(EVA, date=DAY, now=stage.now)
    stage.calling.first_ticket(called, now=stage.now)
    assert asked(stage, files) == ["day", "load", "commit", "scan"]
    stage.calling.clerk_ticket(EVA, key, now=stage.now)
    assert asked(stage, files) == ["load", "scan"]
    stage.workers.dead = {FIRST}
    stage.calling.citizen_ticket(bearer, now=stage.now)
    assert asked(stage, files) == ["load", "commit", "scan"]
