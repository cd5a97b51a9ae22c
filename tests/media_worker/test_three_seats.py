"""What changes when a source has two targets: retransmissions, feedback on the transport, bounds."""

import struct

import pytest
from calls_for_tests import CITIZEN, CLERK, GUEST, Call, reported
from feedback_parser import parse_feedback
from packet_samples import CHROMIUM, FIREFOX, block, fields, receiver_report, rtcp, rtp

from chalicelib.domain.calls import Seat
from media_worker.forwarding import rtcp as reading
from media_worker.forwarding.bridge import REMB_INTERVAL_MS
from media_worker.forwarding.effects import Effect, Forward, ForwardReport
from media_worker.forwarding.packets import extension_elements
from media_worker.forwarding.paths import Kind
from media_worker.forwarding.rates import CEILING_BPS, FLOOR_BPS, REMB_FRESH_MS, Bound

TWO, THREE = (CITIZEN, CLERK), (CITIZEN, CLERK, GUEST)


@pytest.fixture
def call() -> Call:
    made = Call()
    for seat, negotiated in zip(THREE, (CHROMIUM, FIREFOX, FIREFOX), strict=True):
        made.sit(seat, negotiated)
    made.light(THREE, now_ms=0)
    return made


def send_video(call: Call, sequence: int, *, transport: int | None = None, now_ms: int = 0) -> list[Effect]:
    extensions = None if transport is None else {3: struct.pack("!H", transport)}
    packet = rtp(payload_type=96, sequence=sequence, ssrc=0xB0, extensions=extensions, payload=bytes(1_000))
    return call.receive_rtp(CITIZEN, packet, now_ms=now_ms)


def repeat(call: Call, original: int, sequence: int = 1) -> dict[Seat, bytearray]:
    packet = rtp(payload_type=97, sequence=sequence, ssrc=0xC0, payload=struct.pack("!H", original) + b"rest")
    effects = call.receive_rtp(CITIZEN, packet, now_ms=0)
    return {effect.to: effect.packet for effect in effects if isinstance(effect, Forward)}


def video_towards(call: Call, seat: Seat) -> int:
    return call.receptions[seat].ssrcs[CITIZEN][Kind.VIDEO]


def nack(call: Call, seat: Seat, *lost: int) -> list[Effect]:
    ssrc = video_towards(call, seat)
    entries = b"".join(struct.pack("!HH", sequence, 0) for sequence in lost)
    return call.receive_rtcp(seat, rtcp(1, 205, struct.pack("!II", 1, ssrc) + entries), now_ms=0)


def remb(call: Call, seat: Seat, bps: int, *, now_ms: int = 0) -> list[Effect]:
    return call.receive_rtcp(seat, reading.write_remb(1, bps, [video_towards(call, seat)]), now_ms=now_ms)


def told_to(effects: list[Effect], seat: Seat) -> list[reading.Part]:
    packets = [effect.packet for effect in effects if isinstance(effect, ForwardReport) and effect.to is seat]
    return [part for packet in packets for part in reading.parts(packet)]


def test_a_repetition_is_for_who_asked(call: Call) -> None:
    for sequence in (100, 101, 102):
        send_video(call, sequence)
    assert repeat(call, 100) == {}, "nobody asked"
    assert reading.lost_sequences(reported(nack(call, GUEST, 101))[0].body) == [101]
    assert set(repeat(call, 101, 2)) == {GUEST}
    assert repeat(call, 101, 3) == {}, "it was asked for once"
    nack(call, GUEST, 102)
    nack(call, CLERK, 102)
    assert set(repeat(call, 102, 4)) == {GUEST, CLERK}


def test_repetitions_are_numbered_without_gaps_for_each(call: Call) -> None:
    """A gap in a receiver's retransmission stream would be reported as loss."""
    numbers: dict[Seat, list[int]] = {CLERK: [], GUEST: []}
    for sequence in range(100, 120):
        send_video(call, sequence)
        nack(call, GUEST if sequence % 3 else CLERK, sequence)
        for seat, packet in repeat(call, sequence, sequence).items():
            numbers[seat].append(fields(packet)[1])
    for found in numbers.values():
        assert found == list(range(found[0], found[0] + len(found)))
    assert [len(found) for found in numbers.values()] == [6, 14]


def test_probes_end_at_the_worker(call: Call) -> None:
    send_video(call, 100)
    probe = rtp(payload_type=97, sequence=9, ssrc=0xC0, payload=b"", padding=200)
    assert call.receive_rtp(CITIZEN, probe, now_ms=0) == []


def test_many_wishes_are_bounded(call: Call) -> None:
    for sequence in range(1_000):
        send_video(call, sequence)
    for sequence in range(1_000):
        nack(call, CLERK, sequence)
    assert repeat(call, 0) == {}
    assert set(repeat(call, 999)) == {CLERK}


