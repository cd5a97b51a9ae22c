"""The case: reading it, closing it, its chain for whoever wants to verify it, the day's post."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain import case_acts
from chalicelib.domain.access import may_open
from chalicelib.domain.ids import ID_BYTES, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.domain.access import Clerk
    from chalicelib.domain.cases import Entry, Head, Payload
    from chalicelib.domain.files import Dispatch, File
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office
    from chalicelib.services.acting import Acting
    from chalicelib.services.ports import DayRow


@dataclass(frozen=True, slots=True)
class Casework:
    """What a clerk does with a file beside the call itself."""

    acting: Acting

    def day(self, clerk: Clerk, date: str) -> Sequence[DayRow]:
        """The day's list of the clerk's office."""
        return self.acting.files.day(clerk.office, date)

    def open(self, clerk: Clerk, key: FileKey) -> File:
        """The file. Raises NoSuchBooking for another office's."""
        may_open(clerk, key)
        return self.acting.files.load(key)

    def chain(self, clerk: Clerk, key: FileKey) -> tuple[Head, list[Entry], list[Payload]]:
        """The case's entries with what they commit to."""
        may_open(clerk, key)
        return self.acting.files.case(key)

    def close(
        self,
        clerk: Clerk,
        office: Office,
        key: FileKey,
        closing: case_acts.Closing,
        *,
        today: str,
        now: datetime,
    ) -> File:
        """Close the case; the result letter leaves with the same commit. Raises FeeOpen, InputRefused."""
        may_open(clerk, key)
        letter_id = new_id(self.acting.chance.token(ID_BYTES))
        return self.acting.act(
            key,
            lambda file: case_acts.close(
                file, office, closing, actor=clerk.actor, letter_id=letter_id, today=today, now=now
            ),
            now=now,
        )

    def dispatches(self, clerk: Clerk, date: str) -> Sequence[tuple[File, Dispatch]]:
        """What is to be posted that day, with its files."""
        rows = self.acting.files.dispatches(clerk.office, date)
        return [(self.acting.files.load(key), dispatch) for key, dispatch in rows]
