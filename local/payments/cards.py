"""The cards of this stand-in: Stripe's public test numbers, and what a number has to look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from local.payments.ledger import Refusal
from local.payments.shapes import Means

EXPIRY: Final = re.compile(r"(0[1-9]|1[0-2])\s*/?\s*(?:20)?([0-9]{2})\Z")
CVC: Final = re.compile(r"[0-9]{3,4}\Z")


@dataclass(frozen=True, slots=True)
class TestCard:
    """A number that pays, or is refused in a known way."""

    key: str
    number: str
    brand: str
    refusal: Refusal | None = None


CARDS: Final = (
    TestCard("ok", "4242424242424242", "visa"),
    TestCard("ok-mastercard", "5555555555554444", "mastercard"),
    TestCard(
        "declined",
        "4000000000000002",
        "visa",
        Refusal("card_declined", "generic_decline", "Your card was declined."),
    ),
    TestCard(
        "no-funds",
        "4000000000009995",
        "visa",
        Refusal("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    ),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the card form, and field → problem for what cannot be right."""

    number: str
    expiry: str
    cvc: str

    @property
    def card(self) -> TestCard | None:
        """The test card of that number; blanks and hyphens do not count."""
        digits = re.sub(r"[\s-]", "", self.number)
        return next((card for card in CARDS if card.number == digits), None)

    def problems(self, *, year: int, month: int) -> dict[str, str]:
        """Say what is wrong with each field, as keys of the page's texts; `year` has four digits."""
        found = {}
        if self.card is None:
            found["number"] = "number_unknown"
        expiry = EXPIRY.match(self.expiry.strip())
        if expiry is None:
            found["expiry"] = "expiry_form"
        elif (2000 + int(expiry[2]), int(expiry[1])) < (year, month):
            found["expiry"] = "expiry_past"
        if not CVC.match(self.cvc.strip()):
            found["cvc"] = "cvc_form"
        return found

    def means(self, card: TestCard) -> Means:
        """Return what the charge shows. Needs fields without problems."""
        expiry = EXPIRY.match(self.expiry.strip())
        month, year = (int(expiry[1]), 2000 + int(expiry[2])) if expiry else (1, 2030)
        return Means("card", card.brand, card.number[-4:], month, year)
