"""A browser and a small server for the rendered pages: static files with the headers that the product sends."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from chalicelib.web.headers import Headers
from chalicelib.web.static_files import STATIC
from tests.web.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
BY_NAME = {sample.name: sample for sample in SAMPLES}


class _Pages(SimpleHTTPRequestHandler):
    """`/<sample>?lang=en` is a page, `/static/…` a file; any POST says what came."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/static/"):
            super().do_GET()
            return
        sample = BY_NAME.get(parts.path.removeprefix("/"))
        language = parse_qs(parts.query).get("lang", ["de"])[0]
        self._say(404 if sample is None else 200, sample.html(language) if sample else "", "text/html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._say(200, f"{urlsplit(self.path).path} {body}", "text/plain")

    def translate_path(self, path: str) -> str:
        return str(STATIC / urlsplit(path).path.removeprefix("/static/"))

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _say(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in Headers(upload_origin="", download_origin="", secure=False).of("page").items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served() -> Iterator[str]:
    """Serve the samples on a free port; give the origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Pages))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
