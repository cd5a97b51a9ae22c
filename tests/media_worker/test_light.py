"""Dark by default: who sees whom, and what happens when a seat comes into light."""

import pytest
from calls_for_tests import CITIZEN, CLERK, ECHO, GUEST, Call, lit_call
from packet_samples import CHROMIUM, FIREFOX, fields, receiver_report, rtcp, rtp

from chalicelib.domain.calls import Seat
from media_worker.forwarding.effects import AskKeyframe, Effect, Forward, ForwardReport
from media_worker.forwarding.paths import Kind, Negotiated

THREE = (CITIZEN, CLERK, GUEST)
OTHER = Negotiated(
    payload_types=CHROMIUM.payload_types,
    ssrcs={Kind.AUDIO: 0xA2, Kind.VIDEO: 0xB2, Kind.RTX: 0xC2},
    extensions=CHROMIUM.extensions,
)


def everybody(*lit: Seat) -> Call:
    call = Call()
    for seat, negotiated in zip(THREE, (CHROMIUM, FIREFOX, OTHER), strict=True):
        call.sit(seat, negotiated)
    call.light(lit, now_ms=0)
    return call


def video_of(seat: Seat, sequence: int, timestamp: int = 0) -> bytearray:
    payload_type, ssrc = {CITIZEN: (96, 0xB0), CLERK: (120, 0xB1), GUEST: (96, 0xB2), ECHO: (96, 0xB0)}[seat]
    return rtp(payload_type=payload_type, sequence=sequence, timestamp=timestamp, ssrc=ssrc)


def seen_by(call: Call, seat: Seat, sequence: int = 1) -> set[Seat]:
    effects = call.receive_rtp(seat, video_of(seat, sequence), now_ms=0)
    return {effect.to for effect in effects if isinstance(effect, Forward)}


def asked(effects: list[Effect]) -> set[Seat]:
    return {effect.of for effect in effects if isinstance(effect, AskKeyframe)}


@pytest.mark.parametrize(
    ("lit", "pairs"),
    [
        ((), set()),
        ((CLERK,), set()),
        ((CITIZEN, GUEST), {(CITIZEN, GUEST), (GUEST, CITIZEN)}),
        ((CLERK, CITIZEN), {(CLERK, CITIZEN), (CITIZEN, CLERK)}),
        (THREE, {(one, other) for one in THREE for other in THREE if one is not other}),
    ],
    ids=["nobody", "the clerk alone", "without the clerk", "two", "three"],
)
def test_media_passes_where_both_are_lit(lit: tuple[Seat, ...], pairs: set[tuple[Seat, Seat]]) -> None:
    call = everybody(*lit)
    assert pairs == {(seat, target) for seat in THREE for target in seen_by(call, seat)}
    for seat in THREE:
        ask = b"".join(
            rtcp(1, 206, b"\0\0\0\1" + ssrcs[Kind.VIDEO].to_bytes(4, "big"))
            for ssrcs in call.receptions[seat].ssrcs.values()
        )
        call.tick(now_ms=10_000)
        effects = call.receive_rtcp(seat, ask, now_ms=20_000 + 1_000 * THREE.index(seat))
        assert {source for source, target in pairs if target is seat} == asked(effects)


def test_a_dark_seat_learns_only_that_we_are_there() -> None:
    call = everybody()
    kept_alive = [effect.to for effect in call.tick(now_ms=1_000) if isinstance(effect, ForwardReport)]
    assert sorted(kept_alive, key=THREE.index) == list(THREE)
    assert call.receive_rtcp(CITIZEN, receiver_report(1), now_ms=0) == []


def test_coming_into_light_asks_every_new_picture_for_a_key_frame_at_once() -> None:
    call = everybody(CLERK, CITIZEN)
    assert asked(call.light(THREE, now_ms=1)) == set(THREE), "no matter how recently it was asked"
    assert asked(call.light(THREE, now_ms=2)) == set(), "nothing new is visible"
    assert call.light((CLERK, CITIZEN), now_ms=3) == []
    assert seen_by(call, CITIZEN) == {CLERK}


