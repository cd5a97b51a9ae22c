"""Booking: free slots, hold, details, confirm; move, cancel, resend; and what the tick does with drafts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain import booking_acts
from chalicelib.domain.errors import NoSuchBooking
from chalicelib.domain.files import Changes
from chalicelib.domain.ids import ID_BYTES, FileKey, fingerprint, new_id
from chalicelib.domain.slots import (
    Slot,
    bookable_weeks,
    first_free,
    free_slots,
    refuse_unless_offered,
    week_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chalicelib.domain.bookings import Details
    from chalicelib.domain.files import File
    from chalicelib.domain.offices import Office
    from chalicelib.services.acting import Acting


@dataclass(frozen=True, slots=True)
class Week:
    """The free slots of one week, and the weeks that can be asked for besides."""

    key: str
    slots: Sequence[Slot]
    weeks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Booking:
    """The one way in for every door: page, hotline, wish list, clerk."""

    acting: Acting

    def week(self, office: Office, services: Sequence[str], *, week: str | None, now: datetime) -> Week:
        """Free slots for these matters in `week`, or in the first week that has any. One request a week read."""
        minutes, weeks = office.minutes(services), bookable_weeks(office, now)
        for key in [week] if week else weeks:
            taken = self.acting.files.taken(office.key, key)
            slots = free_slots(office, minutes=minutes, week=key, taken=taken, now=now)
            if slots or week:
                return Week(key, slots, weeks)
        return Week(week_of(now, office=office), (), weeks)

    def earliest(self, office: Office, services: Sequence[str], *, now: datetime) -> Slot | None:
        """The first free slot of all, None if there is none within the horizon."""
        read = ((week, self.acting.files.taken(office.key, week)) for week in bookable_weeks(office, now))
        return first_free(office, minutes=office.minutes(services), weeks=read, now=now)

    def hold(
        self, office: Office, services: Sequence[str], start: datetime, *, booker: str, now: datetime
    ) -> FileKey:
        """Hold the slot for the browser with the secret `booker`. Raises SlotTaken, SlotNotOffered. One request."""
        slot = Slot(start, office.minutes(services))
        refuse_unless_offered(office, slot, now=now)
        key = FileKey(office.key, new_id(self.acting.chance.token(ID_BYTES)))
        booking, changes = booking_acts.hold(
            office, key, services=tuple(services), slot=slot, booker=fingerprint(booker), now=now
        )
        self.acting.create(booking, changes, now=now)
        return key

    def draft(self, key: FileKey, *, booker: str) -> File:
        """The draft, for the browser that made it; for anybody else it is absent."""
        file = self.acting.files.load(key)
        if file.booking.booker != fingerprint(booker):
            raise NoSuchBooking(key.booking_id)
        return file

    def change_slot(self, office: Office, key: FileKey, start: datetime, *, booker: str, now: datetime) -> File:
        """Hold another slot for the same draft; nothing is retyped. Raises SlotTaken: the old hold stays."""
        services = self.draft(key, booker=booker).booking.services
        slot = Slot(start, office.minutes(services))
        refuse_unless_offered(office, slot, now=now)
        return self._own(
            key,
            lambda file: booking_acts.change_slot(file, office, slot=slot, now=now),
            booker=booker,
            now=now,
        )

    def give_details(self, key: FileKey, details: Details, *, booker: str, now: datetime) -> File:
        """Name, e-mail, language, phone, note; kept also when the hold has run out meanwhile."""
        return self._own(key, lambda file: booking_acts.give_details(file, details), booker=booker, now=now)

    def confirm(self, key: FileKey, *, booker: str, now: datetime) -> File:
        """Make it binding; the letter leaves with the same commit. Raises HoldExpired, DetailsMissing."""
        letter_id = self.new_id()
        return self._own(
            key, lambda file: booking_acts.confirm(file, letter_id=letter_id, now=now), booker=booker, now=now
        )

    def move(self, office: Office, key: FileKey, start: datetime, *, actor: str, now: datetime) -> File:
        """Another slot for a confirmed booking. Raises SlotTaken, SlotNotOffered; the old slot is never lost."""
        letter_id = self.new_id()
        minutes = self.acting.files.load(key).booking.minutes
        slot = Slot(start, minutes)
        refuse_unless_offered(office, slot, now=now)
        return self.acting.act(
            key,
            lambda file: booking_acts.move(file, office, slot=slot, actor=actor, letter_id=letter_id, now=now),
            now=now,
        )

    def cancel(self, office: Office, key: FileKey, *, actor: str, now: datetime) -> File:
        """End the booking; the slot is free again at once."""
        letter_id = self.new_id()
        return self.acting.act(
            key,
            lambda file: booking_acts.cancel(file, office, actor=actor, letter_id=letter_id, now=now),
            now=now,
        )

    def resend(self, key: FileKey, *, actor: str, now: datetime) -> File:
        """Send the links again."""
        letter_id = self.new_id()
        return self.acting.act(
            key, lambda file: booking_acts.resend(file, actor=actor, letter_id=letter_id, now=now), now=now
        )

    def expire(self, office: Office, key: FileKey, *, now: datetime) -> None:
        """The tick's look at a draft whose time has come. A draft already forgotten is no error."""
        try:
            self.acting.act(key, lambda file: booking_acts.expire(file, office, now=now), now=now)
        except NoSuchBooking:
            return

    def new_id(self) -> str:
        """A fresh opaque id."""
        return new_id(self.acting.chance.token(ID_BYTES))

    def _own(self, key: FileKey, decide: Callable[[File], Changes], *, booker: str, now: datetime) -> File:
        def for_its_browser(file: File) -> Changes:
            if file.booking.booker != fingerprint(booker):
                raise NoSuchBooking(key.booking_id)
            return decide(file)

        return self.acting.act(key, for_its_browser, now=now)
