"""Pages out of templates: `render("citizen/entry.html", model, language="de", office=face)`.

Templates see the model's names, and beside them
    t(key, **values), n(key, count, **values)   texts of the page's language
    path(address)                               an internal address, carrying the language
    static_url(path)                            a static file's address with its content hash
    module_urls(path)                           those of all modules that this one leads to
    office, language, languages, direction      the face of the office, the language, "ltr" or "rtl"
and the filters of `chalicelib.web.formats` (day, time, moment, money, minutes …).
A name that the model lacks is an error (StrictUndefined), never an empty place on a citizen's page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from chalicelib.web import languages
from chalicelib.web.catalogues import texts_in
from chalicelib.web.formats import Formats
from chalicelib.web.static_files import NoSuchStaticFile, module_urls, static_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from chalicelib.domain.offices import Office

TEMPLATES: Final = Path(__file__).parent / "templates"
FILTERS: Final = (
    "day", "day_short", "weekday", "time", "clock", "moment", "near_day", "money", "minutes", "sentence",
    "iso", "minutes_short",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfficeFace:
    """What the frame of a page shows of an office."""

    key: str
    authority: str  # "Stadt Heidelberg"
    name: str  # "Virtuelles Bürgeramt Heidelberg"
    colour: str  # "#rrggbb", dark enough for white text
    arms: str = ""  # a file below static/img/arms/; none: a plain shield in the office's colour
    phone: str = "115"
    languages: tuple[str, ...] = languages.LANGUAGES

    @classmethod
    def of(cls, office: Office, *, language: str) -> Self:
        """Take the face from an office's file, in the language of the page."""
        offered = tuple(tag for tag in languages.LANGUAGES if tag in office.languages)
        return cls(
            key=office.key,
            authority=office.address[0],
            name=in_language(office.name, language),
            colour=office.colour,
            arms=office.arms,
            phone=office.phone,
            languages=offered,
        )


def in_language(text: Mapping[str, str], language: str) -> str:
    """Pick a text of an office file: the page's language, else German, else whichever there is."""
    return text.get(language) or text.get(languages.DEFAULT) or next(iter(text.values()), "")


@cache
def _environment(language: str) -> Environment:
    """Build the environment of one language on its first page: its filters and texts are bound to it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - no redirect or JSON needs it

    texts = texts_in(language)
    formats = Formats(texts)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {name: getattr(formats, name) for name in FILTERS}
    environment.globals |= {
        "t": texts,
        "n": texts.plural,
        "has_text": texts.holds,
        "static_url": static_url,
        "module_urls": module_urls,
        "language": language,
        "direction": "rtl" if language in languages.RIGHT_TO_LEFT else "ltr",
    }
    return environment


def render(
    template: str,
    model: Mapping[str, Any],
    *,
    language: str,
    office: OfficeFace | None,
    here: str = "",
    keep_language: bool = False,
) -> str:
    """Render `template` (a path below templates/) with `model`.

    `here` is the address of this page with its query, for the language switch. `keep_language` carries German
    along too: set when the address asked for a language (`?lang=`). Raises jinja2.UndefinedError for a name
    that the model lacks, and MissingText for a key without text.
    """

    def path(address: str, speaking: str = language) -> str:
        keep = keep_language or speaking != language
        return languages.carried(address, language=speaking, keep=keep)

    frame = {
        "office": office,
        "languages": office.languages if office else languages.LANGUAGES,
        "path": path,
        "here": here,
        # A form that asks with GET drops the query of its action: it carries the language in a field of its own.
        "language_kept": keep_language or language != languages.DEFAULT,
        "arms_url": _arms(office),
    }
    return _environment(language).get_template(template).render({**frame, **model})


def _arms(office: OfficeFace | None) -> str | None:
    """Give the address of the office's arms; None where it has none, so that no page breaks over a picture."""
    try:
        return static_url(f"img/arms/{office.arms}") if office and office.arms else None
    except NoSuchStaticFile:
        return None
