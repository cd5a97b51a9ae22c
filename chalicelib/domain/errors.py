"""What can go wrong, and who erred. The HTTP status stands in a table at the door, not here.

FernamtError
├── Absent                  nothing of that name, or not yours: both answer alike
│   ├── NoSuchOffice · NoSuchService · NoSuchBooking · NoSuchPaper · NoSuchPayment
├── BookingError
│   ├── SlotTaken           another citizen has it; offer the next ones
│   ├── SlotNotOffered      never was a slot of this office (hours, grid, horizon)
│   ├── HoldExpired         the ten minutes are over; the draft is still there
│   └── DetailsMissing      confirm before name and e-mail were given
├── StepNotAllowed          the state machine has no such edge
│   └── ClerkInCall         one citizen at a time
├── LinkError
│   ├── LinkUnknown         altered, revoked, or of another purpose
│   ├── LinkTooEarly        carries when it opens
│   └── LinkExpired         carries when it closed
├── AccessError
│   ├── NotSignedIn · NotAllowed · SignInRefused
│   │   └── NoDeskForAccount    the person is known, and has no place at any desk here
│   └── CannotEncrypt       the browser cannot encrypt end to end: another one can
│       └── GuestCannotEncrypt
├── InputRefused            fields of a form, each with its reason
├── PaymentError · PaperError   see their modules
├── CaseError
│   └── FeeOpen             neither paid nor waived: the case cannot be closed
├── NobodyWaiting           the waiting room is empty
├── NoWorker                no media worker is alive
└── StoreError
    ├── FileChanged         somebody else was quicker: load and decide again
    ├── NoticeSeen          this notice of the payment provider was settled before
    └── StoreBusy           the store refused for now: try again in a moment
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class FernamtError(Exception):
    """Root of all errors that the office raises on purpose."""


class Absent(FernamtError):
    """Nothing of that name is here for you."""


class NoSuchOffice(Absent):
    """No office file of that key."""


class NoSuchService(Absent):
    """The office file has no such service."""


class NoSuchBooking(Absent):
    """No booking of that id, or it belongs to somebody else."""


class NoSuchPaper(Absent):
    """No such paper in this file."""


class NoSuchPayment(Absent):
    """No such payment in this file."""


class BookingError(FernamtError):
    """A booking cannot be made, held or changed as asked."""


class SlotTaken(BookingError):
    """Another citizen holds this slot; offer the next ones."""


class SlotNotOffered(BookingError):
    """The office never offered this slot: outside hours, grid, lead time or horizon."""


class HoldExpired(BookingError):
    """The hold ran out; what was typed is kept and another slot can be chosen."""


class DetailsMissing(BookingError):
    """Name and e-mail must be given before the booking is confirmed."""


class StepNotAllowed(FernamtError):
    """`event` does not lead anywhere from `state`."""

    def __init__(self, state: object, event: str) -> None:
        super().__init__(f"{event!r} is not possible in state {state}")
        self.state, self.event = state, event


class ClerkInCall(StepNotAllowed):
    """The clerk has a call already: nobody talks with two citizens."""


class LinkError(FernamtError):
    """A link cannot be used."""


class LinkUnknown(LinkError):
    """The link is altered, revoked or was made for something else."""


class LinkTooEarly(LinkError):
    """The link opens later."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(f"opens at {opens_at.isoformat()}")
        self.opens_at = opens_at


class LinkExpired(LinkError):
    """The link's window is over."""

    def __init__(self, closed_at: datetime) -> None:
        super().__init__(f"closed at {closed_at.isoformat()}")
        self.closed_at = closed_at


class AccessError(FernamtError):
    """Somebody asked for what is not theirs to ask."""


class NotSignedIn(AccessError):
    """No session, or it is over."""


class NotAllowed(AccessError):
    """Signed in, but this role or origin may not do that."""


class SignInRefused(AccessError):
    """The identity provider's answer does not hold."""


class NoDeskForAccount(SignInRefused):
    """Whoever signed in is who they say, but works at no desk of this installation."""


class CannotEncrypt(AccessError):
    """This browser said that it cannot encrypt end to end; no call is led without."""


class GuestCannotEncrypt(CannotEncrypt):
    """Likewise a guest's; who invited them can help."""


class InputRefused(FernamtError):
    """Fields that cannot be taken as they are: field → message key of the catalogue."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {why}" for name, why in fields.items()))
        self.fields = dict(fields)


class PaymentError(FernamtError):
    """A fee cannot be asked for, paid or waived as asked."""


class PaperError(FernamtError):
    """A paper cannot be taken or opened as asked."""


class CaseError(FernamtError):
    """The case cannot be changed or closed as asked."""


class FeeOpen(CaseError):
    """The case has a fee that is neither paid nor waived."""


class NobodyWaiting(FernamtError):
    """The waiting room is empty."""


class NoWorker(FernamtError):
    """No media worker is alive to carry the call."""


class StoreError(FernamtError):
    """The store did not do it."""


class FileChanged(StoreError):
    """Somebody else changed the file in between; load and decide again."""


class NoticeSeen(StoreError):
    """This notice has been dealt with; there is nothing to do again."""


class StoreBusy(StoreError):
    """The store gave no answer for now (throttled, conflict, time-out). It may have written: load before deciding."""
