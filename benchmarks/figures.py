"""Figures of a benchmark or proof: collected while it runs, printed last of all, compared with their goals.

A line reads `figure NAME VALUE UNIT goal BOUND`; BOUND is `=0`, `<=400`, `>=95`, `>0`, or `none`.
"""

from __future__ import annotations

import math
import operator
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

_BOUND: Final = re.compile(r"(<=|>=|=|<|>)(-?\d+(?:\.\d+)?)\Z")
_COMPARE: Final = {
    "=": operator.eq,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
NO_GOAL: Final = "none"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that was found. Raises ValueError for a bound that cannot be read."""

    WORD: ClassVar = "figure "
    """How its line begins."""

    name: str
    value: float
    unit: str
    goal: str

    def __post_init__(self) -> None:
        if self.goal != NO_GOAL and not _BOUND.match(self.goal):
            raise ValueError(f"{self.goal!r} is no bound; write for example =0, <=400, >=95, >0 or none")

    @property
    def reached(self) -> bool:
        """Whether the value keeps to the bound; what is no number never does."""
        found = _BOUND.match(self.goal)
        return found is None or bool(_COMPARE[found[1]](self.value, float(found[2])))

    def __str__(self) -> str:
        return f"{self.WORD}{self.name} {_plain(self.value)} {self.unit} goal {self.goal}"


@dataclass(slots=True)
class Figures:
    """What one target found. `finish` prints it and tells how the process should end."""

    found: list[Figure] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, *, goal: str = NO_GOAL) -> None:
        """Note a figure; `unit` is one word such as ms, kb, pct or count."""
        self.found.append(Figure(name, value, unit, goal))

    def finish(self, out: TextIO | None = None, err: TextIO | None = None) -> int:
        """Print every figure, then say which missed; return the exit code."""
        out, err = out or sys.stdout, err or sys.stderr
        for figure in self.found:
            print(figure, file=out)
        out.flush()
        missed = [figure for figure in self.found if not figure.reached]
        for figure in missed:
            print(f"missed: {figure.name} is {_plain(figure.value)}, goal {figure.goal}", file=err)
        return 1 if missed else 0


def alone(measure: Callable[[Figures], None]) -> int:
    """Run one proof as a process of its own; what it found before something broke is printed all the same."""
    figures = Figures()
    try:
        measure(figures)
    finally:
        print()
        status = figures.finish()
    return status


def _plain(value: float) -> str:
    """Write a number without exponent and with no more digits than are worth reading."""
    if not math.isfinite(value):
        return "nan"
    return str(int(value)) if value == int(value) else f"{value:.{3 if abs(value) < 10 else 1}f}"
