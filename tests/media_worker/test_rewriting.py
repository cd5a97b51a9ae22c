"""The machines that hide a change of source, by tables."""

import pytest

from media_worker.forwarding.keyframes import KEYFRAME_MIN_INTERVAL_MS, KeyframeLimiter
from media_worker.forwarding.rewriting import SequenceRewriter, TimestampRewriter

SWITCH = "switch"

SEQUENCES = [
    ("one source passes unchanged", [(10, 10), (11, 11), (12, 12)]),
    ("an overtaken packet keeps its place", [(10, 10), (12, 12), (11, 11)]),
    ("the first packets may be overtaken too", [(10, 10), (9, 9)]),
    ("a gap stays a gap, to be asked for again", [(10, 10), (15, 15)]),
    ("numbers wrap", [(65_535, 65_535), (0, 0)]),
    ("a new source goes on", [(10, 10), SWITCH, (500, 11), (501, 12)]),
    ("a new source that starts lower goes on", [(500, 500), SWITCH, (3, 501), (4, 502)]),
    ("a new source goes on over the wrap", [(65_535, 65_535), SWITCH, (7, 0), (8, 1)]),
    ("what is older than its source is dropped", [(10, 10), SWITCH, (500, 11), (499, None)]),
    ("overtaken after the change", [(10, 10), SWITCH, (500, 11), (502, 13), (501, 12)]),
    ("two changes", [(10, 10), SWITCH, (5, 11), SWITCH, (5, 12), (6, 13)]),
    ("two changes with nothing between", [(10, 10), SWITCH, SWITCH, (5, 11)]),
]


@pytest.mark.parametrize(("steps"), [steps for _, steps in SEQUENCES], ids=[name for name, _ in SEQUENCES])
def test_sequence_numbers_only_go_on(steps: list[tuple[int, int | None] | str]) -> None:
    rewriter = SequenceRewriter()
    for step in steps:
        if isinstance(step, str):
            rewriter.switch()
        else:
            incoming, expected = step
            assert expected == rewriter.map(incoming)


def test_a_number_given_out_leads_back_to_its_source() -> None:
    rewriter = SequenceRewriter()
    rewriter.map(10)
    rewriter.switch()
    for sequence in (500, 501, 502):
        rewriter.map(sequence)
    assert [rewriter.unmap(outgoing) for outgoing in (10, 11, 12, 13, 14)] == [None, 500, 501, 502, None]


def test_nothing_leads_back_while_a_new_source_is_awaited() -> None:
    rewriter = SequenceRewriter()
    rewriter.map(10)
    rewriter.switch()
    assert rewriter.unmap(10) is None
    assert rewriter.map_past(10) is None


def test_looking_back_moves_nothing() -> None:
    rewriter = SequenceRewriter()
    rewriter.map(10)
    assert rewriter.map_past(9) == 9
    assert rewriter.map_past(30_000) is None
    assert rewriter.map(11) == 11


def test_a_source_that_runs_for_hours_stays_unbroken() -> None:
    rewriter = SequenceRewriter()
    assert all(rewriter.map(number & 0xFFFF) == number & 0xFFFF for number in range(200_000))


def test_timestamps_of_a_new_source_continue_by_the_clock() -> None:
    rewriter = TimestampRewriter(clock_rate_hz=90_000)
    assert rewriter.map(1_000, now_ms=0) == 1_000
    rewriter.switch()
    assert rewriter.map_past(77) is None
    assert rewriter.map(5_000_000, now_ms=500) == 1_000 + 45_000
    assert rewriter.map(5_003_000, now_ms=533) == 1_000 + 48_000
    assert rewriter.map_past(5_000_000) == 46_000


def test_timestamps_move_on_even_within_one_millisecond() -> None:
    rewriter = TimestampRewriter(clock_rate_hz=48_000)
    rewriter.map(0xFFFF_FFFF, now_ms=5)
    rewriter.switch()
    assert rewriter.map(123, now_ms=5) == 0


def test_key_frames_are_asked_for_twice_at_once_and_then_once_an_interval() -> None:
    limiter = KeyframeLimiter()
    assert not limiter.due(now_ms=0)
    for now_ms in (0, 1):
        limiter.want()
        assert limiter.due(now_ms=now_ms)
    limiter.want()
    assert not limiter.due(now_ms=KEYFRAME_MIN_INTERVAL_MS - 1)
    assert limiter.due(now_ms=KEYFRAME_MIN_INTERVAL_MS)
    assert not limiter.due(now_ms=9 * KEYFRAME_MIN_INTERVAL_MS)


def test_a_new_sender_may_be_asked_at_once() -> None:
    limiter = KeyframeLimiter()
    limiter.want()
    assert limiter.due(now_ms=0)
    limiter.forget()
    limiter.want()
    assert limiter.due(now_ms=1)
