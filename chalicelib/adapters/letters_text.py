"""The words of a letter: subject, text and HTML, out of templates and catalogues."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.access_windows import result_window
from chalicelib.domain.files import File
from chalicelib.domain.letters import Letter, LetterKind
from chalicelib.domain.money import Money
from chalicelib.domain.offices import Office
from chalicelib.domain.payments import PaymentState
from chalicelib.services.ports import LetterLinks
from chalicelib.web.catalogues import texts_in
from chalicelib.web.formats import Formats
from chalicelib.web.render import OfficeFace, in_language, render

NAME_CHARACTERS_MAX = 60
# Whoever books types a name and an address; the mail must not carry a stranger's message or link to that address.
NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’,-]|\.(?= |$))*\Z")

TEMPLATES = {LetterKind.CANCELLED: "cancelled", LetterKind.RESULT: "result"}
BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Words:
    """A letter in words; `subject` holds nothing that a citizen typed."""

    subject: str
    text: str
    html: str


def words_of(letter: Letter, *, file: File, office: Office, links: LetterLinks) -> Words:
    """Write a letter in its language. Raises MissingText for a language without texts."""
    texts = texts_in(letter.language)
    formats = Formats(texts)
    start = file.booking.start
    subject = texts(f"mail.{letter.kind.value}.subject", date=formats.day_short(start), time=formats.time(start))
    model = _model(letter, file, office, links)
    template = TEMPLATES.get(letter.kind, "appointment")
    face = OfficeFace.of(office, language=letter.language)

    def rendered(kind: str) -> str:
        return render(f"mail/{template}.{kind}", model, language=letter.language, office=face)

    text = BLANK_LINES.sub("\n\n", rendered("txt")).strip() + "\n"
    return Words(subject, text, rendered("html"))


def greeted(name: str) -> str:
    """Return the name as a letter may address it, or nothing if it is more than a name."""
    name = " ".join(name.split())
    return name if len(name) <= NAME_CHARACTERS_MAX and NAME.match(name) else ""


def matters_of(file: File, office: Office, *, language: str) -> list[str]:
    """Return the names of the booked matters."""
    return [in_language(service.name, language) for service in office.matters(file.booking.services)]


def _model(letter: Letter, file: File, office: Office, links: LetterLinks) -> Mapping[str, Any]:
    texts, booking = texts_in(letter.language), file.booking
    services = office.matters(booking.services)
    papers = [in_language(paper.text, letter.language) for service in services for paper in service.papers]
    common = {
        "kind": letter.kind.value,
        "title": texts(f"mail.{letter.kind.value}.title"),
        "name": greeted(booking.details.name) if booking.details else "",
        "start": booking.start,
        "minutes": booking.minutes,
        "matters": matters_of(file, office, language=letter.language),
        "papers": list(dict.fromkeys(papers)),
        "reference": booking.reference,
        "join_opens_minutes": office.join_opens_minutes,
        "address": office.address,
        "links": links,
    }
    if letter.kind is not LetterKind.RESULT:
        return common | {"preview": texts(f"mail.{letter.kind.value}.intro")}
    return common | {
        "preview": texts(f"mail.result.{booking.outcome}"),
        "outcome": booking.outcome,
        "delivery": booking.delivery,
        "paid": _paid(file),
        "closed_at": booking.closed_at,
        "closes_at": result_window(booking).closes_at,
    }


def _paid(file: File) -> Money | None:
    """Return what the citizen paid in all, None if nothing."""
    paid = [payment.amount for payment in file.payments if payment.state is PaymentState.PAYED]
    return sum(paid[1:], paid[0]) if paid else None
