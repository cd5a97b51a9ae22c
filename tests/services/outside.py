"""What lies outside of the office in these stories: the post, the printer, the till."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.adapters.stripe_payments import StripePayments
from chalicelib.domain.files import File
from chalicelib.domain.letters import Letter, LetterKind, MailUnavailable
from chalicelib.domain.offices import Office
from chalicelib.domain.receipts import Receipt
from chalicelib.services.mailing import Mailing
from chalicelib.services.paying import Paying
from chalicelib.services.ports import LetterLinks
from chalicelib.services.ticking import Ticking
from local.payments.in_process import InProcessClient
from local.payments.server import StandIn
from local.payments.shapes import Means
from tests.services.stage import LINK_KEY, Stage

ORIGIN = "https://office.example"
API_KEY, SECRET = "sk_test_of_the_tests", "whsec_of_the_tests"
VISA = Means("card", "visa", "4242", 12, 2030)


@dataclass
class Post:
    """The port Mailer: notes what goes out, unless it is `down` or does not know what to do with a kind."""

    sent: list[tuple[str, LetterKind]] = field(default_factory=list)
    down: bool = False
    stumbles_over: str = ""

    def send(self, letter: Letter, *, file: File, office: Office, links: LetterLinks, receipt: bytes | None) -> None:
        if self.down:
            raise MailUnavailable
        if file.key.booking_id == self.stumbles_over:
            raise RuntimeError("a fault of ours")
        self.sent.append((file.key.booking_id, letter.kind))


class Printer:
    """The port Receipts."""

    def make(self, receipt: Receipt, *, language: str) -> bytes:
        return b"%PDF-"


def _names(seed: int) -> Callable[[str], str]:
    source = random.Random(seed)
    return lambda prefix: prefix + "".join(source.choices(string.ascii_letters, k=24))


class Outside:
    """A stage with its doors open: letters leave, fees are paid at the stand-in, the minute passes by."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.post, self.faults = stage, Post(), list[tuple[str, Exception]]()
        self.stand_in = StandIn(API_KEY, SECRET, "http://127.0.0.1:9/", "http://127.0.0.1:9", clock=self._seconds)
        self.stand_in.book.ledger.new_name = _names(0)
        provider = StripePayments(API_KEY, (SECRET,), http_client=InProcessClient(self.stand_in.api))
        self.paying = Paying(stage.acting, provider, {"heidelberg": stage.office}.__getitem__, ORIGIN)
        mailing = Mailing(stage.acting, self.post, Printer(), ORIGIN, LINK_KEY)
        self.ticking = Ticking(stage.files, stage.booking, mailing, self.paying, self._failed)

    def tick(self) -> int:
        return self.ticking.tick([self.stage.office], now=self.stage.now)

    def pay(self, checkout_id: str) -> None:
        """The citizen pays; no notice of it ever arrives."""
        self.stand_in.book.ledger.pay(checkout_id, VISA, now=int(self._seconds()), later=False)

    def _seconds(self) -> float:
        return self.stage.now.timestamp()

    def _failed(self, work: str, error: Exception) -> None:
        self.faults.append((work, error))