def test_with_three_the_worker_speaks_for_the_transport(call: Call) -> None:
    for number, at_ms in ((10, 1_000), (11, 1_005), (13, 1_020)):
        effects = send_video(call, number, transport=number, now_ms=at_ms)
        for effect in effects:
            assert isinstance(effect, Forward)
            assert extension_elements(effect.packet) == [], "nobody else could use the number"
    feedback = struct.pack("!IIHHI", 0xA1, video_towards(call, CLERK), 10, 1, 0) + b"\x20\x01\x00\x00"
    assert call.receive_rtcp(CLERK, rtcp(15, 205, feedback), now_ms=1_050) == []
    [told] = [part for part in told_to(call.tick(now_ms=1_100), CITIZEN) if part.kind == 205]
    assert reading.ssrc_at(told.body, 4) == 0xB0
    assert parse_feedback(told.body) == {10: 1_000, 11: 1_005, 12: None, 13: 1_020}


def test_with_two_it_passes_and_what_was_left_out_meanwhile_is_not_lost(call: Call) -> None:
    call.light(TWO, now_ms=0)
    numbers = []
    for number in (10, 11, 12, 13):
        call.light(THREE if number == 12 else TWO, now_ms=0)
        for effect in send_video(call, number, transport=number):
            assert isinstance(effect, Forward)
            numbers += [
                struct.unpack_from("!H", effect.packet, offset + 1)[0]
                for _, offset, _ in extension_elements(effect.packet)
            ]
    assert numbers == [10, 11, 12], "the second 12 is the sender's 13"
    feedback = struct.pack("!IIHHI", 0xA1, video_towards(call, CLERK), 12, 1, 0) + b"\x20\x01\x00\x00"
    [part] = reported(call.receive_rtcp(CLERK, rtcp(15, 205, feedback), now_ms=0))
    assert struct.unpack_from("!H", part.body, 8)[0] == 13


def test_who_has_no_target_hears_from_the_worker_and_is_warm_when_the_light_comes(call: Call) -> None:
    call.light((), now_ms=0)
    assert send_video(call, 1, transport=1) == []
    assert [part.kind for part in told_to(call.tick(now_ms=100), CITIZEN)] == [205]


def test_the_slowest_target_bounds_the_sender(call: Call) -> None:
    send_video(call, 1)
    assert remb(call, CLERK, 2_000_000) == []
    assert remb(call, GUEST, 800_000) == []
    [bound] = [part for part in told_to(call.tick(now_ms=10), CITIZEN) if part.kind == 206]
    assert reading.remb_bps(bound) == 400_000, "half of what the guest takes: it receives two"
    assert reading.remb_targets(bound) == [0xA0, 0xB0, 0xC0]
    soon = call.tick(now_ms=10 + REMB_INTERVAL_MS - 1)
    assert [part for part in told_to(soon, CITIZEN) if part.kind == 206] == []


def test_a_bound_is_lifted_when_one_target_is_left(call: Call) -> None:
    """A browser would keep to it for good, and its remaining target sends no REMB."""
    send_video(call, 1)
    remb(call, GUEST, 800_000)
    call.tick(now_ms=10)
    call.light(TWO, now_ms=20)
    bounds = [
        part for at_ms in (100, 5_000) for part in told_to(call.tick(now_ms=at_ms), CITIZEN) if part.kind == 206
    ]
    assert [reading.remb_bps(bound) for bound in bounds] == [pytest.approx(CEILING_BPS, rel=0.001)]


def test_loss_at_one_target_bounds_the_sender(call: Call) -> None:
    for number in range(100):
        send_video(call, number, now_ms=20 * number)
    call.receive_rtcp(
        GUEST, receiver_report(1, block(video_towards(call, GUEST), highest=99, lost=0x40_00_00_00)), now_ms=2_000
    )
    [bound] = [part for part in told_to(call.tick(now_ms=2_000), CITIZEN) if part.kind == 206]
    # 1,012 bytes every 20 ms, less half of a quarter.
    assert reading.remb_bps(bound) == pytest.approx(1_012 * 8 * 50 * 0.875, rel=0.02)


def test_the_bound_of_a_path_follows_its_rule() -> None:
    bound = Bound()
    assert bound.bps(now_ms=0) == CEILING_BPS
    bound.estimated(1_000_000, now_ms=10_000)
    assert bound.bps(now_ms=10_000 + REMB_FRESH_MS - 1) == 1_000_000
    assert bound.bps(now_ms=10_000 + REMB_FRESH_MS) == CEILING_BPS, "an old estimate is none"
    for _ in range(100):
        bound.lost(0.5)
    assert bound.bps(now_ms=20_000) == FLOOR_BPS
    bound.lost(0.05)
    assert bound.bps(now_ms=20_000) == FLOOR_BPS, "neither much nor little"
    for _ in range(100):
        bound.lost(0.0)
    assert bound.bps(now_ms=20_000) == CEILING_BPS


def test_key_frames_of_one_source_are_limited_for_all_who_ask(call: Call) -> None:
    asks = {seat: rtcp(1, 206, struct.pack("!II", 1, video_towards(call, seat))) for seat in (CLERK, GUEST)}
    assert len(call.receive_rtcp(CLERK, asks[CLERK], now_ms=1_000)) == 1
    assert len(call.receive_rtcp(GUEST, asks[GUEST], now_ms=1_001)) == 1
    assert call.receive_rtcp(CLERK, asks[CLERK], now_ms=1_002) == []
