"""The other workers: a request for a call that lives there is passed on, once, to where its signed ticket says."""

from types import TracebackType
from typing import Self

from aiohttp import ClientError, ClientSession, ClientTimeout, web

PASSED_ON = "Fernamt-Passed-On"
# The owner answers in milliseconds; a browser gives up after six seconds and asks the office again.
PATIENCE_S = 3.0
_THERE = ("Authorization", "Content-Type")
_BACK = ("Content-Type", "Location", "Cache-Control", "Retry-After", "WWW-Authenticate")


class NeighbourSilent(Exception):  # the event: the other worker was asked and did not answer
    """The worker that the ticket names cannot be reached."""


def was_passed_on(request: web.Request) -> bool:
    """Tell whether another worker sent this here: it is never passed on again."""
    return PASSED_ON in request.headers


class Neighbours:
    """Asks other workers, over connections that are kept."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience = ClientTimeout(total=patience_s)
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open."""
        self._session = ClientSession(timeout=self._patience, auto_decompress=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, address: str, request: web.Request) -> web.Response:
        """Return what the worker at `address` (from a verified ticket) answers. Raises NeighbourSilent."""
        if self._session is None:
            raise NeighbourSilent(address)
        headers = {name: request.headers[name] for name in _THERE if name in request.headers}
        try:
            async with self._session.request(
                request.method,
                address + request.path,
                data=await request.read(),
                headers={**headers, PASSED_ON: "1"},
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
                back = {name: answer.headers[name] for name in _BACK if name in answer.headers}
                return web.Response(status=answer.status, body=body or None, headers=back)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise NeighbourSilent(type(error).__name__) from error
