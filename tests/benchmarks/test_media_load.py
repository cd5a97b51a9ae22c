"""The load of `make bench-media`: offers that the worker understands, media cut right, figures that add up."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from benchmarks.bench_media import Pair, report
from benchmarks.media_load.descriptions import TRANSPORT_CC_ID, read_description, write_description
from benchmarks.media_load.engine import Tally
from benchmarks.media_load.slot import Found
from benchmarks.media_load.streams import PAYLOAD_MAX_BYTES, STAMP_BYTES, cut, packetize
from media_worker.signalling.protocol import parse_offer

FINGERPRINT = ":".join(["AB"] * 32)


def description(*, setup: str = "actpass", mids: tuple[str, str] = ("0", "1")) -> str:
    return write_description(
        username="abcd",
        password="abcdefghijklmnopqrstuvwx",
        fingerprint=FINGERPRINT,
        address="198.18.71.1",
        port=50_000,
        setup=setup,
        mids=mids,
        ssrcs=(1, 2, 3),
    )


def tally(*, sent: int = 1_000, received: int = 1_000, delay_p99_us: int = 500) -> Tally:
    return Tally(
        sent=sent,
        received=received,
        frames_sent=sent,
        frames_received=received,
        misrouted=0,
        refused=0,
        send_failed=0,
        rtcp_sent=0,
        rtcp_received=0,
        late_ms_max=0.0,
        delay_p50_us=100,
        delay_p99_us=delay_p99_us,
    )


def found(*, calls: int, cpu_s: float, counted: Tally | None = None) -> Found:
    return Found(
        calls=calls,
        window_s=10.0,
        cpu_s=cpu_s,
        core_busy_s=cpu_s,
        generator_cpu_s=4.0,
        memory_mb=calls / 2,
        tally=counted or tally(),
        ciphers=Counter(),
    )


def test_the_worker_understands_the_offer() -> None:
    offer = parse_offer(description())
    assert (offer.audio.opus, offer.audio.ssrc) == (111, 1)
    assert (offer.video.vp8, offer.video.rtx, offer.video.ssrc, offer.video.rtx_ssrc) == (96, 97, 2, 3)
    assert list(offer.video.extensions.values()) == [TRANSPORT_CC_ID]


def test_what_is_written_can_be_read() -> None:
    remote = read_description(description(setup="active", mids=("a", "v")))
    assert (remote.username, remote.fingerprint, remote.setup) == ("abcd", FINGERPRINT, "active")
    assert (remote.address, remote.port, remote.mids) == ("198.18.71.1", 50_000, ("a", "v"))
    assert remote.twcc_id == TRANSPORT_CC_ID


@pytest.mark.parametrize("missing", ["ice-ufrag", "fingerprint", "candidate"])
def test_a_description_that_lacks_something_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        read_description(description().replace(f"a={missing}", "a=other"))


@pytest.mark.parametrize("size", [1, 15, 1_150, 1_151, 4_200, 30_000])
def test_a_frame_is_cut_into_payloads_of_even_size(size: int) -> None:
    frame = bytes(index % 251 for index in range(size))
    payloads = packetize(frame, 7)
    assert b"".join(payload[4:] for payload in payloads) == frame
    assert [payload[0] for payload in payloads] == [0x90, *[0x80] * (len(payloads) - 1)]
    assert max(len(payload) for payload in payloads) <= 4 + PAYLOAD_MAX_BYTES
    clip = cut([payloads, payloads])
    assert clip.frame_ends == (len(payloads), 2 * len(payloads))
    assert clip.packet_ends[-1] == len(clip.payload)


def test_the_last_piece_of_a_frame_has_room_for_the_stamp() -> None:
    for size in range(STAMP_BYTES, 12_000, 37):
        assert min(map(len, packetize(bytes(size), 0))) >= STAMP_BYTES, size


def test_figures_are_medians_of_pairs_and_losses_of_all() -> None:
    pairs = [
        Pair(
            found(calls=100, cpu_s=8.0, counted=tally(received=999, delay_p99_us=400)),
            found(calls=calls, cpu_s=8.0, counted=tally(delay_p99_us=800)),
        )
        for calls in (40, 50, 60, 50, 50, 50, 50)
    ]
    control = found(calls=100, cpu_s=8.0, counted=tally(received=990))
    figures = report(pairs, control, found(calls=1, cpu_s=4.0))
    values = {figure.name: figure.value for figure in figures.found}
    assert values["relay.pairs"] == 7
    assert values["relay.vs_janus"] == pytest.approx(2.0)
    assert values["relay.calls_per_core"] == pytest.approx(125)
    assert values["relay.loss_pct"] == pytest.approx(0.1)
    assert values["relay.loss_pct.control"] == pytest.approx(1.0)
    assert values["relay.delay_p99_vs_janus"] == pytest.approx(0.5)
    assert values["relay.memory_mb_per_call"] == pytest.approx(0.5)
    assert values["relay.vs_aiortc_relay"] == pytest.approx(50)
    assert figures.finish(io.StringIO(), io.StringIO()) == 0
