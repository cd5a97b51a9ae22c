"""Work that nobody waits for: holds that ran out, letters to send, checkouts whose notice never came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.services.ports import Due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office
    from chalicelib.services.booking import Booking
    from chalicelib.services.mailing import Mailing
    from chalicelib.services.paying import Paying
    from chalicelib.services.ports import Files


@dataclass(frozen=True, slots=True)
class Ticking:
    """Looks at whatever is due. Each act is conditional by itself: two ticks at once do nothing twice."""

    files: Files
    booking: Booking
    mailing: Mailing
    paying: Paying
    failed: Callable[[str, Exception], None]

    def tick(self, offices: Iterable[Office], *, now: datetime) -> int:
        """Work off what is due in all offices; one that fails does not stop the others. Returns how many it tried."""
        done = 0
        for office in offices:
            for due in self.files.due(office.key, until=now):
                self._attempt(due, office, now=now)
                done += 1
        return done

    def written(self, office: Office, key: FileKey, letter_id: str, *, now: datetime) -> None:
        """Send a letter that was just written. If that fails it is due still, and the next minute takes it up."""
        self._attempt(Due(key, f"LETTER|{letter_id}", now), office, now=now)

    def _attempt(self, due: Due, office: Office, *, now: datetime) -> None:
        try:
            self._work(due, office, now=now)
        except Exception as error:  # noqa: BLE001 - one fault must not keep all others from their turn
            self.failed(due.item.partition("|")[0], error)

    def _work(self, due: Due, office: Office, *, now: datetime) -> None:
        kind, _, item_id = due.item.partition("|")
        match kind:
            case "HOLD":
                self.booking.expire(office, due.key, now=now)
            case "LETTER":
                self.mailing.deliver(office, due.key, item_id, now=now)
            case "PAYMENT":
                self.paying.returned(due.key, now=now)
            case _:
                raise ValueError(f"nobody works off {kind}")
