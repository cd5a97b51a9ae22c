"""The forwarding core: what a packet of one seat becomes for the other."""

import struct

import pytest
from calls_for_tests import CITIZEN, CLERK, Call, forwarded, lit_call, only, reported
from packet_samples import (
    CHROMIUM,
    FIREFOX,
    LEVEL_URI,
    block,
    fields,
    receiver_report,
    rtcp,
    rtp,
    sender_report,
)

from chalicelib.domain.calls import Seat
from media_worker.forwarding import rtcp as reading
from media_worker.forwarding.bridge import KEEPALIVE_INTERVAL_MS
from media_worker.forwarding.effects import AskKeyframe, Effect, Forward, ForwardReport
from media_worker.forwarding.packets import extension_elements
from media_worker.forwarding.paths import TRANSPORT_CC_URI, Kind, Negotiated


@pytest.fixture
def bridge() -> Call:
    made = lit_call()
    made.sit(CITIZEN, CHROMIUM)
    made.sit(CLERK, FIREFOX)
    return made


def towards(bridge: Call, target: Seat) -> dict[Kind, int]:
    return next(iter(bridge.receptions[target].ssrcs.values()))


def send_video(bridge: Call, sequence: int, *, now_ms: int = 0, timestamp: int = 0, ssrc: int = 0xB0) -> list[Effect]:
    packet = rtp(payload_type=96, sequence=sequence, timestamp=timestamp, ssrc=ssrc)
    return bridge.receive_rtp(CITIZEN, packet, now_ms=now_ms)


def test_a_packet_wears_the_receivers_numbers(bridge: Call) -> None:
    packet = rtp(payload_type=111, sequence=5, timestamp=960, ssrc=0xA0, marker=True)
    effect = only(bridge.receive_rtp(CITIZEN, packet, now_ms=1))
    assert isinstance(effect, Forward)
    assert effect.to is CLERK
    assert fields(effect.packet) == (109, 5, 960, towards(bridge, CLERK)[Kind.AUDIO])
    assert effect.packet[1] & 0x80
    assert effect.packet[12:] == b"payload"


def test_every_stream_has_an_ssrc_of_its_own(bridge: Call) -> None:
    every = [*towards(bridge, CLERK).values(), *towards(bridge, CITIZEN).values()]
    assert len(every) == len(set(every))


@pytest.mark.parametrize(
    "packet",
    [
        rtp(payload_type=50, sequence=1, ssrc=0xB0),
        rtp(payload_type=96, sequence=1, ssrc=0xDEAD),
        bytearray(),
        bytearray(b"\x80"),
        bytearray(12),
        rtp(payload_type=97, sequence=1, ssrc=0xC0, payload=b"\x00\x01rest"),
    ],
    ids=["foreign type", "foreign SSRC", "empty", "one byte", "version 0", "repeats what never came"],
)
def test_what_was_not_agreed_goes_nowhere(bridge: Call, packet: bytearray) -> None:
    assert bridge.receive_rtp(CITIZEN, packet, now_ms=0) == []


def test_an_ssrc_that_the_offer_kept_to_itself_is_learned() -> None:
    bridge = lit_call()
    bridge.sit(CITIZEN, Negotiated(payload_types=CHROMIUM.payload_types), now_ms=0)
    bridge.sit(CLERK, FIREFOX, now_ms=0)
    assert len(send_video(bridge, 1, ssrc=77)) == 1
    assert send_video(bridge, 2, ssrc=78) == []


def test_nobody_there_nothing_sent() -> None:
    bridge = lit_call()
    assert send_video(bridge, 1) == []
    bridge.sit(CITIZEN, CHROMIUM, now_ms=0)
    assert send_video(bridge, 1) == []
    assert bridge.receive_rtcp(CLERK, receiver_report(1), now_ms=0) == []


def test_extensions_get_the_receivers_identifiers_or_vanish(bridge: Call) -> None:
    packet = rtp(payload_type=111, sequence=1, ssrc=0xA0, extensions={1: b"\x55", 3: b"\x00\x2a"})
    sent = forwarded(bridge.receive_rtp(CITIZEN, packet, now_ms=0))
    assert [identifier for identifier, _, _ in extension_elements(sent)] == [7]
    assert b"\x55" not in sent[12:24]
    assert LEVEL_URI not in FIREFOX.extensions


def test_a_retransmission_names_the_packet_as_the_receiver_knows_it(bridge: Call) -> None:
    send_video(bridge, 100)
    bridge.sit(CITIZEN, CHROMIUM, now_ms=500)
    send_video(bridge, 7_000, now_ms=500)
    repeat = rtp(payload_type=97, sequence=9, ssrc=0xC0, payload=struct.pack("!H", 7_000) + b"rest")
    sent = forwarded(bridge.receive_rtp(CITIZEN, repeat, now_ms=510))
    assert fields(sent)[0] == 124
    assert fields(sent)[3] == towards(bridge, CLERK)[Kind.RTX]
    assert struct.unpack_from("!H", sent, 12)[0] == 101


