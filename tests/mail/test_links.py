"""Links: bound to one office, booking, version and purpose; nothing else opens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import links
from chalicelib.domain.errors import LinkUnknown
from chalicelib.domain.links import Purpose

KEY, OTHER_KEY = bytes(32), bytes([1]) * 32
BOOKING = "b" * 26
PARTS = {"office": "heidelberg", "booking_id": BOOKING, "version": 1, "purpose": Purpose.JOIN}


def made(**changes: object) -> str:
    return links.secret(KEY, **{**PARTS, **changes})  # type: ignore[arg-type]  # each test bends one part


def opens(given_: str, **changes: object) -> bool:
    try:
        links.check(given_, **{"key": KEY, **PARTS, **changes})  # type: ignore[arg-type]  # as above
    except LinkUnknown:
        return False
    return True


def test_a_link_opens_what_it_was_made_for() -> None:
    assert opens(made())


@pytest.mark.parametrize(
    "other",
    [
        {"office": "karlsruhe"},
        {"booking_id": "c" * 26},
        {"version": 2},
        {"purpose": Purpose.MANAGE},
        {"purpose": Purpose.RESULT},
        {"key": OTHER_KEY},
    ],
    ids=lambda other: next(iter(other)),
)
def test_and_nothing_else(other: dict[str, object]) -> None:
    assert not opens(made(), **other)


def test_parts_cannot_flow_into_one_another() -> None:
    """Office "a" with booking "bc" is not office "ab" with booking "c"."""
    assert made(office="a", booking_id="bc") != made(office="ab", booking_id="c")


def test_a_secret_has_192_bits_and_fits_an_address() -> None:
    assert len(made()) == 32
    assert made().replace("-", "").replace("_", "").isalnum()


@given(st.integers(0, 31), st.characters())
def test_no_character_can_be_exchanged(at: int, other: str) -> None:
    secret = made()
    assert opens(secret[:at] + other + secret[at + 1 :]) == (secret[at] == other)


def test_the_derivation_stays_what_it_is() -> None:
    """A golden value: whoever changes this ends every link that was ever mailed."""
    assert made() == "c9mbFxzRStkLBaERuHhPRt4196V2EaVU"


def test_a_weak_key_makes_no_links() -> None:
    with pytest.raises(ValueError, match="32"):
        links.secret(bytes(31), **PARTS)  # type: ignore[arg-type]  # as above


def test_a_fragment_is_split_as_it_was_joined() -> None:
    assert links.parse_fragment("#" + links.fragment(BOOKING, made())) == (BOOKING, made())


@given(st.text(max_size=100))
def test_whatever_else_is_sent_is_no_link(text: str) -> None:
    with pytest.raises(LinkUnknown):
        links.parse_fragment(text)
