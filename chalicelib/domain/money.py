"""Money: whole minor units of one currency, so that no fee is ever a float."""

from __future__ import annotations

import re
from dataclasses import dataclass

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,6})(?:\.([0-9]{2}))?\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")


class NotAnAmount(ValueError):
    """The text is no amount of money; the message says what to write instead."""


class OtherCurrency(ValueError):
    """Two currencies cannot be added."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount that is not negative, in hundredths (`minor_units`) of an ISO 4217 currency."""

    minor_units: int
    currency: str = "EUR"

    def __post_init__(self) -> None:
        """Refuse what can be no fee: a fraction of a cent, a negative amount, a nameless currency."""
        if isinstance(self.minor_units, bool) or not isinstance(self.minor_units, int):
            raise NotAnAmount(f"{self.minor_units!r} is no whole number of minor units")
        if self.minor_units < 0:
            raise NotAnAmount(f"{self.minor_units} is negative; a refund is a refund, not a negative fee")
        if not _CURRENCY.match(self.currency):
            raise NotAnAmount(f"{self.currency!r} is no currency; write three capitals such as EUR")

    @classmethod
    def parse(cls, text: str, *, currency: str = "EUR") -> Money:
        """Read `5.50` or `13`. Raise NotAnAmount with the mend for anything else (`5,50`, `5.5`, `-1`)."""
        found = _AMOUNT.match(text)
        if found is None:
            raise NotAnAmount(f"{text} is not an amount; write {_mend(text)}")
        return cls(int(found[1]) * 100 + int(found[2] or 0), currency)

    def __add__(self, other: Money) -> Money:
        """Add an amount of the same currency; raise OtherCurrency otherwise."""
        if self.currency != other.currency:
            raise OtherCurrency(f"{self} and {other} are of different currencies")
        return Money(self.minor_units + other.minor_units, self.currency)

    def __bool__(self) -> bool:
        """Tell whether there is anything to pay."""
        return self.minor_units > 0

    def __str__(self) -> str:
        """Write `5.50 EUR`, for records; texts for citizens format by their language."""
        return f"{self.minor_units // 100}.{self.minor_units % 100:02d} {self.currency}"


def _mend(text: str) -> str:
    """Guess what was meant: a comma for the point, one decimal for two; else show an example."""
    tried = text.strip().replace(",", ".")
    if re.search(r"\.[0-9]\Z", tried):
        tried += "0"
    return tried if _AMOUNT.match(tried) else "for example 5.50"
