"""Matters as a page shows them: names in its language, and what people call them when they search."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib.domain.offices import Delivery
from chalicelib.web.render import in_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chalicelib.domain.offices import Office, Service

_SHARP = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def matter(service: Service, *, language: str) -> dict[str, Any]:
    """Give what a card or a line shows of a matter. `words` is folded text to search in."""
    return {
        "key": service.key,
        "name": in_language(service.name, language),
        "summary": in_language(service.summary, language),
        "minutes": service.duration_minutes,
        "fee": service.fee,
        "fee_example": service.fee_example,
        "channel": service.channel.value,
        "words": folded(" ".join([*service.name.values(), *(w for ws in service.words.values() for w in ws)])),
    }


def matter_in_full(service: Service, *, language: str) -> dict[str, Any]:
    """Give all that a matter's own page shows."""
    return {
        **matter(service, language=language),
        "papers": [
            {"key": paper.key, "text": in_language(paper.text, language), "required": paper.required}
            for paper in service.papers
        ],
        "delivery": [way.value for way in Delivery if way in service.delivery],
        "advice": in_language(service.advice, language) if service.advice else "",
        "leika": service.leika,
    }


def chosen(office: Office, keys: Iterable[str], *, language: str) -> dict[str, Any]:
    """Give the matters of one appointment with their time and fees together. Raises NoSuchService."""
    listed = list(keys)
    services = office.matters(listed)
    return {
        "keys": listed,
        "query": query_of(listed),
        "matters": [matter(service, language=language) for service in services],
        "minutes": office.minutes(listed),
        "fee": office.fees(listed),
        "fee_example": any(service.fee_example for service in services),
    }


def query_of(keys: Iterable[str]) -> str:
    """Write chosen matters as an address carries them: `m=a&m=b`."""
    return urlencode([("m", key) for key in keys])


def folded(text: str) -> str:
    """Fold text for searching: lower case, ä as ae, ß as ss, no other accents. The page's module does the same."""
    lowered = text.lower().translate(_SHARP)
    split = unicodedata.normalize("NFD", lowered)
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def search(services: Sequence[Service], query: str) -> list[Service]:
    """Find the services that hold the beginning of every word of `query`; none for an empty one."""
    wanted = folded(query[:100]).split()
    if not wanted:
        return []
    found = []
    for service in services:
        text = f" {matter(service, language='de')['words']}"
        if all(f" {word}" in text or (len(word) > 3 and word in text) for word in wanted):  # noqa: PLR2004 - long enough to mean the inside of a German compound
            found.append(service)
    return found
