"""Hands signalling to the media workers, as the load balancer would."""

import http.client
import itertools
from collections.abc import Iterator, Sequence
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


class MediaWorkers:
    """The workers at these addresses of this machine: any takes a request, and passes on what is another's."""

    def __init__(self, addresses: Sequence[tuple[str, int]]) -> None:
        """Take turns among `addresses` (host, port), beginning with the first."""
        self._addresses = tuple(addresses)
        self._turns = itertools.count()  # its next() is one step: threads need no lock

    def answer(self, call: Call) -> Answer:
        """Ask the worker whose turn it is, or the next that is there.

        413 for too long an offer; 503 when none is there, or when one falls silent: it may have begun, so no other
        is asked.
        """
        if call.method not in _METHODS:
            return problem(405, "Signalling does not take that method.", route=ROUTE)
        if len(call.body) > OFFER_BYTES_MAX:
            return problem(413, "An offer is at most 64 KB long.", route=ROUTE)
        for address in self._in_turn():
            try:
                return _ask(address, call)
            except ConnectionRefusedError:
                continue
            except (OSError, http.client.HTTPException):
                break
        return problem(503, "No media worker answers.", route=ROUTE, headers=(("Retry-After", "2"),))

    def _in_turn(self) -> Iterator[tuple[str, int]]:
        first = next(self._turns) % len(self._addresses)
        yield from (*self._addresses[first:], *self._addresses[:first])


def _ask(address: tuple[str, int], call: Call) -> Answer:
    connection = http.client.HTTPConnection(*address, timeout=_TIMEOUT_SECONDS)
    try:
        target = f"{call.path}?{call.query}" if call.query else call.path
        headers = {name: call.headers[name] for name in _PASSED_ON if name in call.headers}
        connection.request(call.method, target, body=call.body or None, headers=headers)
        response = connection.getresponse()
        passed = tuple((name, value) for name, value in response.getheaders() if name.lower() in _PASSED_BACK)
        return Answer(response.status, passed, response.read(), ROUTE)
    finally:
        connection.close()
