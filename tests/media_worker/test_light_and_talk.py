"""What the relay lets through: nothing in the dark, everything among those whom the clerk opened, unread."""

import json
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from packet_samples import CHROMIUM, rtp
from test_media_rooms import CLAIMS, Clock, FakeLeg, hear

from chalicelib.domain.calls import Seat
from media_worker import talk
from media_worker.forwarding.reception import Reception
from media_worker.room import Session
from media_worker.rooms import Rooms, SeatDiffers

CITIZEN, CLERK, GUEST = Seat.CITIZEN, Seat.CLERK, Seat.GUEST


@dataclass
class Visit:
    """A room, and people who come and go by tickets."""

    clock: Clock = field(default_factory=Clock)
    ids: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.rooms = Rooms(new_ssrc=count(1_000).__next__, now_ms=self.clock, calls_max=9)

    def come(self, seat: Seat, *, opens: frozenset[Seat] = frozenset(), room: str = CLAIMS.room) -> Session:
        claims = replace(CLAIMS, seat=seat, opens=opens, room=room)
        entered = self.rooms.enter(claims)
        reception = Reception(seat, new_ssrc=self.rooms.new_ssrc)
        session = Session(f"s-{next(self.ids)}", entered, seat, CHROMIUM, FakeLeg(), reception, opens=opens)
        entered.await_seat(session)
        session.leg_up()
        return session


def leg(session: Session) -> FakeLeg:
    assert isinstance(session.leg, FakeLeg)
    return session.leg


def told(session: Session) -> dict[str, object]:
    """What the worker said last."""
    said = [message for channel, message in leg(session).messages if channel == talk.OFFICE]
    found: dict[str, object] = json.loads(said[-1])
    return found


def heard(session: Session) -> list[bytes]:
    return [message for channel, message in leg(session).messages if channel == talk.PEERS]


def test_who_waits_connected_sees_and_is_seen_by_nobody_until_the_clerk_opens() -> None:
    visit = Visit()
    citizen = visit.come(CITIZEN)
    clerk = visit.come(CLERK)
    for session in (citizen, clerk):
        hear(session, rtp(payload_type=96, sequence=1, ssrc=0xB0))
        session.message_received(talk.PEERS, b"hello")
    assert (leg(citizen).rtp, leg(clerk).rtp, heard(citizen), heard(clerk)) == ([], [], [], [])
    assert told(citizen)["lit"] == ["clerk"]

    visit.rooms.move(clerk, replace(CLAIMS, seat=CLERK, opens=frozenset({CITIZEN})))
    assert leg(citizen).rtcp, "asked for a key frame at once"
    hear(citizen, rtp(payload_type=96, sequence=2, ssrc=0xB0))
    citizen.message_received(talk.PEERS, b"hello")
    assert len(leg(clerk).rtp) == 1
    assert heard(clerk) == [b"\x01hello"]
    assert told(clerk) == {
        "type": "seats",
        "room": CLAIMS.room,
        "generation": 1,
        "you": "clerk",
        "seats": {"citizen": citizen.name, "clerk": clerk.name},
        "lit": ["citizen", "clerk"],
    }
    assert citizen.session_id not in json.dumps(told(clerk)), "the id would let the other end the session"


def test_it_is_dark_again_when_the_clerk_is_gone() -> None:
    visit = Visit()
    citizen, clerk = visit.come(CITIZEN), visit.come(CLERK, opens=frozenset({CITIZEN, GUEST}))
    guest = visit.come(GUEST)
    citizen.message_received(talk.PEERS, b"a")
    assert heard(guest) == heard(clerk) == [b"\x01a"]
    clerk.leg_down()
    citizen.message_received(talk.PEERS, b"b")
    hear(citizen, rtp(payload_type=96, sequence=1, ssrc=0xB0))
    assert heard(guest) == [b"\x01a"]
    assert leg(guest).rtp == []
    assert told(guest)["lit"] == []


def test_a_guest_stays_in_the_dark_until_admitted() -> None:
    visit = Visit()
    citizen, clerk, guest = visit.come(CITIZEN), visit.come(CLERK, opens=frozenset({CITIZEN})), visit.come(GUEST)
    clerk.message_received(talk.PEERS, b"first")
    visit.rooms.move(clerk, replace(CLAIMS, seat=CLERK, opens=frozenset({CITIZEN, GUEST})))
    clerk.message_received(talk.PEERS, b"second")
    assert heard(citizen) == [b"\x02first", b"\x02second"]
    assert heard(guest) == [b"\x02second"]


def test_a_clerk_moves_from_the_lobby_into_the_call_and_takes_the_place_of_an_older_tab() -> None:
    visit = Visit()
    citizen, older = visit.come(CITIZEN), visit.come(CLERK, opens=frozenset({CITIZEN}))
    lobby = visit.come(CLERK, room="desk-7")
    visit.rooms.move(lobby, replace(CLAIMS, seat=CLERK, opens=frozenset({CITIZEN})))
    assert leg(older).closed
    hear(citizen, rtp(payload_type=96, sequence=1, ssrc=0xB0))
    assert (len(leg(lobby).rtp), leg(older).rtp) == (1, [])
    announced = lobby.reception.ssrcs[CITIZEN].values()
    assert int.from_bytes(leg(lobby).rtp[0][8:12], "big") in announced, "under the SSRCs of the answer it got"
    assert visit.rooms.live_calls == 1


def test_nobody_moves_into_a_seat_that_is_not_theirs() -> None:
    visit = Visit()
    citizen = visit.come(CITIZEN)
    for claims in (replace(CLAIMS, seat=GUEST), replace(CLAIMS, office="karlsruhe")):
        with pytest.raises(SeatDiffers):
            visit.rooms.move(citizen, claims)
    assert citizen.room.seated[CITIZEN] is citizen


def test_whoever_says_that_they_hear_is_told_who_is_there() -> None:
    """A browser may have missed what was said before its channels were open."""
    visit = Visit()
    citizen, clerk = visit.come(CITIZEN), visit.come(CLERK, opens=frozenset({CITIZEN}))
    for session in (citizen, clerk):
        leg(session).messages.clear()
    citizen.message_received(talk.OFFICE, b"hello")
    assert set(told(citizen)["seats"]) == {"citizen", "clerk"}
    assert leg(clerk).messages == [], "nobody else hears of it"


def test_a_flood_of_messages_is_cut_at_its_source() -> None:
    """A second's worth at once, then as many as the rate allows; too long a message never."""
    visit = Visit()
    citizen, clerk = visit.come(CITIZEN), visit.come(CLERK, opens=frozenset({CITIZEN}))
    for _ in range(1_000):
        citizen.message_received(talk.PEERS, b"x")
    assert len(heard(clerk)) == talk.MESSAGES_PER_S
    visit.clock.now_ms += 100
    for _ in range(1_000):
        citizen.message_received(talk.PEERS, b"x")
    assert len(heard(clerk)) == talk.MESSAGES_PER_S * 11 // 10
    visit.clock.now_ms += 5_000
    citizen.message_received(talk.PEERS, bytes(talk.MESSAGE_MAX_BYTES + 1))
    assert len(heard(clerk)) == talk.MESSAGES_PER_S * 11 // 10
    assert not leg(citizen).closed