def test_light_waits_for_who_is_not_there_yet() -> None:
    call = Call()
    call.sit(CLERK, FIREFOX)
    assert call.light({CLERK, CITIZEN}, now_ms=0) == []
    assert asked(call.sit(CITIZEN, CHROMIUM)) == {CLERK, CITIZEN}
    assert seen_by(call, CITIZEN) == {CLERK}


def test_a_picture_of_unknown_ssrc_is_asked_for_when_it_is_known() -> None:
    call = lit_call()
    call.sit(CITIZEN, Negotiated(payload_types=CHROMIUM.payload_types))
    assert asked(call.sit(CLERK, FIREFOX)) == {CLERK}
    call.receive_rtp(CITIZEN, video_of(CITIZEN, 1), now_ms=0)
    assert asked(call.tick(now_ms=100)) == {CITIZEN}


def test_the_echo_seat_hears_itself_and_needs_no_light() -> None:
    call = Call()
    assert asked(call.sit(ECHO, CHROMIUM)) == {ECHO}
    [effect] = call.receive_rtp(ECHO, video_of(ECHO, 5), now_ms=0)
    assert isinstance(effect, Forward)
    assert effect.to is ECHO
    assert fields(effect.packet)[3] == call.receptions[ECHO].ssrcs[ECHO][Kind.VIDEO]


def test_an_echo_in_a_room_with_others_would_still_be_alone() -> None:
    call = everybody(*THREE, ECHO)
    call.sit(ECHO, CHROMIUM)
    assert seen_by(call, ECHO) == {ECHO}
    assert seen_by(call, CLERK) == {CITIZEN, GUEST}


def test_a_source_that_comes_back_freezes_none_of_its_targets() -> None:
    call = everybody(*THREE)
    for sequence in range(65_530, 65_536):
        call.receive_rtp(CITIZEN, video_of(CITIZEN, sequence), now_ms=0)
    call.leave(CITIZEN)
    call.sit(CITIZEN, CHROMIUM, now_ms=500)
    effects = call.receive_rtp(CITIZEN, video_of(CITIZEN, 4_711), now_ms=500)
    sequences = [fields(effect.packet)[1] for effect in effects if isinstance(effect, Forward)]
    assert sequences == [0, 0], "right after 65,535, for both"


def test_who_comes_back_to_receive_gets_new_ssrcs_and_is_right_at_once() -> None:
    call = everybody(*THREE)
    former = call.receptions[CLERK].ssrcs[CITIZEN][Kind.VIDEO]
    assert CITIZEN in asked(call.sit(CLERK, FIREFOX, now_ms=100))
    present = call.receptions[CLERK].ssrcs[CITIZEN][Kind.VIDEO]
    effects = call.receive_rtp(CITIZEN, video_of(CITIZEN, 9), now_ms=100)
    numbers = {effect.to: fields(effect.packet)[3] for effect in effects if isinstance(effect, Forward)}
    assert former != present == numbers[CLERK]


def test_who_is_moved_keeps_its_ssrcs_and_every_stream_goes_on() -> None:
    """A clerk goes from one citizen to the next without a new connection: its receiver must see one stream."""
    first, second = everybody(CITIZEN, CLERK), Call()
    first.receive_rtp(CITIZEN, video_of(CITIZEN, 40_000, timestamp=90_000), now_ms=0)
    moved = first.receptions[CLERK]
    first.leave(CLERK)
    second.light((CITIZEN, CLERK), now_ms=0)
    second.sit(CITIZEN, CHROMIUM)
    assert asked(second.sit(CLERK, FIREFOX, now_ms=1_000, reception=moved)) == {CITIZEN, CLERK}
    [effect] = second.receive_rtp(CITIZEN, video_of(CITIZEN, 3, timestamp=7), now_ms=1_000)
    assert isinstance(effect, Forward)
    assert fields(effect.packet)[1:] == (40_001, 180_000, moved.ssrcs[CITIZEN][Kind.VIDEO])
    assert first.receive_rtp(CITIZEN, video_of(CITIZEN, 40_001), now_ms=1_000) == []
