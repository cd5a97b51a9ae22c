"""All of the stand-in behind one port: `/v1/…` the API, `/c/pay/…` the page, `/_control` for tests."""

from __future__ import annotations

import json
import secrets
import string
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from local.payments.api import Api, Request
from local.payments.book import Book
from local.payments.checkout import PREFIX, CheckoutPages, Page, Visit
from local.payments.errors import ApiError, invalid_request
from local.payments.ledger import Ledger
from local.payments.notices import Notices

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST: Final = "127.0.0.1"
STYLE: Final = Path(__file__).parent / "static" / "checkout.css"
BODY_BYTES_MAX: Final = 1 << 20
REASONS: Final = {
    200: "OK",
    303: "See Other",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    422: "Unprocessable Content",
}
_LETTERS: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it goes over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def new_name(prefix: str) -> str:
    """Make an id like Stripe's: the prefix and letters that nobody guesses."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(58 if prefix == "cs_test_" else 24))


@dataclass
class StandIn:
    """The stand-in as a WSGI application. `state` None keeps everything in memory."""

    api_key: str
    webhook_secret: str
    notice_url: str
    public_url: str
    state: Path | None = None
    clock: Callable[[], float] = time.time
    book: Book = field(init=False)
    notices: Notices = field(init=False)
    api: Api = field(init=False)
    pages: CheckoutPages = field(init=False)

    def __post_init__(self) -> None:
        """Take up the book where it lies, and put its parts together."""
        self.book = Book(Ledger(new_name), self.state)
        self.notices = Notices(self.book, self.notice_url, self.webhook_secret, self.clock)
        self.api = Api(self.book, self.api_key, self.public_url + PREFIX, self._now, happened=self.notices.collect)
        self.pages = CheckoutPages(self.book, self._now, happened=self.notices.collect)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        wire = self._route(environ)
        start(
            f"{wire.status} {REASONS.get(wire.status, 'Status')}",
            [*wire.headers.items(), ("Content-Length", str(len(wire.body)))],
        )
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else wire.body]

    def _now(self) -> int:
        return int(self.clock())

    def _route(self, environ: WSGIEnvironment) -> Wire:
        path, method = str(environ["PATH_INFO"]), str(environ["REQUEST_METHOD"])
        body = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), BODY_BYTES_MAX))
        text = body.decode("utf-8", "replace")
        if path.startswith("/v1/"):
            return self._api(environ, method, path, text)
        if path.startswith(PREFIX):
            return self._page(environ, method, path, text)
        if path == "/_control":
            return self._control(method, text)
        if path == "/_static/checkout.css":
            return Wire(200, STYLE.read_bytes(), {"Content-Type": "text/css; charset=utf-8"})
        if path == "/":
            return _json(200, {"stands for": "Stripe", "money": "none moves"})
        return _json(404, {"error": "nothing here"})

    def _api(self, environ: WSGIEnvironment, method: str, path: str, text: str) -> Wire:
        headers = {
            name[5:].replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        form = text if method == "POST" else str(environ.get("QUERY_STRING", ""))
        answer = self.api.answer(Request(method, path, form, headers))
        return _json(answer.status, answer.body, answer.headers)

    def _page(self, environ: WSGIEnvironment, method: str, path: str, text: str) -> Wire:
        if method not in ("GET", "HEAD", "POST"):
            return _json(405, {"error": "GET or POST"})
        visit = Visit(
            "POST" if method == "POST" else "GET",
            path,
            query=_first_values(str(environ.get("QUERY_STRING", ""))),
            form=_first_values(text),
            languages=str(environ.get("HTTP_ACCEPT_LANGUAGE", "")),
        )
        return _html(self.pages.visit(visit))

    def _control(self, method: str, text: str) -> Wire:
        try:
            with self.book.lock:
                if method == "POST":
                    self._obey(json.loads(text or "{}"))
                    self.notices.collect()
                    self.book.save()
                return _json(200, self._report())
        except ApiError as refused:
            return _json(refused.status, refused.body())
        except ValueError:
            return _json(400, invalid_request("The body is no JSON object.").body())

    def _obey(self, orders: Any) -> None:
        """Do what a test asks: weather, `pays_later`, `release`, `resend`, `finish`, `expire`."""
        if not isinstance(orders, dict):
            raise invalid_request("The body is no JSON object.")
        ledger, now = self.book.ledger, self._now()
        acts: dict[str, Callable[[Any], object]] = {
            "pays_later": lambda wish: setattr(self.pages, "pays_later", bool(wish)),
            "finish": lambda wish: ledger.finish(wish["session"], succeeds=bool(wish["succeeds"]), now=now),
            "expire": lambda wish: ledger.expire_session(wish, now=now),
            "release": self.notices.release,
            "resend": self.notices.resend,
        }
        weather = {name: wish for name, wish in orders.items() if hasattr(self.notices.weather, name)}
        self.notices.weather.change(weather)
        for name, wish in orders.items():
            if name in acts:
                acts[name](wish)
            elif name not in weather:
                raise invalid_request(f"Unknown order: {name}", param=name)

    def _report(self) -> dict[str, Any]:
        ledger = self.book.ledger
        return {
            "sessions": list(ledger.sessions.values()),
            "charges": list(ledger.charges.values()),
            "events": [{"id": event["id"], "type": event["type"]} for event in ledger.events.values()],
            "sendings": self.book.sendings,
        }


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _SilentHandler(WSGIRequestHandler):
    """Logs nothing: an address here names a payment."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Keep quiet."""


@dataclass
class RunningStandIn:
    """A stand-in that listens on 127.0.0.1 and sends its notices, until `close`."""

    stand_in: StandIn
    port: int
    _server: _Server = field(init=False)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen; raise OSError if the port is taken."""
        self._server = _Server((HOST, self.port), _SilentHandler)
        self._server.set_app(self.stand_in)
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self.stand_in.notices.run, args=(self._stop,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Serve until somebody interrupts."""
        self._stop.wait()

    def close(self) -> None:
        """End both threads; what was not sent is sent by the next process."""
        self._stop.set()
        self.stand_in.notices.wake.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(timeout=5)


def _first_values(encoded: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(encoded, keep_blank_values=True).items()}


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Wire:
    whole = {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})}
    return Wire(status, json.dumps(body, indent=2, ensure_ascii=False).encode(), whole)


def _html(page: Page) -> Wire:
    allowed = " ".join(("'self'", *page.may_post_to))
    policy = (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {allowed}"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if page.location:
        headers["Location"] = page.location
    return Wire(page.status, page.html.encode(), headers)
