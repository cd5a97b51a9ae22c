"""Money: exact, of one currency, and a wrong text is refused with its mend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.money import Money, NotAnAmount, OtherCurrency

amounts = st.integers(min_value=0, max_value=999_999_999).map(Money)


@given(amounts)
def test_what_is_written_can_be_read(amount: Money) -> None:
    assert Money.parse(str(amount).removesuffix(" EUR")) == amount


@given(amounts, amounts)
def test_sums_are_exact(one: Money, other: Money) -> None:
    assert (one + other).minor_units == one.minor_units + other.minor_units


@pytest.mark.parametrize(
    ("text", "mend"),
    [("5,50", "5.50"), ("5.5", "5.50"), (" 5.50", "5.50"), ("5,5", "5.50"), ("-1", "for example 5.50"), ("", "for")],
)
def test_a_wrong_amount_is_refused_with_its_mend(text: str, mend: str) -> None:
    with pytest.raises(NotAnAmount, match=f"is not an amount; write {mend}"):
        Money.parse(text)


@given(st.text())
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    try:
        Money.parse(text)
    except NotAnAmount:
        return


@pytest.mark.parametrize("minor_units", [-1, 1.0, True])
def test_no_fraction_and_nothing_negative(minor_units: int) -> None:
    with pytest.raises(NotAnAmount):
        Money(minor_units)


def test_a_currency_is_three_capitals() -> None:
    with pytest.raises(NotAnAmount):
        Money(1, "€")
    with pytest.raises(OtherCurrency):
        Money(1) + Money(1, "CHF")


def test_zero_is_nothing() -> None:
    assert not Money(0)
    assert str(Money.parse("13")) == "13.00 EUR"
