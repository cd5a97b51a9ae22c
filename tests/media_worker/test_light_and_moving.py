"""Who is moved where, and a machine that plays all of it in any order: nobody hears whom the clerk did not open."""

import json
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from packet_samples import CHROMIUM, FIREFOX, rtp
from test_media_rooms import CLAIMS, EVERYBODY, Clock, FakeLeg, hear, seated, sit

from chalicelib.domain.calls import MediaTicketClaims, Seat
from media_worker import talk
from media_worker.forwarding.paths import Kind
from media_worker.room import Session
from media_worker.rooms import GenerationStale, Rooms

NOBODY = frozenset[Seat]()
CITIZEN_ONLY = frozenset({Seat.CITIZEN})
LOBBY = replace(CLAIMS, room="desk-1", seat=Seat.CLERK)
CLERK = replace(CLAIMS, seat=Seat.CLERK)


def a_house() -> tuple[Rooms, Clock]:
    clock = Clock()
    return Rooms(new_ssrc=count(1_000).__next__, now_ms=clock, calls_max=9), clock


@pytest.fixture
def rooms() -> Rooms:
    return a_house()[0]


def video(sequence: int = 1) -> bytearray:
    return rtp(payload_type=CHROMIUM.payload_types[Kind.VIDEO], sequence=sequence, ssrc=CHROMIUM.ssrcs[Kind.VIDEO])


def heard(leg: FakeLeg) -> list[bytes]:
    return [message for channel, message in leg.messages if channel == talk.PEERS]


def told(leg: FakeLeg) -> dict[str, Any]:
    """What the worker said last."""
    found: dict[str, Any] = json.loads(
        next(said for channel, said in reversed(leg.messages) if channel == talk.OFFICE)
    )
    return found


