"""The log: an allow-list. Route, status and kind of error; never a path with ids, a body, an address.

What is not a parameter here cannot be logged. Powertools writes the lines: one JSON object each, for CloudWatch.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from traceback import extract_tb
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

UNEXPECTED = 500


@dataclass(frozen=True)
class Log:
    """Lines of one process; `stream` is where they go."""

    stream: IO[str] = field(default_factory=lambda: sys.stderr)
    service: str = "fernamt"

    @cached_property
    def _logger(self) -> Logger:
        from aws_lambda_powertools import Logger  # noqa: PLC0415 - most processes never log a line

        return Logger(service=self.service, stream=self.stream, location=None, use_rfc3339=True)

    def failed(self, *, route: str, method: str, error: Exception, status: int) -> None:
        """A request that was refused, or failed: then with the lines of code, never with an error's text."""
        told: dict[str, object] = {
            "route": route,
            "method": method,
            "status": status,
            "error": type(error).__name__,
        }
        if status >= UNEXPECTED:
            self._logger.error("request-failed", extra={**told, "at": _places(error)})
        else:
            self._logger.info("request-refused", extra=told)

    def work_failed(self, *, work: str, error: Exception) -> None:
        """Something in the background failed and will be tried again."""
        told = {"work": work, "error": type(error).__name__, "at": _places(error)}
        self._logger.error("work-failed", extra=told)


def _places(error: Exception) -> list[str]:
    """File, line and function of the last frames: an error's text may quote what a citizen typed."""
    frames = extract_tb(error.__traceback__)[-6:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
