"""A state machine is a table that one can print; this is the one way to step through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chalicelib.domain.errors import StepNotAllowed

if TYPE_CHECKING:
    from collections.abc import Mapping

State = TypeVar("State")


def step(table: Mapping[tuple[State, str], State], state: State, event: str) -> State:
    """The state after `event`; raises StepNotAllowed where the table has no edge."""
    try:
        return table[state, event]
    except KeyError:
        raise StepNotAllowed(state, event) from None


def allows(table: Mapping[tuple[State, str], State], state: State, event: str) -> bool:
    """Whether the table has an edge for `event` out of `state`."""
    return (state, event) in table
