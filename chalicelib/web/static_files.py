"""Addresses of static files that change when their bytes do, so that browsers may keep them for a year."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

STATIC: Final = Path(__file__).parent / "static"
DIGITS: Final = 12


class NoSuchStaticFile(LookupError):
    """A page names a file below static/ that is neither there nor in the manifest."""


@cache
def static_url(path: str) -> str:
    """Give `/static/<path>?v=<hash>`, of the small copy where there is one. Raises NoSuchStaticFile.

    The hash comes from the file where it lies beside the code, else from the manifest (files on a CDN).
    """
    for each in (f"vendor/{path}", path):
        if known := _hash(each):
            return f"/static/{each}?v={known}"
    raise NoSuchStaticFile(f"{path}: run `python -m local.assets`")


@cache
def module_urls(path: str) -> tuple[str, ...]:
    """Give the addresses of all modules that the module `path` leads to; none where no small copies were made.

    A page names them, so that the browser fetches all at once and not one import after another.
    """
    return tuple(static_url(each) for each in _listed("modules.json").get(path, ()))


def content_hash(file: Path) -> str:
    """Give what stands behind `?v=` in the address of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:DIGITS]


def _hash(path: str) -> str | None:
    file = STATIC / path
    if file.is_file():
        return content_hash(file)
    known: str | None = _listed("manifest.json").get(path)
    return known


@cache
def _listed(name: str) -> dict[str, Any]:
    """Read what `local.assets` wrote, if it did."""
    file = STATIC / "vendor" / name
    if not file.is_file():
        return {}
    listed: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return listed
