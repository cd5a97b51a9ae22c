"""The texts of a language, by key. `Texts("de")("slots.title")` → "Wann passt es Ihnen?".

Keys are `area.name`; placeholders are `{name}` and are filled by keyword. Nothing here escapes: the
template does.
"""

import gettext
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "texts"
DOMAIN: Final = "fernamt"


class MissingText(KeyError):
    """A key that a template or a module asks for stands in no catalogue of that language."""


class Texts:
    """Look up one language's texts. Raises MissingText rather than show a key to a citizen."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, key: str, **values: Any) -> str:
        """Give the text of `key` with its placeholders filled."""
        found = self._catalogue.gettext(key)
        if found == key:
            raise MissingText(f"{key} has no text in {self.language}: add it, then `python -m local.texts`")
        return found.format_map(values) if values else found

    def plural(self, key: str, count: int, **values: Any) -> str:
        """Give the form of `key` that fits `count`, which is also the placeholder `{count}`."""
        found = self._catalogue.ngettext(key, key, count)
        if found == key:
            raise MissingText(f"{key} has no text in {self.language}: add it, then `python -m local.texts`")
        return found.format_map({"count": count, **values})

    def holds(self, key: str) -> bool:
        """Tell whether `key` has a text: for keys that are made of data, such as an error's name."""
        return self._catalogue.gettext(key) != key


@cache
def texts_in(language: str) -> Texts:
    """Load the compiled catalogue of a language once per process.

    Raises FileNotFoundError when the texts were never compiled (`python -m local.texts`).
    """
    compiled = FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    if not compiled.is_file():
        raise FileNotFoundError(f"no texts for {language}: run `python -m local.texts`")
    with compiled.open("rb") as file:
        return Texts(language, gettext.GNUTranslations(file))
