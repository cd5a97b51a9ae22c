"""How long the result can be fetched by its link."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.errors import LinkUnknown
from chalicelib.domain.visits import Window

if TYPE_CHECKING:
    from chalicelib.domain.bookings import Booking

RESULT_OPEN = timedelta(days=30)


def result_window(booking: Booking) -> Window:
    """Return when the result's link works: thirty days from closing. Raises LinkUnknown before that."""
    if booking.closed_at is None:
        raise LinkUnknown("nothing was delivered yet")
    return Window(booking.closed_at, booking.closed_at + RESULT_OPEN)
