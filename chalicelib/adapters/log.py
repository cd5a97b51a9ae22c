"""The log: an allow-list. Route, status and kind of error; never a path with ids of people, a body, an address."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from traceback import extract_tb
from typing import IO, Any

UNEXPECTED = 500


@dataclass(frozen=True, slots=True)
class Log:
    """One JSON object a line, for CloudWatch and for eyes. Whatever is not a parameter cannot be logged."""

    stream: IO[str] = sys.stderr

    def failed(self, *, route: str, method: str, error: Exception, status: int) -> None:
        """A request that was refused, or failed: then with the lines of code, never with an error's text."""
        line: dict[str, Any] = {
            "event": "request-failed" if status >= UNEXPECTED else "request-refused",
            "route": route,
            "method": method,
            "status": status,
            "error": type(error).__name__,
        }
        if status >= UNEXPECTED:
            line["at"] = _places(error)
        self._write(line)

    def work_failed(self, *, work: str, error: Exception) -> None:
        """Something in the background failed and will be tried again."""
        self._write({"event": "work-failed", "work": work, "error": type(error).__name__, "at": _places(error)})

    def _write(self, line: dict[str, Any]) -> None:
        print(json.dumps(line), file=self.stream, flush=True)


def _places(error: Exception) -> list[str]:
    """File, line and function of the last frames: an error's text may quote what a citizen typed."""
    frames = extract_tb(error.__traceback__)[-6:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
