"""Compile the texts (`texts/<language>/<area>.po`) into one GNU catalogue per language.

    python -m local.texts

Every area of the pages (common, citizen, desk …) keeps a .po of its own, so that two people never edit one
file; the product reads the one `.mo` that this step makes of them.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TEXTS = Path(__file__).parent.parent / "chalicelib" / "web" / "texts"


class DoubledKey(Exception):
    """Two areas of one language define the same key; one of them must be renamed."""


def merge(language: Path) -> Catalog:
    """Read all areas of one language (a folder of .po files). Raises DoubledKey."""
    merged = Catalog(locale=language.name, fuzzy=False)
    for area in sorted(language.glob("*.po")):
        with area.open("rb") as file:
            catalogue = read_po(file, locale=language.name, abort_invalid=True)
        for message in catalogue:
            if not message.id:
                continue
            key = message.id if isinstance(message.id, str) else message.id[0]
            if key in merged:
                raise DoubledKey(f"{area}: {key} is already defined in another area of {language.name}")
            merged[key] = message
    return merged


def compiled(language: Path) -> bytes:
    """Give the bytes of the GNU catalogue of one language."""
    buffer = BytesIO()
    write_mo(buffer, merge(language))
    return buffer.getvalue()


def compile_all(texts: Path = TEXTS) -> list[Path]:
    """Write `<language>/LC_MESSAGES/fernamt.mo` for every language; give the files written."""
    written = []
    for language in sorted(path for path in texts.iterdir() if path.is_dir()):
        target = language / "LC_MESSAGES" / "fernamt.mo"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(compiled(language))
        written.append(target)
    return written


def main() -> int:
    """Compile and print what was written."""
    for path in compile_all():
        print(path.relative_to(TEXTS.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
