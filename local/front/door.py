"""The front door: one origin for pages, files and signalling, as CloudFront makes it on AWS."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from chalice.app import Chalice

from local.front.files import StaticFiles
from local.front.gateway import Gateway
from local.front.media import ROUTE as MEDIA_ROUTE
from local.front.media import MediaWorkers
from local.wire import Answer, Call, problem

STATIC_FOLDER: Final = Path(__file__).parents[2] / "chalicelib" / "web" / "static"


class Answering(Protocol):
    """A part behind the door."""

    def answer(self, call: Call) -> Answer:
        """Answer one call."""


class FrontDoor:
    """Sends each call to the part it is for."""

    def __init__(
        self, app: Chalice, *, media: Sequence[tuple[str, int]], static_folder: Path = STATIC_FOLDER
    ) -> None:
        self._parts: tuple[tuple[str, Answering], ...] = (
            ("/static/", StaticFiles(static_folder)),
            (MEDIA_ROUTE, MediaWorkers(media)),
            ("/", Gateway(app)),
        )

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        for prefix, part in self._parts:
            if call.path.startswith(prefix):
                return part.answer(call)
        return problem(400, "That is no path.")  # `OPTIONS *`, or an address for a proxy
