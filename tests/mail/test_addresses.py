"""One rule for mail addresses: whatever the form takes, the mailer sends to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.mail_addresses import deliverable
from chalicelib.web.forms import read_details

TYPED = {"name": ["Ada"], "language": ["de"]}


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ada@example.org", "ada@example.org"),
        ("o'brien+amt@mail.example.org ", "o'brien+amt@mail.example.org"),
        ("ada@bürgeramt.de", "ada@xn--brgeramt-65a.de"),
        ("a..b@example.org", None),
        (".a@example.org", None),
        ("a.@example.org", None),
        ("ä@example.org", None),
        ("a@foo_bar.de", None),
        ("a@-web.de", None),
        ("a@web", None),
        ("a@b@example.org", None),
        ("a b@example.org", None),
        ("ada@example.org\r\nBcc: x@example.org", None),
        ("", None),
        ("a" * 65 + "@example.org", None),
    ],
)
def test_what_can_get_letters(typed: str, address: str | None) -> None:
    assert deliverable(typed) == address
    _, errors = read_details({**TYPED, "email": [typed]}, languages=["de"])
    assert ("email" in errors) == (address is None)


@given(st.one_of(st.emails(), st.text(), st.from_regex(r"[^@]{1,9}@[^@]{1,9}\\.[a-zä]{1,4}", fullmatch=True)))
def test_the_form_takes_nothing_that_the_mailer_refuses(typed: str) -> None:
    values, errors = read_details({**TYPED, "email": [typed]}, languages=["de"])
    if "email" not in errors:
        assert deliverable(values["email"])
