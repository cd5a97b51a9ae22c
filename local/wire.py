"""How the servers of this machine see HTTP: a call with a bounded body, an answer, and WSGI around both."""

import contextlib
import http
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import waitress
from waitress import wasyncore

from local.ports import HOST, READY_PATH

BODY_BYTES_MAX: Final = 10 * 1024 * 1024
"""API Gateway refuses more."""

access_log = logging.getLogger("fernamt.access")


class BodyTooLong(Exception):
    """The request's body is longer than this route takes."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request. `path` is as it came, percent-encoded; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response; a header may come several times."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    route: str = "-"
    """What the access log may know of the path."""


def problem(status: int, title: str, *, route: str = "-", headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A refusal of the door itself, as RFC 9457 writes it."""
    body = f'{{"type":"about:blank","status":{status},"title":"{title}"}}'.encode()
    kind = ("Content-Type", "application/problem+json")
    return Answer(status, (kind, ("Cache-Control", "no-store"), *headers), body, route)


def read_call(environ: Mapping[str, Any], *, body_bytes_max: int = BODY_BYTES_MAX) -> Call:
    """Take a request out of a WSGI environment. Raises BodyTooLong."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > body_bytes_max:
        raise BodyTooLong(str(length))
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    headers |= {
        name.replace("_", "-").lower(): environ[name]
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        if environ.get(name)
    }
    path, _, query = environ["REQUEST_URI"].partition("?")
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    return Call(environ["REQUEST_METHOD"], path, query, headers, body)


StartResponse = Callable[[str, list[tuple[str, str]]], object]


class WsgiApplication:
    """One function behind WSGI; it says what it did in the access log."""

    def __init__(self, answer: Callable[[Call], Answer]) -> None:
        self._answer = answer

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as WSGI says."""
        started = time.perf_counter()
        answer = self._ask(environ)
        method = environ["REQUEST_METHOD"]
        # Never the address, the query or the body: they name people, and hold what opens doors.
        took_ms = (time.perf_counter() - started) * 1000
        access_log.info("%s %s %d %.0f ms", method, answer.route, answer.status, took_ms)
        headers = [pair for pair in answer.headers if pair[0].lower() != "content-length"]
        if answer.status not in {http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_MODIFIED}:
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(_status_line(answer.status), headers)
        return [] if method == "HEAD" else [answer.body]

    def _ask(self, environ: dict[str, Any]) -> Answer:
        try:
            call = read_call(environ)
        except BodyTooLong:
            return problem(413, "That is too much at once.")
        if call.path == READY_PATH:
            return Answer(200, (("Content-Type", "text/plain"),), b"ready\n", READY_PATH)
        return self._answer(call)


def serve(answer: Callable[[Call], Answer], *, port: int, threads: int = 4) -> None:
    """Serve on this machine only, until the process ends."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(
        WsgiApplication(answer), host=HOST, port=port, threads=threads, ident="fernamt", connection_limit=400
    )


@contextlib.contextmanager
def serving(answer: Callable[[Call], Answer], *, threads: int = 4) -> Iterator[int]:
    """Serve in a thread, on a free port that is given; everything is closed at the end."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        WsgiApplication(answer), map=sockets, host=HOST, port=0, threads=threads, ident="fernamt"
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        # Workers wake the loop when they are done, so they end first. Then the loop closes the sockets that it polls.
        server.task_dispatcher.shutdown()
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
        thread.join(timeout=10)


def _status_line(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} -"
