"""What room and desk are told of a file, as JSON: the parts that both share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.guests import GuestState
from chalicelib.domain.papers import PaperState
from chalicelib.web.catalogues import texts_in
from chalicelib.web.formats import Formats

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.domain.files import File
    from chalicelib.domain.money import Money
    from chalicelib.domain.offices import Office
    from chalicelib.domain.papers import Paper
    from chalicelib.domain.payments import Payment


def in_language(text: Mapping[str, str], language: str) -> str:
    """The office file's text in the language asked, or in the office's own."""
    return text.get(language) or next(iter(text.values()))


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def money(amount: Money, language: str) -> dict[str, Any]:
    """An amount with its text."""
    text = Formats(texts_in(language)).money(amount)
    return {"minor_units": amount.minor_units, "currency": amount.currency, "text": text}


def matters(file: File, office: Office, language: str) -> list[dict[str, Any]]:
    """The file's matters in the order of booking."""
    return [
        {
            "key": service.key,
            "name": in_language(service.name, language),
            "minutes": service.duration_minutes,
            "fee": money(service.fee, language) if service.fee else None,
            "papers": [in_language(paper.text, language) for paper in service.papers],
            "delivery": sorted(delivery.value for delivery in service.delivery),
        }
        for service in office.matters(file.booking.services)
    ]


def steps(file: File, office: Office, language: str) -> list[dict[str, Any]]:
    """The step list of all matters; a matter booked twice has its steps once."""
    return [
        {
            "key": f"{service.key}/{step.key}",
            "matter": in_language(service.name, language),
            "text": in_language(step.text, language),
            "done": f"{service.key}/{step.key}" in file.visit.steps_done,
        }
        for service in office.matters(dict.fromkeys(file.booking.services))
        for step in service.steps
    ]


def last_payment(file: File) -> Payment | None:
    """The payment that counts: the last one asked for."""
    return max(file.payments, key=lambda payment: (payment.asked_at, payment.id), default=None)


def payment(file: File, language: str) -> dict[str, Any] | None:
    """The fee as it stands."""
    last = last_payment(file)
    if last is None:
        return None
    return {"id": last.id, "state": last.state.value, "amount": money(last.amount, language)}


def papers(file: File, language: str) -> list[dict[str, Any]]:
    """All papers of the file, the oldest first."""
    ordered = sorted(file.papers, key=lambda paper: (paper.announced_at, paper.id))
    return [_paper(paper, language) for paper in ordered]


def outcome(file: File, language: str) -> dict[str, Any] | None:
    """How the case was closed."""
    booking = file.booking
    if not booking.outcome:
        return None
    text = texts_in(language)(f"case.outcome.{booking.outcome}")
    return {"text": text, "result": booking.outcome, "delivery": booking.delivery}


def guest(file: File) -> dict[str, Any] | None:
    """The third person, for the two others: in which role, and how far; only an admitted one sees and hears."""
    its = file.visit.guest
    if its.state is GuestState.NONE:
        return None
    return {"role": its.role, "state": its.state.value}


def calls(office: Office) -> dict[str, str]:
    """What the office's file says of calls."""
    return {"without_encryption": office.without_encryption.value}


def _paper(paper: Paper, language: str) -> dict[str, Any]:
    refusal = None
    if paper.state is PaperState.REFUSED and paper.refusal:
        refusal = texts_in(language)(f"case.paper.{paper.refusal.value}")
    return {
        "id": paper.id,
        "from": paper.from_,
        "name": paper.name,
        "media_type": paper.media_type,
        "size": paper.size,
        "state": paper.state.value,
        "refusal": refusal,
        "opened": paper.opened_at is not None,
        "announced_at": moment(paper.announced_at),
    }
