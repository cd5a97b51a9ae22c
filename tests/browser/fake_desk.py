"""The desk's pages before a scripted office: the real templates and modules, and the JSON of the architecture.

    python -m tests.browser.fake_desk [PORT]

Twelve bookings, three of them waiting. Tests change `FakeDesk.office` while the page is open; every change is
what the next poll sees. The media worker is a double too (fake_call.js).
"""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from chalicelib.web.render import OfficeFace, render
from chalicelib.web.static_files import STATIC
from local import texts
from tests.browser.fake_desk_office import FakeOffice, Refused

CSP = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
    "script-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
FACE = OfficeFace(
    key="heidelberg", authority="Stadt Heidelberg", name="Virtuelles Bürgeramt Heidelberg", colour="#8c1c2c"
)
CALL_DOUBLE = Path(__file__).with_name("fake_call.js")
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}

DISPATCH = [
    {
        "reference": "HD-7347-K1",
        "name": "Tomasz Wójcik",
        "address": "Tomasz Wójcik\nPlöck 44\n69117 Heidelberg",
        "document": "Meldebestätigung",
        "by": "Sachbearbeitung 2",
    },
    {
        "reference": "HD-7421-P3",
        "name": "Mehmet Yıldız",
        "address": ["c/o Familie Kaya", "Rohrbacher Straße 118", "69126 Heidelberg"],
        "document": "Führungszeugnis",
        "by": "Sachbearbeitung 1",
    },
]


class FakeDesk:
    """A running fake: `url` to open, `office` to change."""

    def __init__(self, port: int = 0) -> None:
        self.office = FakeOffice()
        desk = self

        class Handler(_Handler):
            fake = desk

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        """Serve until closed."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    fake: ClassVar[FakeDesk]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""

    def do_GET(self) -> None:
        """Pages, static files, state and files."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/static/"):
            return self._static(parts.path.removeprefix("/static/"))
        return self._answer(lambda: self._get(parts.path, query))

    def do_POST(self) -> None:
        """Acts, and bytes for the store."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        if path == "/store":
            return self._send(204, "text/plain", b"")
        return self._answer(lambda: self.fake.office.post(path, json.loads(raw or b"{}")))

    def _get(self, path: str, query: dict[str, str]) -> dict[str, Any] | str:
        office, language, day = self.fake.office, query.get("lang", "de"), query.get("day")
        pages: dict[str, tuple[str, dict[str, Any]]] = {
            "/desk": ("desk/desk.html", {"state": office.state(day)}),
            "/desk/dispatch": (
                "desk/dispatch.html",
                {"day": day or "2026-11-24", "rows": DISPATCH if (day or "2026-11-24") == "2026-11-24" else []},
            ),
            "/desk/signin": (
                "desk/signin.html",
                {"reason": query.get("reason", "needed"), "begin": "/desk/begin"},
            ),
        }
        if path in pages:
            template, model = pages[path]
            return render(template, model, language=language, office=FACE, here=path)
        if path == "/desk/state":
            return office.state(day)
        if path.startswith("/desk/files/"):
            return office.shown(path.removeprefix("/desk/files/"))
        raise Refused(404)

    def _answer(self, ask: Callable[[], Any]) -> None:
        office = self.fake.office
        if office.offline:
            self.close_connection = True
            return None
        try:
            found = self._asked_in_session(ask)
        except Refused as refused:
            problem = {"type": "about:blank", "status": refused.status, "detail": refused.detail}
            return self._send(refused.status, "application/problem+json", json.dumps(problem).encode())
        if isinstance(found, str):
            return self._send(200, "text/html; charset=utf-8", found.encode())
        return self._send(200, "application/json", json.dumps(found).encode())

    def _asked_in_session(self, ask: Callable[[], Any]) -> Any:
        if self.fake.office.signed_out and "application/json" in self.headers["Accept"]:
            raise Refused(401)
        return ask()

    def _static(self, path: str) -> None:
        if path == "vendor/js/call/connection.js":
            return self._send(200, TYPES[".js"], CALL_DOUBLE.read_bytes())
        file = (STATIC / path).resolve()
        if not file.is_file() or STATIC.resolve() not in file.parents:
            return self._send(404, "text/plain", b"")
        return self._send(200, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running(port: int = 0) -> Iterator[FakeDesk]:
    """Serve a fake desk in a thread, until the block ends."""
    texts.compile_all()
    desk = FakeDesk(port)
    thread = threading.Thread(target=desk.serve, daemon=True)
    thread.start()
    try:
        yield desk
    finally:
        desk.close()
        thread.join(timeout=5)


if __name__ == "__main__":
    with running(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as served:
        sys.stdout.write(f"{served.url}/desk\n")
        sys.stdout.flush()
        threading.Event().wait()
