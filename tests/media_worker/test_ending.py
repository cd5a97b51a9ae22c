"""How a worker stops without harm: its fence, its drain, its protection by the platform."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from test_light_and_talk import Visit, leg
from test_media_rooms import CLAIMS

from chalicelib.domain.calls import WORKER_SILENCE_MAX_MS, Seat
from media_worker import talk
from media_worker.drain import ASK_AGAIN_MS, DRAIN_MAX_MS, PACE_MAX_MS, ROUND_MAX_MS, Drain, Step
from media_worker.forwarding.bridge import KEEPALIVE_INTERVAL_MS
from media_worker.protection import RENEW_MS, RETRY_MS, EcsAgent, Protection
from media_worker.pulse import Pulse
from media_worker.rooms import RoomsClosing
from media_worker.upkeep import Upkeep


def test_a_worker_is_lost_when_the_office_may_think_so_and_not_before() -> None:
    pulse = Pulse(1_000)
    assert not pulse.is_lost(now_ms=1_000 + WORKER_SILENCE_MAX_MS)
    assert pulse.is_lost(now_ms=1_001 + WORKER_SILENCE_MAX_MS)
    pulse.acknowledge(written_ms=5_000)
    pulse.acknowledge(written_ms=4_000)  # an answer that was overtaken
    assert not pulse.is_lost(now_ms=8_000)


def test_a_fenced_worker_lets_its_calls_go_and_takes_none_until_it_counts_again() -> None:
    visit = Visit()
    citizen = visit.come(Seat.CITIZEN)
    upkeep = Upkeep(visit.rooms, Drain(), visit.clock, pulse=Pulse(0))
    visit.clock.now_ms = WORKER_SILENCE_MAX_MS
    upkeep.tick()
    assert not leg(citizen).closed
    visit.clock.now_ms += 1
    upkeep.tick()
    assert leg(citizen).closed
    for room in ("b-2", CLAIMS.room):  # nor do its own people come back: they may be in the call elsewhere
        with pytest.raises(RoomsClosing):
            visit.rooms.enter(replace(CLAIMS, room=room))
    assert upkeep.pulse is not None
    upkeep.pulse.acknowledge(written_ms=visit.clock.now_ms)
    upkeep.tick()
    assert visit.rooms.enter(replace(CLAIMS, room="b-2"))


@pytest.mark.parametrize(
    ("began_ms", "asked_ms", "calls", "now_ms", "step"),
    [
        (None, None, 1, 10**9, Step.WAIT),
        (0, None, 1, 0, Step.ASK),
        (0, 0, 1, PACE_MAX_MS - 1, Step.WAIT),
        (0, 0, 1, PACE_MAX_MS, Step.ASK),
        (0, 0, 200, ROUND_MAX_MS // 200 - 1, Step.WAIT),
        (0, 0, 200, ROUND_MAX_MS // 200, Step.ASK),
        (0, None, 0, 0, Step.END),
        (0, 89_000, 1, DRAIN_MAX_MS - 1, Step.WAIT),
        (0, 85_000, 1, DRAIN_MAX_MS, Step.END),
    ],
)
def test_a_drain_asks_one_after_the_other_again_and_again_and_ends_in_time(
    began_ms: int | None, asked_ms: int | None, calls: int, now_ms: int, step: Step
) -> None:
    assert Drain(began_ms, asked_ms).tick(calls=calls, now_ms=now_ms) is step


def test_a_draining_worker_asks_one_call_after_the_other_and_who_does_not_hear_again() -> None:
    visit = Visit()
    people = [visit.come(Seat.CITIZEN, room=f"b-{number}") for number in range(3)]

    def times_asked() -> list[int]:
        return [leg(person).messages.count((talk.OFFICE, talk.please_move())) for person in people]

    upkeep = Upkeep(visit.rooms, Drain(), visit.clock)
    upkeep.drain.begin(now_ms=0)
    seen = [times_asked()]
    for visit.clock.now_ms in range(0, ASK_AGAIN_MS + PACE_MAX_MS, 100):
        upkeep.tick()
        if times_asked() != seen[-1]:
            seen.append(times_asked())
    assert seen == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [2, 1, 1]]


def test_people_who_see_each_other_are_asked_before_those_who_wait() -> None:
    visit = Visit()
    waits = visit.come(Seat.CITIZEN, room="b-1")
    talks = visit.come(Seat.CITIZEN, room="b-2")
    visit.come(Seat.CLERK, opens=frozenset({Seat.CITIZEN}), room="b-2")
    asked = (talk.OFFICE, talk.please_move())
    visit.rooms.ask_next_to_move(again_ms=ASK_AGAIN_MS)
    assert (asked in leg(talks).messages, asked in leg(waits).messages) == (True, False)
    visit.rooms.ask_next_to_move(again_ms=ASK_AGAIN_MS)
    assert asked in leg(waits).messages


@given(rooms=st.integers(0, 9), parts=st.integers(1, 12))
def test_in_one_round_of_turns_every_room_has_its_own_once_and_the_worker_is_looked_after_once(
    rooms: int, parts: int
) -> None:
    visit = Visit()
    people = [visit.come(Seat.CITIZEN, room=f"b-{number}") for number in range(rooms)]
    visit.clock.now_ms += KEEPALIVE_INTERVAL_MS  # everybody is due a sign of life
    upkeep = Upkeep(visit.rooms, Drain(), visit.clock)
    upkeep.drain.begin(now_ms=visit.clock.now_ms)
    for part in range(parts):
        upkeep.tick(part=part, parts=parts)
    assert [len(leg(person).rtcp) for person in people] == [1] * rooms
    asked = [leg(person).messages.count((talk.OFFICE, talk.please_move())) for person in people]
    assert sum(asked) == min(rooms, 1)


def test_a_draining_worker_asks_both_sides_and_ends_when_the_last_is_gone() -> None:
    visit = Visit()
    citizen, clerk = visit.come(Seat.CITIZEN), visit.come(Seat.CLERK, opens=frozenset({Seat.CITIZEN}))
    upkeep = Upkeep(visit.rooms, Drain(), visit.clock)
    upkeep.drain.begin(now_ms=0)
    upkeep.tick()
    for session in (citizen, clerk):
        assert leg(session).messages[-1] == (talk.OFFICE, talk.please_move())
        assert not leg(session).closed
    with pytest.raises(RoomsClosing):
        visit.rooms.enter(replace(CLAIMS, room="b-2"))
    assert not upkeep.ended.is_set()
    citizen.leg_down()
    clerk.leg_down()
    upkeep.tick()
    assert upkeep.ended.is_set()


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(1, RENEW_MS)), max_size=60))
def test_a_task_with_calls_is_never_left_unprotected_for_longer_than_a_retry(
    moments: list[tuple[int, bool, int]],
) -> None:
    """Whatever the agent answers: calls live and unprotected means that a question is due within RETRY_MS."""
    protection, now_ms = Protection(), 0
    for live_calls, taken, later_ms in moments:
        now_ms += later_ms
        wanted = protection.wanted(live_calls=live_calls, now_ms=now_ms)
        if live_calls and not protection.granted and later_ms >= RETRY_MS:
            assert wanted is True
        if wanted is not None:
            assert wanted is (live_calls > 0)
            protection.answered(protect=wanted, taken=taken, now_ms=now_ms)
            assert not taken or protection.granted is (live_calls > 0)


@dataclass
class AgentStandIn:
    """The endpoint beside a task on ECS, as AWS describes it: PUT, and an answer with `protection` or `failure`."""

    refuses: bool = False
    asked: list[dict[str, object]] = field(default_factory=list)

    async def put(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        if self.refuses:
            return web.json_response({"failure": {"Reason": "DEPLOYMENT_BLOCKED"}}, status=400)
        return web.json_response({"protection": {"ProtectionEnabled": self.asked[-1]["ProtectionEnabled"]}})


def test_protection_is_asked_for_while_a_call_lives_and_given_back_after() -> None:
    async def run() -> None:
        stand_in, visit = AgentStandIn(), Visit()
        app = web.Application()
        app.router.add_put("/task-protection/v1/state", stand_in.put)
        async with TestServer(app) as server:
            agent = EcsAgent(str(server.make_url("/")))
            upkeep = Upkeep(visit.rooms, Drain(), visit.clock, agent=agent)
            upkeep.tick()
            citizen, clerk = visit.come(Seat.CITIZEN), visit.come(Seat.CLERK, opens=frozenset({Seat.CITIZEN}))
            for _ in range(3):
                upkeep.tick()
                await upkeep.settled()
            assert stand_in.asked == [{"ProtectionEnabled": True, "ExpiresInMinutes": 30}]
            visit.clock.now_ms += RENEW_MS
            upkeep.tick()
            await upkeep.settled()
            assert len(stand_in.asked) == 2, "renewed long before it expires"
            clerk.leg_down()
            citizen.leg_down()
            upkeep.tick()
            await upkeep.settled()
            assert stand_in.asked[-1] == {"ProtectionEnabled": False}
            stand_in.refuses = True
            assert not await agent.protect(protect=True)
        assert not await agent.protect(protect=True), "an agent that is gone is no error of the call's"

    asyncio.run(run())
