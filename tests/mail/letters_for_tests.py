"""A booking in Heidelberg and its letters, for tests of mail and receipt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.adapters.office_files import read_offices
from chalicelib.domain.bookings import Booking, BookingState, Details
from chalicelib.domain.cases import START, Head
from chalicelib.domain.files import File
from chalicelib.domain.ids import FileKey
from chalicelib.domain.letters import Letter, LetterKind, write
from chalicelib.domain.money import Money
from chalicelib.domain.offices import Office
from chalicelib.domain.payments import Payment, PaymentState
from chalicelib.domain.visits import Visit, VisitState
from chalicelib.services.ports import LetterLinks

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = FileKey("heidelberg", "b" * 26)
LINK_KEY = bytes(range(32))
SENDER = "buergeramt@heidelberg.example"
LINKS = LetterLinks(
    "https://amt.example/heidelberg?lang=de",
    f"https://amt.example/heidelberg/join?lang=de#{'b' * 26}.{'j' * 32}",
    f"https://amt.example/heidelberg/manage?lang=de#{'b' * 26}.{'m' * 32}",
    f"https://amt.example/heidelberg/result?lang=de#{'b' * 26}.{'r' * 32}",
)


@cache
def heidelberg() -> Office:
    return read_offices(Path(__file__).parents[2] / "chalicelib" / "offices")["heidelberg"]


def a_booking(**changes: Any) -> Booking:
    made = Booking(
        key=KEY,
        reference="HD-7K3M-9QX2",
        state=BookingState.CONFIRMED,
        services=("meldebescheinigung", "fuehrungszeugnis"),
        start=datetime(2026, 11, 24, 9, 20, tzinfo=UTC),
        minutes=30,
        booker="x",
        made_at=NOW,
        details=Details("Erika Mustermann", "erika@example.org", "de"),
    )
    return replace(made, **changes)


def a_closed_booking(**changes: Any) -> Booking:
    closed_at = datetime(2026, 11, 24, 9, 41, tzinfo=UTC)
    told = {"state": BookingState.CLOSED, "outcome": "done", "delivery": "post", "closed_at": closed_at}
    return a_booking(**(told | changes))


def a_file(booking: Booking | None = None, **changes: Any) -> File:
    payment = Payment(
        id="pay1",
        amount=Money(1850),
        services=("meldebescheinigung", "fuehrungszeugnis"),
        asked_at=NOW,
        asked_by="clerk:hd-1",
        state=PaymentState.PAYED,
        method="card",
        settled_at=datetime(2026, 11, 24, 9, 36, tzinfo=UTC),
    )
    steps = ("meldebescheinigung/card-shown", "fuehrungszeugnis/purpose-asked")
    file = File(
        head=Head(3, 0, START, None, ""),
        booking=booking or a_booking(),
        visit=Visit(state=VisitState.DONE, steps_done=steps),
        payments=(payment,),
    )
    return replace(file, **changes)


def a_letter(kind: LetterKind = LetterKind.CONFIRMED, *, language: str = "de", sequence: int = 0) -> Letter:
    return write("l1", kind=kind, language=language, link_version=1, sequence=sequence, now=NOW)


def later(**delta: float) -> datetime:
    return NOW + timedelta(**delta)
