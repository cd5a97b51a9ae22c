"""Whatever people write, the headers of every part of every letter stay ours, and so do the calendar's lines."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.bookings import Details
from chalicelib.domain.files import Dispatch, File
from chalicelib.domain.letters import LetterKind
from tests.mail.letters_for_tests import a_booking, a_closed_booking, a_file
from tests.mail.test_letters import mail

INJECTED = "Erika\r\nBcc: eve@evil.example\r\n\r\n<b>x</b>\r\nATTENDEE:mailto:eve@evil.example"
written_by_people = st.one_of(
    st.text(max_size=60),
    st.sampled_from([INJECTED, "=?utf-8?q?=0D=0ABcc:_eve@evil.example?=", "\x00\x85\u2028\r\n.\r\n", "a" * 2_000]),
)


def told(kind: LetterKind, *, name: str, note: str, phone: str, address: str) -> File:
    details = Details(name, "erika@example.org", "de", phone=phone, note=note)
    booking = a_closed_booking() if kind is LetterKind.RESULT else a_booking()
    dispatch = Dispatch(address=address, document="", due_on="2026-11-24", by="clerk:hd-1")
    return a_file(replace(booking, details=details), dispatch=dispatch)


def headers_of(message: EmailMessage) -> list[list[tuple[str, str]]]:
    """Of the mail and of all its parts; boundaries are drawn by lot."""
    return [[(name, str(value).partition("boundary=")[0]) for name, value in part.items()] for part in message.walk()]


def calendar_of(message: EmailMessage) -> list[str]:
    return [str(part.get_content()) for part in message.walk() if part.get_content_type() == "text/calendar"]


@pytest.mark.parametrize("kind", list(LetterKind))
@given(name=written_by_people, note=written_by_people, phone=written_by_people, address=written_by_people)
@settings(max_examples=40, deadline=None)
def test_no_field_reaches_a_header_or_the_calendar(
    kind: LetterKind, name: str, note: str, phone: str, address: str
) -> None:
    """Name, note, phone and postal address, in every kind of letter, in every part."""
    plain = mail(kind, file=told(kind, name="Erika", note="", phone="", address="A\nB"))
    written = mail(kind, file=told(kind, name=name, note=note, phone=phone, address=address))
    assert headers_of(written) == headers_of(plain)
    assert calendar_of(written) == calendar_of(plain)
    assert "evil.example" not in written.as_string().replace("=\n", "")


def test_control_a_header_that_takes_what_was_typed_is_seen() -> None:
    """The comparison tells a subject with a name in it from one without."""
    plain, other = EmailMessage(), EmailMessage()
    plain["Subject"], other["Subject"] = "Termin", "Termin Erika"
    assert headers_of(plain) != headers_of(other)
