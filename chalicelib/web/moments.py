"""Moments as forms and addresses carry them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

_YEARS: Final = range(2000, 3000)  # at the calendar's ends a change of time zone overflows


def moment(text: str) -> datetime | None:
    """Read an aware ISO 8601 moment as a form or an address carries it; None for anything else."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo and read.year in _YEARS else None
