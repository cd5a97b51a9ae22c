"""Which language a page speaks, and how the choice travels.

The choice is stateless: `?lang=en` on the address, carried along by every link and form of the page. No
cookie is set: opening a link changes nothing, and a link sent on opens in the language it was seen in.
Without the parameter the browser's own `Accept-Language` decides, then German.
"""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LANGUAGES: Final = ("de", "en")
DEFAULT: Final = "de"
PARAMETER: Final = "lang"
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he"})


def chosen(parameter: str | None, *, accept: str = "", offered: tuple[str, ...] = LANGUAGES) -> str:
    """Pick the language for a request: `?lang=` first, then `Accept-Language`, then German."""
    if parameter in offered:
        return str(parameter)
    for wanted in _by_preference(accept):
        if wanted in offered:
            return wanted
    return DEFAULT


def carried(path: str, *, language: str, keep: bool = False) -> str:
    """Give `path` (may hold a query and a fragment) with the language it must be read in.

    German is left out of addresses unless `keep` says that it was asked for against the browser's own wish.
    """
    parts = urlsplit(path)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != PARAMETER]
    if keep or language != DEFAULT:
        query.append((PARAMETER, language))
    return urlunsplit(parts._replace(query=urlencode(query)))


def _by_preference(accept: str) -> list[str]:
    """Order the primary tags of an Accept-Language header (RFC 9110, 12.5.4) by weight; q=0 is left out."""
    weighed = []
    for position, entry in enumerate(accept.split(",")[:20]):
        tag, _, parameters = entry.strip().partition(";")
        weight = _weight(parameters)
        if weight > 0:
            weighed.append((-weight, position, tag.split("-")[0].strip().lower()))
    return [tag for _, _, tag in sorted(weighed)]


def _weight(parameters: str) -> float:
    """Read `q=0.7`; nonsense weighs nothing."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
