"""Addresses of static files that change when their bytes do, so that browsers may keep them for a year."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
DIGITS: Final = 12


class NoSuchStaticFile(LookupError):
    """A page names a file below static/ that is neither there nor in the manifest."""


@cache
def static_url(path: str) -> str:
    """Give `/static/<path>?v=<hash>`. Raises NoSuchStaticFile.

    The hash comes from the file where it lies beside the code, else from the manifest (files on a CDN).
    """
    file = STATIC / path
    if file.is_file():
        return f"/static/{path}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:DIGITS]}"
    known = _manifest().get(path)
    if known is None:
        raise NoSuchStaticFile(f"{path}: run `python -m local.assets`")
    return f"/static/{path}?v={known}"


@cache
def _manifest() -> dict[str, str]:
    """Read what `local.assets` wrote, if it did."""
    file = STATIC / "vendor" / "manifest.json"
    if not file.is_file():
        return {}
    listed: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return listed
