"""An append-only journal: one line is what one answer acknowledged, whole or not there at all.

A killed process loses nothing that it handed to the kernel, so a line written before the answer is sent
survives `kill -9`. A line that the kill cut short has no end of line and is dropped when reading: the
answer to it was never sent.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from local.atomic import write_atomically

Entry = list[Any]
"""A JSON array whose first element names its kind."""


class JournalBroken(Exception):
    """A line in the middle of the journal is not JSON: somebody else wrote into it."""


class Journal:
    """Lines of entries in one file; a single writer."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._pending: list[Entry] = []
        self._file = -1

    def open(self) -> Self:
        """Start to append; call `read` (and perhaps `rewrite`) before."""
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return self

    def close(self) -> None:
        """Write what is pending, then end."""
        self.flush()
        os.close(self._file)

    def note(self, entry: Entry) -> None:
        """Remember `entry` for the next flush."""
        self._pending.append(entry)

    def flush(self) -> None:
        """Write everything pending as one line. Raises OSError if the disk refuses it."""
        if not self._pending:
            return
        line = json.dumps(self._pending, separators=(",", ":")).encode() + b"\n"
        self._pending = []
        written = 0
        while written < len(line):
            written += os.write(self._file, line[written:])

    def read(self) -> Iterator[Entry]:
        """All entries, oldest first. Raises JournalBroken."""
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    return
                try:
                    yield from json.loads(line)
                except ValueError:
                    raise JournalBroken(f"{self._path}, line {number}, is not JSON.") from None

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Replace the whole journal by `entries`, in one step."""
        lines = b"".join(json.dumps([entry], separators=(",", ":")).encode() + b"\n" for entry in entries)
        write_atomically(self._path, lines)
