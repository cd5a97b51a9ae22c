"""Placement and generations, as functions and workers share them."""

import pytest

from chalicelib.domain.calls import GenerationOrder, WorkerBeat, order_of_generations, place_call

NOW_MS = 1_000_000


def beat(worker: str, *, calls: int = 0, age_ms: int = 0) -> WorkerBeat:
    return WorkerBeat(worker_id=worker, address=f"http://{worker}", calls=calls, beat_ms=NOW_MS - age_ms)


@pytest.mark.parametrize(
    ("beats", "expected"),
    [
        ([], None),
        ([beat("a", age_ms=3_001)], None),
        ([beat("a", age_ms=3_000)], "a"),
        ([beat("a", calls=2), beat("b", calls=1)], "b"),
        ([beat("b"), beat("a")], "a"),
        ([beat("a", age_ms=9_999), beat("b", calls=50)], "b"),
    ],
)
def test_a_call_goes_to_the_live_worker_with_the_fewest(beats: list[WorkerBeat], expected: str | None) -> None:
    placed = place_call(beats, now_ms=NOW_MS)
    assert expected == (placed and placed.worker_id)


def test_generations_only_rise() -> None:
    assert [order_of_generations(2, offered) for offered in (1, 2, 3)] == [
        GenerationOrder.OLDER,
        GenerationOrder.SAME,
        GenerationOrder.NEWER,
    ]