def test_a_probe_of_padding_repeats_no_packet(bridge: Call) -> None:
    send_video(bridge, 100)
    probe = rtp(payload_type=97, sequence=9, ssrc=0xC0, payload=b"", padding=200)
    assert forwarded(bridge.receive_rtp(CITIZEN, probe, now_ms=0))[-1] == 200


def test_a_reload_continues_sequence_time_and_ssrc(bridge: Call) -> None:
    first = forwarded(send_video(bridge, 65_535, now_ms=0, timestamp=90_000))
    bridge.leave(CITIZEN)
    bridge.sit(CITIZEN, Negotiated(payload_types=CHROMIUM.payload_types, ssrcs={Kind.VIDEO: 0xBB}), now_ms=1_000)
    second = forwarded(send_video(bridge, 4_711, now_ms=1_000, timestamp=5, ssrc=0xBB))
    assert fields(first)[3] == fields(second)[3]
    assert fields(second)[1] == 0
    assert fields(second)[2] == 90_000 + 90_000


def test_transport_wide_numbers_continue_and_lead_back(bridge: Call) -> None:
    def send(sequence: int, transport: int) -> bytearray:
        packet = rtp(payload_type=111, sequence=sequence, ssrc=0xA0, extensions={3: struct.pack("!H", transport)})
        return forwarded(bridge.receive_rtp(CITIZEN, packet, now_ms=0))

    send(1, 900)
    bridge.sit(CITIZEN, CHROMIUM, now_ms=0)
    sent = send(50, 2)
    [(_, offset, _)] = extension_elements(sent)
    assert struct.unpack_from("!H", sent, offset + 1)[0] == 901

    audio = towards(bridge, CLERK)[Kind.AUDIO]
    for base, expected in ((901, 2), (900, None)):
        feedback = rtcp(15, 205, struct.pack("!IIHHI", 0xA1, audio, base, 1, 0) + b"\x20\x01\x00\x00")
        effects = bridge.receive_rtcp(CLERK, feedback, now_ms=0)
        if expected is None:
            assert effects == []
        else:
            [part] = reported(effects)
            assert struct.unpack_from("!IH", part.body, 4) == (0xA0, expected)
            assert part.body[12:] == feedback[16:]