def test_a_newer_ticket_in_the_same_room_opens_and_closes(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    citizen, _ = seated(room, Seat.CITIZEN)
    guest, guest_leg = seated(room, Seat.GUEST)
    clerk, _ = seated(room, Seat.CLERK, opens=CITIZEN_ONLY)
    for opens, expected in ((EVERYBODY, 1), (CITIZEN_ONLY, 1), (EVERYBODY, 2)):
        rooms.move(clerk, replace(CLERK, opens=opens))
        hear(citizen, video(expected))
        assert len(guest_leg.rtp) == expected
        assert ("guest" in told(guest_leg)["lit"]) == (opens is EVERYBODY)
        assert guest.room is room


def test_back_in_the_lobby_a_clerk_sees_nobody_and_leaves_the_dark_behind(rooms: Rooms) -> None:
    lobby, room = rooms.enter(LOBBY), rooms.enter(CLAIMS)
    citizen, citizen_leg = seated(room, Seat.CITIZEN)
    clerk, clerk_leg = seated(lobby, Seat.CLERK, FIREFOX, opens=NOBODY)
    rooms.move(clerk, replace(CLERK, opens=CITIZEN_ONLY))
    hear(citizen, video(1))
    assert (len(clerk_leg.rtp), lobby.is_empty) == (1, True)
    assert (citizen_leg.rtcp != [], clerk_leg.rtcp != []) == (True, True), "both are asked for a key frame at once"
    rooms.move(clerk, LOBBY)
    hear(citizen, video(2))
    assert len(clerk_leg.rtp) == 1
    assert told(citizen_leg)["lit"] == []


def test_who_is_moved_while_it_connects_takes_its_seat_there(rooms: Rooms) -> None:
    lobby, room = rooms.enter(LOBBY), rooms.enter(CLAIMS)
    clerk, leg = sit(lobby, Seat.CLERK)
    rooms.move(clerk, replace(CLERK, opens=CITIZEN_ONLY))
    assert room.seated == {}
    clerk.leg_up()
    assert (room.seated, lobby.is_empty, leg.closed) == ({Seat.CLERK: clerk}, True, False)


def test_who_is_moved_onto_a_taken_seat_replaces_the_other(rooms: Rooms) -> None:
    lobby, room = rooms.enter(LOBBY), rooms.enter(CLAIMS)
    former, former_leg = seated(room, Seat.CLERK)
    clerk, _ = seated(lobby, Seat.CLERK)
    rooms.move(clerk, CLERK)
    former.leg_down()
    assert (former_leg.closed, room.seated) == (True, {Seat.CLERK: clerk})


def test_a_move_into_a_former_generation_changes_nothing(rooms: Rooms) -> None:
    lobby, room = rooms.enter(LOBBY), rooms.enter(replace(CLAIMS, generation=2))
    clerk, _ = seated(lobby, Seat.CLERK)
    with pytest.raises(GenerationStale):
        rooms.move(clerk, CLERK)
    assert lobby.seated == {Seat.CLERK: clerk}
    rooms.move(clerk, replace(CLERK, generation=2))
    assert room.seated == {Seat.CLERK: clerk}
    with pytest.raises(GenerationStale):
        rooms.move(clerk, CLERK)


def test_a_generation_that_rises_where_the_call_is_goes_on_with_whoever_moves_along(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    citizen, citizen_leg = seated(room, Seat.CITIZEN)
    clerk, clerk_leg = seated(room, Seat.CLERK, opens=CITIZEN_ONLY)
    rooms.move(clerk, replace(CLERK, generation=2, opens=CITIZEN_ONLY))
    assert (clerk.room.generation, clerk_leg.closed) == (2, False)
    assert citizen_leg.closed, "it fetches a ticket of the new generation and comes back"
    citizen.leg_down()
    again, _ = seated(clerk.room, Seat.CITIZEN)
    hear(again, video())
    assert len(clerk_leg.rtp) == 1


class Rounds(RuleBasedStateMachine):
    """Clerks, citizens and guests come, go, are moved, opened and closed in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms, self.clock = a_house()
        self.sessions: list[tuple[Session, FakeLeg]] = []

    def claims(self, room: str, seat: Seat, opens: frozenset[Seat]) -> MediaTicketClaims:
        return replace(CLAIMS, room=room, seat=seat, opens=opens if seat is Seat.CLERK else NOBODY)

    @rule(
        room=st.sampled_from(["b-1", "b-2", "desk-1"]),
        seat=st.sampled_from([Seat.CITIZEN, Seat.CLERK, Seat.GUEST]),
        opens=st.sets(st.sampled_from(sorted(EVERYBODY, key=str))).map(frozenset),
    )
    def come(self, room: str, seat: Seat, opens: frozenset[Seat]) -> None:
        claims = self.claims(room, seat, opens)
        self.sessions.append(seated(self.rooms.enter(claims), seat, opens=claims.opens))

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        session, _ = data.draw(st.sampled_from(self.sessions))
        session.leg_down()

    @precondition(lambda self: self.sessions)
    @rule(
        data=st.data(),
        room=st.sampled_from(["b-1", "b-2"]),
        opens=st.sets(st.sampled_from(sorted(EVERYBODY, key=str))).map(frozenset),
    )
    def move(self, data: st.DataObject, room: str, opens: frozenset[Seat]) -> None:
        session, _ = data.draw(st.sampled_from(self.sessions))
        found = self.rooms.find(session.session_id)
        if found is not None:
            self.rooms.move(found, self.claims(room, found.seat, opens))

    @invariant()
    def messages_and_pictures_pass_between_lit_seats_of_one_room_only(self) -> None:
        self.clock.now_ms += 1_000
        for _, leg in self.sessions:
            leg.rtp.clear()
            notices = [said for said in leg.messages if said[0] == talk.OFFICE]
            leg.messages[:] = notices[-1:]
        for sender, _ in self.sessions:
            sender.message_received(talk.PEERS, sender.name.encode())
            hear(sender, video())
        for receiver, leg in self.sessions:
            here = receiver.room.seated
            may = {
                sender.name
                for sender, _ in self.sessions
                if here.get(sender.seat) is sender and here.get(receiver.seat) is receiver and sender is not receiver
                if (clerk := here.get(Seat.CLERK)) and {sender.seat, receiver.seat} <= clerk.opens | {Seat.CLERK}
            }
            assert {said[1:].decode() for said in heard(leg)} == may
            assert len(leg.rtp) == len(may)

    @invariant()
    def everybody_seated_was_told_the_truth(self) -> None:
        for session, leg in self.sessions:
            if session.room.seated.get(session.seat) is session:
                seats = {seat.value: other.name for seat, other in session.room.seated.items()}
                assert told(leg)["seats"] == seats
                clerk = session.room.seated.get(Seat.CLERK)
                lit = {seat.value for seat in clerk.opens | {Seat.CLERK}} & set(seats) if clerk else set()
                assert set(told(leg)["lit"]) == lit


TestRounds = Rounds.TestCase
TestRounds.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
