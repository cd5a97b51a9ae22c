"""The front door: one origin for pages, files and signalling, as CloudFront makes it on AWS."""

import http
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Protocol

from chalice.app import Chalice

from local.front.files import StaticFiles
from local.front.gateway import Gateway
from local.front.media import ROUTE as MEDIA_ROUTE
from local.front.media import MediaWorker
from local.front.wire import Answer, BodyTooLong, Call, problem, read_call

READY_PATH: Final = "/_office/ready"
STATIC_FOLDER: Final = Path(__file__).parents[2] / "chalicelib" / "web" / "static"

access_log = logging.getLogger("fernamt.access")


class Answering(Protocol):
    """A part behind the door."""

    def answer(self, call: Call) -> Answer:
        """Answer one call."""


StartResponse = Callable[[str, list[tuple[str, str]]], object]


class FrontDoor:
    """The WSGI application."""

    def __init__(self, app: Chalice, *, media: tuple[str, int], static_folder: Path = STATIC_FOLDER) -> None:
        self._parts: tuple[tuple[str, Answering], ...] = (
            ("/static/", StaticFiles(static_folder)),
            (MEDIA_ROUTE, MediaWorker(*media)),
            ("/", Gateway(app)),
        )

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as WSGI says."""
        started = time.perf_counter()
        answer = self._answer(environ)
        method = environ["REQUEST_METHOD"]
        # Never the address, the query or the body: they name people, and hold what opens doors.
        took_ms = (time.perf_counter() - started) * 1000
        access_log.info("%s %s %d %.0f ms", method, answer.route, answer.status, took_ms)
        headers = [pair for pair in answer.headers if pair[0].lower() != "content-length"]
        if answer.status not in {http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_MODIFIED}:
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(_status_line(answer.status), headers)
        return [] if method == "HEAD" else [answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        try:
            call = read_call(environ)
        except BodyTooLong:
            return problem(413, "That is too much at once.")
        if call.path == READY_PATH:
            return Answer(200, (("Content-Type", "text/plain"),), b"ready\n", READY_PATH)
        part = next(part for prefix, part in self._parts if call.path.startswith(prefix))
        return part.answer(call)


def _status_line(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} -"
