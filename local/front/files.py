"""Static files from disk, as the content delivery network would give them."""

import hashlib
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote

from local.wire import Answer, Call, problem

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""What is served at all; anything else in the folder is not there."""

_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
# A drawing opened by itself is a page: it may run nothing. Scripts go without: a worker would inherit it.
_PAGE_LIKE: Final = frozenset({".svg", ".html"})
_NOTHING_RUNS: Final = ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_EACH_TIME: Final = "no-cache"


class StaticFiles:
    """The files below one folder."""

    def __init__(self, folder: Path, *, prefix: str = "/static/") -> None:
        self._folder = folder.resolve()
        self._prefix = prefix

    def answer(self, call: Call) -> Answer:
        """Give the file that the path names; 404 outside the folder and for unknown kinds."""
        if call.method not in {"GET", "HEAD"}:
            return problem(405, "Files are only read.", route=self._prefix, headers=(("Allow", "GET, HEAD"),))
        file = self._find(unquote(call.path.removeprefix(self._prefix)))
        if file is None:
            return problem(404, "There is no such file.", route=self._prefix)
        content = file.read_bytes()
        tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
        # An address with a version changes with the bytes; one without it (an import in a module) does not.
        cache = FOREVER if "v" in parse_qs(call.query) else ASK_EACH_TIME
        headers = (*_HEADERS, ("ETag", tag), ("Cache-Control", cache))
        if tag in call.headers.get("if-none-match", ""):
            return Answer(304, headers, route=call.path)
        extra = (_NOTHING_RUNS,) if file.suffix in _PAGE_LIKE else ()
        return Answer(200, (("Content-Type", TYPES[file.suffix]), *headers, *extra), content, call.path)

    def _find(self, name: str) -> Path | None:
        if "\0" in name:
            return None
        file = (self._folder / name).resolve()
        wanted = file.is_relative_to(self._folder) and file.suffix in TYPES and file.is_file()
        return file if wanted else None
