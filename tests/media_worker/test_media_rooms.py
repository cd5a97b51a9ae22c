"""Who sits in a room: rejoining, replacing, leaving, forgetting."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from packet_samples import CHROMIUM, FIREFOX, fields, receiver_report, rtp

from chalicelib.domain.calls import MediaTicketClaims, Seat
from media_worker.forwarding.packets import PACKET_BUFFER_BYTES
from media_worker.forwarding.paths import Kind, Negotiated
from media_worker.forwarding.reception import Reception
from media_worker.room import Room, Session
from media_worker.rooms import EMPTY_ROOM_KEPT_MS, GenerationStale, Rooms, RoomsFull

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CLAIMS = MediaTicketClaims(
    ticket_id="t-1",
    office="heidelberg",
    room="b-1",
    seat=Seat.CITIZEN,
    generation=1,
    worker="http://127.0.0.1:8702",
    issued_at=NOW,
    expires_at=NOW + timedelta(minutes=5),
)


@dataclass
class FakeLeg:
    """Keeps what is sent."""

    rtp: list[bytes] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)
    messages: list[tuple[int, bytes]] = field(default_factory=list)
    closed: bool = False

    def send_rtp(self, packet: bytearray, size: int) -> None:
        self.rtp.append(bytes(packet[:size]))

    def send_rtcp(self, packet: bytes) -> None:
        self.rtcp.append(packet)

    def send_message(self, channel: int, message: bytes) -> None:
        self.messages.append((channel, message))

    def close(self) -> None:
        self.closed = True


class Clock:
    now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rooms(clock: Clock) -> Rooms:
    return Rooms(new_ssrc=count(1_000).__next__, now_ms=clock, calls_max=2)


_ids = count()
_ssrcs = count(1_000)


def hear(session: Session, packet: bytearray) -> None:
    """Let the session's leg say that this packet came, in a buffer longer than the packet."""
    session.rtp_received(packet + bytes(PACKET_BUFFER_BYTES - len(packet)), len(packet))


EVERYBODY = frozenset({Seat.CITIZEN, Seat.GUEST})


def sit(
    room: Room, seat: Seat, negotiated: Negotiated = CHROMIUM, *, opens: frozenset[Seat] = EVERYBODY
) -> tuple[Session, FakeLeg]:
    """Somebody whose browser is on the way; a clerk's ticket opens everybody unless told otherwise."""
    leg = FakeLeg()
    reception = Reception(seat, new_ssrc=_ssrcs.__next__)
    opened = opens if seat is Seat.CLERK else frozenset()
    session = Session(f"s-{next(_ids)}", room, seat, negotiated, leg, reception, opens=opened)
    room.await_seat(session)
    return session, leg


def seated(
    room: Room, seat: Seat, negotiated: Negotiated = CHROMIUM, *, opens: frozenset[Seat] = EVERYBODY
) -> tuple[Session, FakeLeg]:
    session, leg = sit(room, seat, negotiated, opens=opens)
    session.leg_up()
    return session, leg


def video(sequence: int = 1) -> bytearray:
    return rtp(payload_type=96, sequence=sequence, ssrc=0xB0)


