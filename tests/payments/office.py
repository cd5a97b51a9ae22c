"""A small office with one booking and a payment provider, for tests of fees."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.adapters.office_files import read_office
from chalicelib.adapters.stripe_payments import StripePayments
from chalicelib.domain.bookings import Booking, BookingState
from chalicelib.domain.files import Changes
from chalicelib.domain.ids import FileKey
from chalicelib.domain.payments import Payment
from chalicelib.domain.visits import Visit, VisitState
from chalicelib.services.acting import Acting
from chalicelib.services.paying import NoticeOutcome, Paying
from chalicelib.services.ports import Files
from local.payments.in_process import InProcessClient
from local.payments.ledger import Ledger
from local.payments.notices import payload_of, sign
from local.payments.server import StandIn
from local.payments.shapes import Means, Object
from tests.doubles.chance import PlainSigner, SeededChance
from tests.doubles.files import InMemoryFiles

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OFFICE = read_office(Path(__file__).parents[2] / "chalicelib" / "offices" / "heidelberg.toml")
KEY = FileKey("heidelberg", "b" * 26)
SECRET, OLD_SECRET = "whsec_of_this_year", "whsec_of_last_year"
API_KEY = "sk_test_of_the_tests"
CLERK = "clerk:hd-1"
VISA = Means("card", "visa", "4242", 12, 2030)
PAYPAL = Means("paypal")
WITH_FEE = next(service for service in OFFICE.services.values() if service.fee)


def seeded_names(seed: int) -> Callable[[str], str]:
    """Ids of the stand-in that repeat with the seed."""
    source = random.Random(seed)
    letters = string.ascii_letters + string.digits
    return lambda prefix: prefix + "".join(source.choices(letters, k=24))


@dataclass
class Scene:
    """One file at the office, the stand-in behind the real library, and a hand on both clocks."""

    files: Files = field(default_factory=InMemoryFiles)
    now: datetime = NOW
    seed: int = 0
    stand_in: StandIn = field(init=False)
    payments: StripePayments = field(init=False)
    paying: Paying = field(init=False)

    def __post_init__(self) -> None:
        self.stand_in = StandIn(API_KEY, SECRET, "http://127.0.0.1:9/", "http://127.0.0.1:9", clock=self._timestamp)
        self.stand_in.book.ledger.new_name = seeded_names(self.seed)
        self.payments = StripePayments(API_KEY, (SECRET, OLD_SECRET), http_client=InProcessClient(self.stand_in.api))
        acting = Acting(self.files, SeededChance(self.seed), PlainSigner())
        self.paying = Paying(acting, self.payments, lambda _key: OFFICE, "https://office.example")

    def _timestamp(self) -> float:
        return self.now.timestamp()

    def book(self, *services: str) -> None:
        """Put a confirmed booking into the store, whose citizen is in a call with the clerk."""
        booking = Booking(
            key=KEY,
            reference="HD-TEST",
            state=BookingState.CONFIRMED,
            services=services or (WITH_FEE.key,),
            start=self.now + timedelta(minutes=10),
            minutes=20,
            booker="0" * 64,
            made_at=self.now,
        )
        visit = Visit(state=VisitState.IN_CALL, clerk=CLERK)
        self.paying.acting.create(booking, Changes(visit=visit), now=self.now)

    def ask(self) -> Payment:
        return self.paying.ask(KEY, actor=CLERK, now=self.now)

    def checkout(self) -> str:
        """Go to the checkout; return its id."""
        return self.paying.checkout(KEY, now=self.now).id

    def payment(self) -> Payment:
        return self.files.load(KEY).payments[0]

    def kinds(self) -> list[str]:
        """What the case says, in order."""
        return [entry.kind for entry in self.files.case(KEY)[1]]

    @property
    def ledger(self) -> Ledger:
        return self.stand_in.book.ledger

    def seconds(self) -> int:
        return int(self.now.timestamp())

    def pay(self, checkout_id: str, means: Means = VISA, *, later: bool = False) -> None:
        self.ledger.pay(checkout_id, means, now=self.seconds(), later=later)

    def events(self, *kinds: str) -> list[Object]:
        return [event for event in self.ledger.events.values() if not kinds or event["type"] in kinds]

    def deliver(self, event: Object, *, secret: str = SECRET, age_s: int = 0) -> NoticeOutcome:
        """Send one notice, signed `age_s` ago."""
        raw = payload_of(event)
        return self.paying.notice(raw, sign(raw, secret=secret, at=self.seconds() - age_s), now=self.now)

    def wait(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def changed(event: Object, **changes: object) -> Object:
    """The same event with other claims about its object, as the provider might have signed it."""
    told = {**event["data"]["object"], **changes}
    return {**event, "data": {"object": told}}
