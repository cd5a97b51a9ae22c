"""Pages and problems for the boundary: language chosen, the office's face on, texts out of the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from chalicelib.web import languages
from chalicelib.web.catalogues import texts_in
from chalicelib.web.formats import Formats
from chalicelib.web.render import OfficeFace, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.domain.offices import Office


class Asked(Protocol):
    """What is needed of a request."""

    @property
    def path(self) -> str:
        """The page's own address."""
        ...

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """Its query."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        ...

    @property
    def language(self) -> str:
        """The language of the answer."""
        ...

    @property
    def keep_language(self) -> bool:
        """Whether the address asked for it."""
        ...

    @property
    def office(self) -> Office | None:
        """Whose page it is."""
        ...


class Faces:
    """How the office looks and speaks."""

    def language(self, asked: str | None, *, accept: str, office: Office | None) -> str:
        """The language of an answer: the address's, the browser's, German."""
        offered = tuple(tag for tag in languages.LANGUAGES if office is None or tag in office.languages)
        return languages.chosen(asked, accept=accept, offered=offered)

    def render(self, template: str, model: Mapping[str, Any], request: Asked) -> str:
        """A whole page."""
        face = OfficeFace.of(request.office, language=request.language) if request.office else None
        query = urlencode(request.query, doseq=True)
        return render(
            template,
            model,
            language=request.language,
            office=face,
            here=f"{request.path}?{query}" if query else request.path,
            keep_language=request.keep_language,
        )

    def problem(self, slug: str, extras: Mapping[str, Any], request: Asked) -> tuple[str, str]:
        """Title and "what to do" of a problem in the language of the request."""
        texts = texts_in(request.language)
        formats = Formats(texts)
        values = {name: formats.moment(value) for name, value in extras.items() if isinstance(value, datetime)}
        return texts(f"problem.{slug}.title"), texts(f"problem.{slug}.detail", **values)

    def text(self, key: str, language: str, **values: Any) -> str:
        """One text of the catalogue."""
        return texts_in(language)(key, **values)

    def carried(self, location: str, request: Asked) -> str:
        """An internal address that keeps the language of the request; another site's stays as it is."""
        if not location.startswith("/"):
            return location
        return languages.carried(location, language=request.language, keep=request.keep_language)

    def is_page(self, request: Asked) -> bool:
        """Whether a person looks at the answer: browsers ask for HTML, scripts of ours do not."""
        return "text/html" in request.headers.get("accept", "")