def test_two_seats_hear_each_other(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    citizen, citizen_leg = seated(room, Seat.CITIZEN)
    _, clerk_leg = seated(room, Seat.CLERK, FIREFOX)
    hear(citizen, video())
    assert len(clerk_leg.rtp) == 1
    assert citizen_leg.rtp == []
    assert len(citizen_leg.rtcp) == 1, "asked for a key frame when the clerk came"
    assert len(clerk_leg.rtcp) == 1, "and so was the clerk"


def test_three_seats_hear_each_other_and_nobody_oneself(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    citizen, citizen_leg = seated(room, Seat.CITIZEN)
    _, clerk_leg = seated(room, Seat.CLERK, FIREFOX)
    _, guest_leg = seated(room, Seat.GUEST)
    hear(citizen, video())
    assert [len(leg.rtp) for leg in (citizen_leg, clerk_leg, guest_leg)] == [0, 1, 1]
    assert clerk_leg.rtp[0][12:] == guest_leg.rtp[0][12:] == video()[12:]
    assert fields(clerk_leg.rtp[0]) != fields(guest_leg.rtp[0]), "each under its own numbers"
    assert fields(guest_leg.rtp[0])[3] == room.seated[Seat.GUEST].reception.ssrcs[Seat.CITIZEN][Kind.VIDEO]


def test_a_dark_room_is_silent(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    citizen, citizen_leg = seated(room, Seat.CITIZEN)
    _, clerk_leg = seated(room, Seat.CLERK, FIREFOX, opens=frozenset())
    hear(citizen, video())
    citizen.rtcp_received(receiver_report(1))
    assert (clerk_leg.rtp, clerk_leg.rtcp, citizen_leg.rtcp) == ([], [], [])


def test_whoever_was_dropped_is_not_heard(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    citizen, _ = seated(room, Seat.CITIZEN)
    _, clerk_leg = seated(room, Seat.CLERK, FIREFOX)
    citizen.leg_down()
    hear(citizen, video())
    assert clerk_leg.rtp == []


def test_who_waits_for_a_connection_sends_nothing(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    citizen, _ = sit(room, Seat.CITIZEN)
    _, clerk_leg = seated(room, Seat.CLERK, FIREFOX)
    hear(citizen, video())
    citizen.rtcp_received(receiver_report(1))
    assert (clerk_leg.rtp, clerk_leg.rtcp) == ([], [])


def test_a_repeat_keeps_the_seat_until_its_connection_stands(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    first, first_leg = seated(room, Seat.CITIZEN)
    _, clerk_leg = seated(room, Seat.CLERK, FIREFOX)
    second, second_leg = sit(room, Seat.CITIZEN)
    hear(first, video(1))
    assert not first_leg.closed
    second.leg_up()
    assert first_leg.closed
    hear(first, video(2))
    hear(second, video(77))
    assert len(clerk_leg.rtp) == 2
    first.leg_down()
    assert room.seated[Seat.CITIZEN] is second
    assert not second_leg.closed


def test_of_two_attempts_the_last_counts(rooms: Rooms) -> None:
    room = rooms.enter(CLAIMS)
    early, early_leg = sit(room, Seat.CITIZEN)
    late, _ = sit(room, Seat.CITIZEN)
    assert early_leg.closed
    early.leg_up()
    early.leg_down()
    late.leg_up()
    assert room.seated == {Seat.CITIZEN: late}


def test_an_older_generation_is_refused_and_a_newer_one_replaces_the_room(rooms: Rooms) -> None:
    second = replace(CLAIMS, generation=2)
    room = rooms.enter(second)
    _, leg = seated(room, Seat.CITIZEN)
    with pytest.raises(GenerationStale):
        rooms.enter(CLAIMS)
    assert rooms.enter(second) is room
    newer = rooms.enter(replace(CLAIMS, generation=3))
    assert newer is not room
    assert leg.closed
    assert rooms.is_current(newer)
    assert not rooms.is_current(room)


def test_rooms_of_two_offices_are_two_rooms(rooms: Rooms) -> None:
    assert rooms.enter(CLAIMS) is not rooms.enter(replace(CLAIMS, office="karlsruhe"))


def test_a_full_worker_takes_no_new_room_but_lets_its_own_people_in(rooms: Rooms) -> None:
    for number in (1, 2):
        seated(rooms.enter(replace(CLAIMS, room=f"b-{number}")), Seat.CITIZEN)
    assert rooms.calls == 2
    with pytest.raises(RoomsFull):
        rooms.enter(replace(CLAIMS, room="b-3"))
    rooms.enter(replace(CLAIMS, room="b-1", seat=Seat.CLERK))


def test_an_empty_room_is_kept_for_a_reload_and_then_forgotten(rooms: Rooms, clock: Clock) -> None:
    room = rooms.enter(CLAIMS)
    session, _ = seated(room, Seat.CITIZEN)
    clock.now_ms = 1_000_000
    rooms.tick()
    session.leg_down()
    clock.now_ms += EMPTY_ROOM_KEPT_MS - 1
    rooms.tick()
    assert rooms.is_current(room)
    clock.now_ms += 1
    rooms.tick()
    assert not rooms.is_current(room)


def test_time_alone_keeps_a_lonely_browser_informed(rooms: Rooms, clock: Clock) -> None:
    _, leg = seated(rooms.enter(CLAIMS), Seat.CITIZEN)
    clock.now_ms = 600
    rooms.tick()
    assert len(leg.rtcp) == 1


def test_sessions_are_found_by_id_only_while_they_live(rooms: Rooms) -> None:
    session, leg = seated(rooms.enter(CLAIMS), Seat.CITIZEN)
    assert rooms.find(session.session_id) is session
    assert rooms.find("other") is None
    rooms.close()
    assert leg.closed
    session.leg_down()
    assert rooms.find(session.session_id) is None
