"""Feedback on the transport: by tables, and back through a parser."""

import struct

import pytest
from feedback_parser import parse_feedback
from hypothesis import given
from hypothesis import strategies as st

from media_worker.forwarding import rtcp
from media_worker.forwarding.arrivals import JUMP_MAX, PACKETS_PER_REPORT, Arrivals, write_chunks

REPORTER, MEDIA = 7, 9


def told(arrivals: Arrivals) -> dict[int, int | None]:
    """Return what one round of reports says: arrival in milliseconds by sequence number, None for lost."""
    found: dict[int, int | None] = {}
    for packet in arrivals.report(reporter=REPORTER, media=MEDIA):
        [part] = rtcp.parts(packet)
        assert len(packet) < 1_200
        assert (part.kind, part.fmt) == (205, 15)
        assert struct.unpack_from("!II", part.body) == (REPORTER, MEDIA)
        found |= parse_feedback(part.body)
    return found


STORIES = [
    ("nothing came", [], {}),
    ("one", [(5, 1_000)], {5: 1_000}),
    ("a gap", [(5, 1_000), (7, 1_010)], {5: 1_000, 6: None, 7: 1_010}),
    ("overtaken", [(5, 1_000), (7, 1_010), (6, 1_020)], {5: 1_000, 6: 1_020, 7: 1_010}),
    ("twice", [(5, 1_000), (5, 1_500)], {5: 1_000}),
    ("over the wrap", [(65_535, 1_000), (0, 1_001)], {65_535: 1_000, 0: 1_001}),
    ("a long pause", [(5, 1_000), (6, 30_000)], {5: 1_000, 6: 30_000}),
    ("large steps", [(5, 1_000), (6, 1_100), (7, 1_101)], {5: 1_000, 6: 1_100, 7: 1_101}),
    ("a source that jumps begins anew", [(5, 1_000), (30_000, 1_001)], {30_000: 1_001}),
]


@pytest.mark.parametrize(("came", "expected"), [story[1:] for story in STORIES], ids=[story[0] for story in STORIES])
def test_what_came_is_told(came: list[tuple[int, int]], expected: dict[int, int | None]) -> None:
    arrivals = Arrivals()
    for sequence, at_ms in came:
        arrivals.note(sequence, now_ms=at_ms)
    assert expected == told(arrivals)


def test_each_packet_is_told_of_once_and_a_late_one_after_its_loss() -> None:
    arrivals = Arrivals()
    arrivals.note(1, now_ms=0)
    assert told(arrivals) == {1: 0}
    assert told(arrivals) == {}
    arrivals.note(4, now_ms=100)
    assert told(arrivals) == {2: None, 3: None, 4: 100}
    arrivals.note(3, now_ms=120)
    assert told(arrivals) == {3: 120}
    arrivals.note(5, now_ms=130)
    assert told(arrivals) == {5: 130}


def test_a_new_connection_owes_nothing_to_the_former_one() -> None:
    arrivals = Arrivals()
    arrivals.note(1, now_ms=0)
    arrivals.restart()
    arrivals.note(50, now_ms=10)
    assert told(arrivals) == {50: 10}


CHUNKS = [
    ("a run", [1] * 10, "200a"),
    ("a lost run", [0] * 8, "0008"),
    ("one bit each", [1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1], "ac7f"),
    ("two bits each", [1, 2, 0, 1, 1, 1, 1], "d855"),
    ("a short end is filled up", [1, 0, 1, 0, 2], "d120"),
]


@pytest.mark.parametrize(("symbols", "expected"), [row[1:] for row in CHUNKS], ids=[row[0] for row in CHUNKS])
def test_chunks_are_as_the_draft_draws_them(symbols: list[int], expected: str) -> None:
    assert write_chunks(symbols).hex() == expected


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 400), st.booleans()), min_size=1, max_size=900),
)
def test_every_history_comes_back_through_a_parser(start: int, steps: list[tuple[int, int, bool]]) -> None:
    """Whatever is lost and however it is delayed, the parser finds each arrival exactly, and the gaps as lost."""
    arrivals, expected = Arrivals(), dict[int, int | None]()
    sequence, now_ms = start, 0
    heard: dict[int, int | None] = {}
    for step, pause_ms, reports in steps:
        gone = [(sequence + ahead) & 0xFFFF for ahead in range(1, step)] if expected else []
        sequence, now_ms = (sequence + (step if expected else 0)) & 0xFFFF, now_ms + pause_ms
        expected |= dict.fromkeys(gone)
        expected[sequence] = now_ms
        arrivals.note(sequence, now_ms=now_ms)
        if reports:
            heard |= told(arrivals)
    heard |= told(arrivals)
    assert expected == heard


def test_long_silence_needs_more_than_one_report() -> None:
    arrivals = Arrivals()
    for number in range(JUMP_MAX + PACKETS_PER_REPORT // 2):
        arrivals.note(number, now_ms=number)
    assert len(told(arrivals)) == JUMP_MAX + PACKETS_PER_REPORT // 2
