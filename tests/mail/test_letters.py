"""Letters as a mail program sees them: parsed again, in both languages, with the calendar's object."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from chalicelib.adapters.letters_text import greeted
from chalicelib.adapters.ses_mail import message_of
from chalicelib.domain.bookings import BookingState, Details
from chalicelib.domain.files import File
from chalicelib.domain.letters import LetterKind, MailRefused
from tests.mail.letters_for_tests import (
    KEY,
    LINKS,
    SENDER,
    a_booking,
    a_closed_booking,
    a_file,
    a_letter,
    heidelberg,
)

APPOINTMENTS = [LetterKind.CONFIRMED, LetterKind.MOVED, LetterKind.RESENT]
LANGUAGES = ["de", "en"]


def mail(kind: LetterKind, *, language: str = "de", file: File | None = None, sequence: int = 0) -> EmailMessage:
    """The mail as whoever receives it parses it."""
    result = kind is LetterKind.RESULT
    written = message_of(
        a_letter(kind, language=language, sequence=sequence),
        file=file or a_file(a_closed_booking() if result else None),
        office=heidelberg(),
        links=LINKS,
        receipt=b"%PDF-1.7" if result else None,
        mail_from=SENDER,
    )
    return message_from_bytes(written.as_bytes(), _class=EmailMessage, policy=default)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text


def event(message: EmailMessage) -> Any:
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(part.get_content())
    assert str(calendar["METHOD"]) == part.get_param("method")
    (found,) = calendar.walk("VEVENT")
    return found


class Page(HTMLParser):
    """What an HTML part refers to, and how its elements nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "background") and value]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(LetterKind))
def test_every_letter_is_text_and_html_in_the_citizens_language(kind: LetterKind, language: str) -> None:
    message = mail(kind, language=language)
    assert message["Content-Language"] == language
    assert "Erika Mustermann" in body(message, "plain")
    assert "HD-7K3M-9QX2" in body(message, "plain")
    assert f'<html lang="{language}"' in body(message, "html")
    assert ("Your" in message["Subject"] or "your" in message["Subject"]) == (language == "en")
    assert "10:20" in message["Subject"] or kind is LetterKind.RESULT


@pytest.mark.parametrize("kind", list(LetterKind))
def test_the_html_loads_nothing_and_tracks_nobody(kind: LetterKind) -> None:
    page = Page(body(mail(kind), "html"))
    assert page.open == []
    assert not set(page.tags) & {"img", "script", "link", "style", "iframe", "form", "object", "video"}
    assert set(page.links) <= {LINKS.entry, LINKS.join, LINKS.manage, LINKS.result}


@pytest.mark.parametrize("kind", APPOINTMENTS)
def test_an_appointment_carries_both_links_in_both_parts(kind: LetterKind) -> None:
    message = mail(kind)
    for part in ("plain", "html"):
        assert LINKS.join in body(message, part)
        assert LINKS.manage in body(message, part)


def test_a_secret_stands_in_a_fragment_only() -> None:
    """No part of a link that a server, log or Referer sees holds it."""
    text = body(mail(LetterKind.CONFIRMED), "plain")
    for line in text.splitlines():
        assert "j" * 32 not in line.partition("#")[0]
        assert "m" * 32 not in line.partition("#")[0]


