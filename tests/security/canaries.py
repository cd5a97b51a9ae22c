"""Canaries: marks that stand for people and secrets, and the scan that finds them wherever they should not be."""

from __future__ import annotations

import base64
import html
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _word(letters: int = 14) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(letters))


@dataclass
class Canaries:
    """One mark for each thing that a person tells or is given; `more` for secrets that the office makes."""

    name: str = field(default_factory=lambda: f"Zoë {_word().title()}")
    email: str = field(default_factory=lambda: f"{_word()}@example.org")
    phone: str = field(default_factory=lambda: f"+49 6221 {secrets.randbelow(10**9):09d}")
    note: str = field(default_factory=lambda: f"Bitte läuten: {_word()}")
    street: str = field(default_factory=lambda: f"{_word().title()}straße 7")
    reason: str = field(default_factory=lambda: f"Härtefall {_word()}")
    file: str = field(default_factory=lambda: f"{_word()}-ärztlich")
    more: dict[str, str] = field(default_factory=dict)

    def secret(self, what: str, value: str) -> None:
        """Watch for a link's secret, a cookie's value, a ticket."""
        if len(value) < 16:
            raise ValueError(f"{what} is too short to be told from chance")
        self.more[f"{what} {len(self.more)}"] = value

    @property
    def all(self) -> Mapping[str, str]:
        own = ("name", "email", "phone", "note", "street", "reason", "file")
        return {what: str(getattr(self, what)) for what in own} | self.more

    def found_in(self, text: str) -> list[str]:
        """Which canaries `text` holds, however it is encoded: a single word or the signature of a token is enough."""
        readings = set(_readings(text))
        return sorted(
            what
            for what, value in self.all.items()
            if any(mark in reading for mark in _marks(value) for reading in readings)
        )

    def found_in_files(self, paths: Iterable[Path]) -> dict[str, list[str]]:
        """Which canaries lie in which file."""
        found = {path.name: self.found_in(path.read_text(errors="replace")) for path in paths}
        return {name: whats for name, whats in found.items() if whats}


def _marks(value: str) -> Iterator[str]:
    """The value as it is and as programs write it; of several words the longest alone as well."""
    yield from (value, quote(value), quote_plus(value), json.dumps(value)[1:-1], html.escape(value))
    yield value.encode("unicode_escape").decode()  # as a repr of bytes or text writes it
    yield base64.b64encode(value.encode()).decode().rstrip("=")
    yield max(value.replace("@", " ").split(), key=len)
    if value.count(".") == 2:  # a token: its signature is never printed by chance
        yield value.rpartition(".")[2]


def _readings(text: str) -> Iterator[str]:
    yield text
    yield unquote(text)
    yield unquote_plus(unquote(text))
    yield html.unescape(text)


def logs_of(folder: Path) -> list[Path]:
    """Everything that an office's parts have logged, and what its pump put aside."""
    return [
        path
        for path in [folder / "office.log", *sorted(folder.rglob("*.log")), *folder.rglob("dead-letters*")]
        if path.is_file()
    ]
