"""A stand-in on a real socket, and somebody who takes its notices."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.payments.server import RunningStandIn, StandIn
from local.ports import free_port
from tests.payments.office import API_KEY, SECRET


@dataclass
class Inbox:
    """Takes notices; `answers` are the statuses to come, then 200."""

    answers: list[int] = field(default_factory=list)
    notices: list[tuple[bytes, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def take(self, raw: bytes, signature: str) -> int:
        with self.arrived:
            self.notices.append((raw, signature))
            self.arrived.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def kinds(self, count: int, *, within_s: float = 15.0) -> list[str]:
        """The kinds of the first `count` notices, waited for."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.notices) >= count, within_s), self.notices
            return [json.loads(raw)["type"] for raw, _ in self.notices]


@contextlib.contextmanager
def inbox() -> Iterator[Inbox]:
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            status = box.take(raw, self.headers["Stripe-Signature"])
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            """The office's room, to which the checkout page leads back."""
            body = f"<!doctype html><html lang=de><title>Raum</title><h1>{self.path}</h1>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextlib.contextmanager
def listening(notice_url: str) -> Iterator[tuple[StandIn, str]]:
    """A running stand-in and its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    stand_in = StandIn(API_KEY, SECRET, notice_url, url)
    running = RunningStandIn(stand_in, port)
    try:
        yield stand_in, url
    finally:
        running.close()


def control(url: str, **orders: Any) -> dict[str, Any]:
    """Give orders to the stand-in."""
    request = urllib.request.Request(f"{url}/_control", json.dumps(orders).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
