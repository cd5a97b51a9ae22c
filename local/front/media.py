"""Hands signalling to the media worker, as the load balancer would."""

import http.client
from typing import Final

from local.wire import Answer, Call, problem

OFFER_BYTES_MAX: Final = 64 * 1024
_TIMEOUT_SECONDS: Final = 20.0
_PASSED_ON: Final = ("accept", "authorization", "content-type", "if-match", "origin")
_PASSED_BACK: Final = frozenset(
    {"cache-control", "content-type", "etag", "link", "location", "retry-after", "www-authenticate"}
)
_METHODS: Final = frozenset({"DELETE", "GET", "OPTIONS", "PATCH", "POST"})
ROUTE: Final = "/media/"


class MediaWorker:
    """The worker at one address of this machine."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)

    def answer(self, call: Call) -> Answer:
        """Ask the worker; 413 for too long an offer, 503 when it is not there."""
        if call.method not in _METHODS:
            return problem(405, "Signalling does not take that method.", route=ROUTE)
        if len(call.body) > OFFER_BYTES_MAX:
            return problem(413, "An offer is at most 64 KB long.", route=ROUTE)
        connection = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT_SECONDS)
        try:
            target = f"{call.path}?{call.query}" if call.query else call.path
            headers = {name: call.headers[name] for name in _PASSED_ON if name in call.headers}
            connection.request(call.method, target, body=call.body or None, headers=headers)
            response = connection.getresponse()
            passed = tuple((name, value) for name, value in response.getheaders() if name.lower() in _PASSED_BACK)
            return Answer(response.status, passed, response.read(), ROUTE)
        except (OSError, http.client.HTTPException):
            return problem(503, "No media worker answers.", route=ROUTE, headers=(("Retry-After", "2"),))
        finally:
            connection.close()
