"""Every error that the office raises on purpose has words that say what to do, in both languages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib import domain
from chalicelib.blueprints.problems import slug_of, status_of
from chalicelib.domain.errors import FernamtError, LinkExpired, LinkTooEarly
from chalicelib.web.catalogues import texts_in

for _module in pkgutil.iter_modules(domain.__path__, "chalicelib.domain."):
    importlib.import_module(_module.name)


def kinds(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for below in kind.__subclasses__():
        yield from kinds(below)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", sorted(set(kinds(FernamtError)), key=str))
def test_an_error_says_what_to_do(kind: type[Exception], language: str) -> None:
    error = kind.__new__(kind)
    slug = slug_of(error)
    when = "24. November, 10:20 Uhr"
    moments: dict[type[Exception], dict[str, str]] = {
        LinkTooEarly: {"opens_at": when},
        LinkExpired: {"closed_at": when},
    }
    values = moments.get(kind, {})
    texts = texts_in(language)
    assert texts(f"problem.{slug}.title")
    assert texts(f"problem.{slug}.detail", **values)


def test_what_nobody_raised_on_purpose_is_unexpected() -> None:
    assert (status_of(ValueError("x")), slug_of(ValueError("x"))) == (500, "unexpected")


def test_an_early_link_names_its_moment() -> None:
    from chalicelib.blueprints.problems import extras_of  # noqa: PLC0415

    opens = datetime(2026, 11, 24, 7, 50, tzinfo=UTC)
    assert extras_of(LinkTooEarly(opens)) == {"opens_at": opens}