def test_feedback_of_odd_length_stays_whole_within_its_compound(bridge: Call) -> None:
    """Chromium pads transport-wide feedback; without the padding the next part would be lost."""
    packet = rtp(payload_type=111, sequence=1, ssrc=0xA0, extensions={3: b"\x00\x05"})
    bridge.receive_rtp(CITIZEN, packet, now_ms=0)
    send_video(bridge, 100)
    ssrcs = towards(bridge, CLERK)
    body = struct.pack("!IIHHI", 0xA1, ssrcs[Kind.AUDIO], 5, 1, 0) + b"\x20\x01\x04" + b"\x01"
    feedback = struct.pack("!BBH", 0x80 | 0x20 | 15, 205, len(body) // 4) + body
    nack = rtcp(1, 205, struct.pack("!IIHH", 0xA1, ssrcs[Kind.VIDEO], 100, 0))
    odd, second = reported(bridge.receive_rtcp(CLERK, feedback + nack, now_ms=0))
    assert odd.body[16:] == b"\x20\x01\x04"
    assert reading.lost_sequences(second.body) == [100]


def test_a_nack_asks_the_sender_by_its_own_numbers(bridge: Call) -> None:
    send_video(bridge, 100)
    bridge.sit(CITIZEN, CHROMIUM, now_ms=0)
    for sequence in range(500, 540):
        send_video(bridge, sequence)
    video = towards(bridge, CLERK)[Kind.VIDEO]
    # 100 was the former connection's; 101 is 500 of this one.
    nack = rtcp(1, 205, struct.pack("!IIHHHH", 0xA1, video, 100, 0b101, 130, 0))
    [part] = reported(bridge.receive_rtcp(CLERK, nack, now_ms=0))
    assert struct.unpack_from("!II", part.body) == (towards(bridge, CITIZEN)[Kind.AUDIO], 0xB0)
    assert reading.lost_sequences(part.body) == [500, 502, 529]


@pytest.mark.parametrize("fmt", [1, 4], ids=["PLI", "FIR"])
def test_a_lost_picture_asks_for_a_key_frame(bridge: Call, fmt: int) -> None:
    video = towards(bridge, CLERK)[Kind.VIDEO]
    body = struct.pack("!II", 1, video) if fmt == 1 else struct.pack("!IIII", 1, 0, video, 0)
    ask = rtcp(fmt, 206, body)
    bridge.tick(now_ms=10_000)
    bridge.sit(CITIZEN, CHROMIUM, now_ms=10_000)
    wanted = AskKeyframe(CITIZEN, 0xB0, towards(bridge, CITIZEN)[Kind.AUDIO])
    assert [wanted] == bridge.receive_rtcp(CLERK, ask, now_ms=10_500)
    assert [wanted] == bridge.receive_rtcp(CLERK, ask, now_ms=10_600), "a second one, after a pause, at once"
    assert bridge.receive_rtcp(CLERK, ask, now_ms=10_700) == []
    assert wanted not in bridge.tick(now_ms=10_900)
    assert wanted in bridge.tick(now_ms=11_000)


def test_a_key_frame_of_audio_is_no_wish(bridge: Call) -> None:
    audio = towards(bridge, CLERK)[Kind.AUDIO]
    assert bridge.receive_rtcp(CLERK, rtcp(1, 206, struct.pack("!II", 1, audio)), now_ms=99_000) == []


def test_who_joins_sees_a_key_frame_soon() -> None:
    bridge = lit_call()
    bridge.sit(CITIZEN, CHROMIUM, now_ms=0)
    effects = bridge.sit(CLERK, FIREFOX, now_ms=0)
    asked = [(effect.of, effect.media_ssrc) for effect in effects if isinstance(effect, AskKeyframe)]
    # The newcomer too: its first frame may have come before its keys stood here.
    assert asked == [(CITIZEN, 0xB0), (CLERK, 0xB1)]


def test_reports_tell_each_side_of_its_own_streams(bridge: Call) -> None:
    send_video(bridge, 100, timestamp=3_000)
    video = towards(bridge, CLERK)[Kind.VIDEO]
    report = sender_report(0xB1, timestamp=4_000, blocks=(block(video, highest=100), block(999, highest=1)))
    bridge.receive_rtp(CLERK, rtp(payload_type=120, sequence=1, ssrc=0xB1), now_ms=0)
    [part] = reported(bridge.receive_rtcp(CLERK, report + rtcp(1, 202, bytes(8)), now_ms=0))
    assert (part.kind, part.fmt) == (200, 1)
    assert reading.ssrc_at(part.body, 0) == towards(bridge, CITIZEN)[Kind.VIDEO]
    [own] = reading.report_blocks(part)
    assert struct.unpack("!IIHHIII", own) == (0xB0, 0, 0, 100, 7, 8, 9)


def test_a_report_before_the_first_packet_keeps_its_blocks(bridge: Call) -> None:
    send_video(bridge, 100)
    video = towards(bridge, CLERK)[Kind.VIDEO]
    report = sender_report(0xB1, timestamp=4_000, blocks=(block(video, highest=100),))
    [part] = reported(bridge.receive_rtcp(CLERK, report, now_ms=0))
    assert part.kind == 201


def test_the_time_of_a_report_moves_with_its_stream(bridge: Call) -> None:
    send_video(bridge, 1, now_ms=0, timestamp=0)
    bridge.sit(CITIZEN, CHROMIUM, now_ms=1_000)
    send_video(bridge, 1, now_ms=1_000, timestamp=700_000)
    [part] = reported(bridge.receive_rtcp(CITIZEN, sender_report(0xB0, timestamp=700_090), now_ms=1_000))
    assert struct.unpack_from("!I", part.body, 12)[0] == 90_090


def test_remb_bounds_the_streams_that_the_sender_knows(bridge: Call) -> None:
    video = towards(bridge, CLERK)[Kind.VIDEO]
    remb = rtcp(15, 206, struct.pack("!II4sIII", 1, 0, b"REMB", 0x02_04_00_01, video, 999))
    [part] = reported(bridge.receive_rtcp(CLERK, remb, now_ms=0))
    assert reading.remb_targets(part) == [0xB0]
    assert part.body[12:16] == b"\x01\x04\x00\x01"


def test_a_lonely_seat_is_not_left_in_silence() -> None:
    bridge = lit_call()
    bridge.sit(CLERK, FIREFOX, now_ms=0)
    assert bridge.tick(now_ms=KEEPALIVE_INTERVAL_MS - 1) == []
    [effect] = bridge.tick(now_ms=KEEPALIVE_INTERVAL_MS)
    assert isinstance(effect, ForwardReport)
    assert effect.to is CLERK
    assert bridge.tick(now_ms=KEEPALIVE_INTERVAL_MS + 100) == []


def test_whoever_left_gets_nothing(bridge: Call) -> None:
    bridge.leave(CLERK)
    assert send_video(bridge, 1) == []
    assert all(effect.to is CITIZEN for effect in bridge.tick(now_ms=9_999) if isinstance(effect, ForwardReport))


def test_the_transport_extension_is_the_negotiated_one() -> None:
    from media_worker.signalling import protocol  # noqa: PLC0415  # signalling may not import forwarding

    assert TRANSPORT_CC_URI == protocol.TRANSPORT_CC
