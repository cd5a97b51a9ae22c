"""Figures: the form of a line, and when a goal is missed."""

from __future__ import annotations

import io

import pytest

from benchmarks.figures import Figure, Figures, alone


@pytest.mark.parametrize(
    ("value", "goal", "reached"),
    [
        (0, "=0", True),
        (1, "=0", False),
        (400, "<=400", True),
        (400.1, "<=400", False),
        (0, ">0", False),
        (95, ">=95", True),
        (float("nan"), "<=400", False),
        (float("nan"), "none", True),
    ],
)
def test_goals(value: float, goal: str, *, reached: bool) -> None:
    assert Figure("a.b", value, "ms", goal).reached is reached


def test_a_bound_that_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="write for example =0"):
        Figure("a.b", 1, "ms", "0")


def test_lines_come_last_and_misses_are_named() -> None:
    figures, out, err = Figures(), io.StringIO(), io.StringIO()
    figures.add("booking.overbooked", 0, "count", goal="=0")
    figures.add("lambda.import_ms", 412.345, "ms", goal="<=400")
    figures.add("booking.per_s", 7.98765, "per_s")
    assert figures.finish(out, err) == 1
    assert out.getvalue().splitlines() == [
        "figure booking.overbooked 0 count goal =0",
        "figure lambda.import_ms 412.3 ms goal <=400",
        "figure booking.per_s 7.988 per_s goal none",
    ]
    assert err.getvalue() == "missed: lambda.import_ms is 412.3, goal <=400\n"


def test_all_reached() -> None:
    figures = Figures()
    figures.add("a.b", 1, "count", goal=">0")
    assert figures.finish(io.StringIO(), io.StringIO()) == 0


def test_what_was_found_before_something_broke_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def measure(figures: Figures) -> None:
        figures.add("recovery.kills", 100, "times", goal="=100")
        raise RuntimeError("the call is on none of our workers")

    with pytest.raises(RuntimeError):
        alone(measure)
    assert capsys.readouterr().out.splitlines()[-1] == "figure recovery.kills 100 times goal =100"