@pytest.mark.parametrize("kind", APPOINTMENTS)
def test_the_invitation_says_when_in_berlin(kind: LetterKind) -> None:
    found = event(mail(kind))
    assert found.decoded("dtstart") == datetime(2026, 11, 24, 9, 20, tzinfo=UTC)
    assert found.decoded("dtend") - found.decoded("dtstart") == timedelta(minutes=30)
    assert found["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert LINKS.join in found["DESCRIPTION"]


def test_summer_time_is_known_to_the_calendar() -> None:
    """The limited VTIMEZONE covers the year of the appointment, both changes of the clock included."""
    for month, hour in ((3, 8), (7, 8), (10, 9), (12, 9)):
        start = datetime(2027, month, 29, hour, 0, tzinfo=UTC)
        found = event(mail(LetterKind.CONFIRMED, file=a_file(a_booking(start=start))))
        assert found.decoded("dtstart") == start


def test_the_calendar_part_stays_small() -> None:
    message = mail(LetterKind.CONFIRMED)
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    assert len(part.get_content()) < 2500


def test_moving_and_cancelling_keep_the_uid_and_raise_the_sequence() -> None:
    made = event(mail(LetterKind.CONFIRMED, sequence=0))
    moved = event(mail(LetterKind.MOVED, sequence=1))
    cancelled = event(mail(LetterKind.CANCELLED, sequence=2))
    assert made["UID"] == moved["UID"] == cancelled["UID"] == f"{KEY.booking_id}@heidelberg.example"
    assert [int(found["SEQUENCE"]) for found in (made, moved, cancelled)] == [0, 1, 2]
    assert str(cancelled["STATUS"]) == "CANCELLED"


def test_methods_are_those_of_itip() -> None:
    for kind, method in ((LetterKind.CONFIRMED, "REQUEST"), (LetterKind.CANCELLED, "CANCEL")):
        parts = [part for part in mail(kind).walk() if part.get_content_type() == "text/calendar"]
        assert [part.get_param("method") for part in parts] == [method, method]
        assert [part.get_content_disposition() for part in parts] == [None, "attachment"]


def test_a_cancellation_brings_no_link_into_the_call() -> None:
    message = mail(LetterKind.CANCELLED)
    assert LINKS.join not in message.as_string()
    assert LINKS.entry in body(message, "plain")


@pytest.mark.parametrize("delivery", ["post", "download", "pickup", "none"])
def test_a_result_carries_the_receipt_and_says_how_the_document_comes(delivery: str) -> None:
    message = mail(LetterKind.RESULT, file=a_file(a_closed_booking(delivery=delivery)))
    (receipt,) = message.iter_attachments()
    assert receipt.get_filename() == "Quittung-HD-7K3M-9QX2.pdf"
    assert (LINKS.result in body(message, "plain")) == (delivery == "download")
    assert "18,50\N{NO-BREAK SPACE}€" in body(message, "plain")


@pytest.mark.parametrize("outcome", ["done", "incomplete", "not_possible"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_has_its_words(outcome: str, language: str) -> None:
    file = a_file(a_closed_booking(outcome=outcome))
    assert body(mail(LetterKind.RESULT, language=language, file=file), "plain")


def test_the_same_letter_is_the_same_message_byte_for_byte_but_boundaries() -> None:
    """Sent again after a crash, mail programs know it by its Message-ID."""
    one, two = mail(LetterKind.CONFIRMED), mail(LetterKind.CONFIRMED)
    assert one["Message-ID"] == two["Message-ID"] == "<l1@heidelberg.example>"
    assert (one["Date"], body(one, "html")) == (two["Date"], body(two, "html"))


def named(name: str, email: str = "erika@example.org") -> File:
    return a_file(a_booking(details=Details(name, email, "de")))


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_nothing_that_a_citizen_types_reaches_a_header(name: str, note: str) -> None:
    """Header injection: names and notes of any characters leave the headers as they were."""
    details = Details(name, "erika@example.org", "de", note=note)
    file = a_file(a_booking(details=details))
    expected = mail(LetterKind.CONFIRMED)
    written = mail(LetterKind.CONFIRMED, file=file)
    headers = [(k, v) for k, v in written.items() if k != "Content-Type"]
    assert headers == [(k, v) for k, v in expected.items() if k != "Content-Type"]


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_an_address_is_one_address_or_the_letter_is_refused(text: str) -> None:
    for email in (text, f"{text}@example.org", f"erika@{text}", f"erika@example.org{text}"):
        try:
            written = mail(LetterKind.CONFIRMED, file=named("Erika", email))
        except MailRefused:
            continue
        (address,) = written["To"].addresses
        assert address.addr_spec.isascii()
        assert written["Bcc"] is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "erika",
        "erika@localhost",
        "erika@example.org\r\nBcc: x@example.net",
        "erika@example.org,x@example.net",
        "erika@example.org x@example.net",
        "Erika <erika@example.org>",
        '"a b"@example.org',
        "erika@@example.org",
        "erika@example.org\x00",
        "é@example.org",
        "erika@-example.org",
        "a" * 250 + "@example.org",
    ],
)
def test_what_is_no_plain_address_is_refused(email: str) -> None:
    with pytest.raises(MailRefused):
        mail(LetterKind.CONFIRMED, file=named("Erika", email))


def test_a_domain_with_umlauts_is_written_as_dns_knows_it() -> None:
    written = mail(LetterKind.CONFIRMED, file=named("Erika", "erika@bücher.example"))
    assert written["To"] == "erika@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Erika Mustermann", "Erika Mustermann"),
        ("Dr. Anna-Lena d’Arc", "Dr. Anna-Lena d’Arc"),
        ("Оксана Шевченко", "Оксана Шевченко"),
        ("  Erika \n Mustermann ", "Erika Mustermann"),
        ("Gewinn: https://evil.example", ""),
        ("evil.example", ""),
        ("<b>Erika</b>", ""),
        ("Call 0900123456", ""),
        ("x" * 61, ""),
        ("", ""),
    ],
)
def test_a_letter_greets_by_name_and_carries_no_strangers_message(name: str, shown: str) -> None:
    """Anybody can book for anybody's address: the name must not be a way to send them something."""
    assert greeted(name) == shown


def test_the_state_of_the_booking_is_not_in_the_way() -> None:
    """A result goes out for a closed booking, a cancellation for a cancelled one."""
    cancelled = a_file(a_booking(state=BookingState.CANCELLED, sequence=1))
    assert mail(LetterKind.CANCELLED, file=cancelled, sequence=1)["Subject"].startswith("Abgesagt")
