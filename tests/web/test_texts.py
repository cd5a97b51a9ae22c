"""The texts are complete: what is used exists in every language, nothing is empty, nothing lies about unused."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog

from chalicelib.web.catalogues import MissingText, texts_in
from chalicelib.web.languages import LANGUAGES
from local.texts import TEXTS, DoubledKey, merge

WEB = TEXTS.parent
PRODUCT = WEB.parent
KEY = re.compile(r"""["']([a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+)["']""")
FAMILY = re.compile(r"""["']([a-z][a-z0-9_]*\.(?:[a-z0-9_]+[._])?)["'](?:\s*~|\s*\+|\s*\|)""")
FORMATTED_FAMILY = re.compile(r"""f["']([a-z][a-z0-9_]*\.[a-z0-9_.]*)\{""")
ASKED = re.compile(r"""\b(?:t|n|texts|plural)\(\s*["']([^"'{]+)["']\s*[,)]""")


@cache
def catalogue(language: str) -> Catalog:
    return merge(TEXTS / language)


def keys(language: str) -> set[str]:
    return {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue(language)} - {""}


@cache
def sources() -> dict[str, str]:
    """Everything that can name a key: templates, modules of the product, modules of the pages."""
    files = [
        *WEB.rglob("*.html"),
        *WEB.rglob("*.txt"),
        *PRODUCT.rglob("*.py"),
        *(WEB / "static" / "js").rglob("*.js"),
    ]
    return {path.relative_to(PRODUCT).as_posix(): path.read_text(encoding="utf-8") for path in files}


def families() -> set[str]:
    found: set[str] = set()
    for text in sources().values():
        found |= set(FAMILY.findall(text)) | set(FORMATTED_FAMILY.findall(text))
    return found


def strings(key: str, language: str) -> tuple[str, ...]:
    text = catalogue(language)[key].string
    return (text,) if isinstance(text, str) else tuple(text or ())


def test_every_language_has_the_same_keys() -> None:
    for language in LANGUAGES:
        assert keys("de") == keys(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    assert [key for key in keys(language) if not all(text.strip() for text in strings(key, language))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same(language: str) -> None:
    """A placeholder that one language lacks would lose a citizen's time or address."""

    def placeholders(key: str, tongue: str) -> list[set[str]]:
        return [{name for _, name, _, _ in Formatter().parse(text) if name} for text in strings(key, tongue)]

    # A singular may say "one" without its number.
    different = [key for key in keys("de") if placeholders(key, "de")[-1] != placeholders(key, language)[-1]]
    assert different == []


def test_every_key_that_is_asked_for_exists() -> None:
    # Modules in the browser name keys below the prefix that their page hands them.
    asked = {
        (path, key)
        for path, text in sources().items()
        if not path.endswith(".js")
        for key in ASKED.findall(text)
        if "." in key
    }
    prefixes = tuple(families())
    missing = [(path, key) for path, key in sorted(asked) if key not in keys("de") and key not in prefixes]
    assert missing == []


def test_every_key_is_used() -> None:
    named = {key for text in sources().values() for key in KEY.findall(text)}
    prefixes = tuple(families())
    unused = [key for key in sorted(keys("de")) if key not in named and not key.startswith(prefixes)]
    assert unused == []


def test_a_missing_text_is_an_error_and_not_a_key_on_a_page() -> None:
    with pytest.raises(MissingText):
        texts_in("de")("common.nothing")
    with pytest.raises(MissingText):
        texts_in("de").plural("common.nothing", 2)


def test_two_areas_cannot_define_one_key(tmp_path: Path) -> None:
    folder = tmp_path / "de"
    folder.mkdir()
    for area in ("one", "two"):
        (folder / f"{area}.po").write_text('msgid "common.back"\nmsgstr "Zurück"\n', encoding="utf-8")
    with pytest.raises(DoubledKey):
        merge(folder)
