"""Reading one table of an office file: every value checked, every problem kept, none of them fatal at once.

A method that cannot give what the file should have said notes the problem and returns a stand-in of the
right type, so that one pass finds all that is wrong. Whoever asks last refuses the file (`Report.verdict`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import FernamtError
from chalicelib.domain.money import Money, NotAnAmount

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

KEY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
_ANYTHING = re.compile(r"[^\x00-\x1f]+\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, and how to mend it."""

    file: str
    place: str
    text: str

    def __str__(self) -> str:
        """Write `heidelberg.toml: services.x.fee: 5,50 is not an amount; write 5.50`."""
        return ": ".join(part for part in (self.file, self.place, self.text) if part)


class OfficeFileRefused(FernamtError):
    """Office files that cannot be used; the message names every problem, one a line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(slots=True)
class Report:
    """The problems of one file, and the languages that its texts must speak."""

    file: str
    languages: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    def add(self, place: str, text: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.file, place, text))

    def verdict(self) -> None:
        """Raise OfficeFileRefused if anything was noted."""
        if self.problems:
            raise OfficeFileRefused(tuple(self.problems))


class Section:
    """One table of the file. Ask for every key it may have, then `close` it: all others are unknown."""

    def __init__(self, table: Mapping[str, Any], *, place: str, report: Report) -> None:
        self._table, self._place, self._report = table, place, report
        self._asked: set[str] = set()

    def place(self, key: str) -> str:
        """Return the path of a key as a person would look for it."""
        return f"{self._place}.{key}" if self._place else key

    def refuse(self, key: str, text: str) -> None:
        """Note a problem with a key of this table."""
        self._report.add(self.place(key), text)

    def has(self, key: str) -> bool:
        """Tell whether the file gives this key at all."""
        self._asked.add(key)
        return key in self._table

    def names(self) -> tuple[str, ...]:
        """Return the names of all keys, for a table whose keys are data."""
        return tuple(self._table)

    def value(self, key: str, *, example: str) -> Any:
        """Return the raw value; note it as missing, with an example, and return None."""
        if not self.has(key):
            self.refuse(key, f"is missing; write for example {key} = {example}")
            return None
        return self._table[key]

    def string(self, key: str, *, example: str, pattern: re.Pattern[str] = _ANYTHING) -> str:
        """Return a line of text that `pattern` matches; `example` shows one, in quotes."""
        found = self.value(key, example=example)
        if found is None or (isinstance(found, str) and found.strip() and pattern.match(found)):
            return found or ""
        self.refuse(key, f"{shown(found)} cannot be used; write for example {key} = {example}")
        return ""

    def strings(self, key: str, *, example: str) -> tuple[str, ...]:
        """Return a list of at least one line of text."""
        found = self.value(key, example=example)
        if isinstance(found, list) and found and all(isinstance(item, str) and item for item in found):
            return tuple(found)
        if found is not None:
            self.refuse(key, f"{shown(found)} is no list of texts; write for example {key} = {example}")
        return ()

    def number(self, key: str, *, low: int, high: int, example: int) -> int:
        """Return a whole number, `low` ≤ n ≤ `high`."""
        found = self.value(key, example=str(example))
        if isinstance(found, int) and not isinstance(found, bool) and low <= found <= high:
            return found
        if found is not None:
            self.refuse(key, f"{shown(found)} is no whole number from {low} to {high}; write for example {example}")
        return example

    def flag(self, key: str) -> bool:
        """Return true or false; false if the key is not there."""
        found = self._table[key] if self.has(key) else False
        if not isinstance(found, bool):
            self.refuse(key, f"{shown(found)} is neither yes nor no; write true or false, without quotes")
        return found is True

    def day(self, key: str) -> date:
        """Return a date."""
        found = self.value(key, example="2026-01-27")
        if isinstance(found, date) and not isinstance(found, datetime):
            return found
        if found is not None:
            self.refuse(key, f"{shown(found)} is no date; write for example 2026-01-27, without quotes")
        return date.min

    def amount(self, key: str) -> Money | None:
        """Return an amount in euros; None if the key is not there: free of charge."""
        if not self.has(key):
            return None
        try:
            return Money.parse(str(self._table[key]))
        except NotAnAmount as refused:
            self.refuse(key, str(refused))
            return None

    def choice(self, key: str, choices: Collection[str]) -> str:
        """Return one of `choices`; `""` if the value is none of them."""
        found = self.value(key, example=f'"{next(iter(choices), "")}"')
        if found is None or self._known(key, found, choices):
            return found or ""
        return ""

    def choices(self, key: str, choices: Collection[str]) -> tuple[str, ...]:
        """Return those values of a list that are among `choices`; an absent key is an empty list."""
        found = self._table[key] if self.has(key) else []
        if not isinstance(found, list):
            self.refuse(key, f"{shown(found)} is no list; write for example [{shown(found)}]")
            return ()
        for item in [item for number, item in enumerate(found) if item in found[:number]]:
            self.refuse(key, f"{shown(item)} stands there twice; delete one")
        return tuple(item for item in found if self._known(key, item, choices))

    def text(self, key: str) -> Mapping[str, str]:
        """Return a text in every language of the office."""
        return self.section(key, example='{ de = "…", en = "…" }').translations()

    def translations(self) -> Mapping[str, str]:
        """Read this whole table as one text: a line in every language of the office."""
        found = {language: self.string(language, example='"…"') for language in self._report.languages}
        self.close()
        return found

    def words(self, key: str) -> Mapping[str, tuple[str, ...]]:
        """Return search words in every language of the office."""
        section = self.section(key, example='{ de = ["umziehen"], en = ["move"] }')
        found = {language: section.strings(language, example='["…"]') for language in self._report.languages}
        section.close()
        return found

    def section(self, key: str, *, example: str) -> Section:
        """Return the table under `key`."""
        found = self.value(key, example=example)
        if found is not None and not isinstance(found, dict):
            self.refuse(key, f"{shown(found)} is no table; write for example {key} = {example}")
        if not isinstance(found, dict):
            return Section({}, place=self.place(key), report=Report("", self._report.languages))
        return Section(found, place=self.place(key), report=self._report)

    def sections(self, key: str, *, example: str) -> Iterator[tuple[str, Section]]:
        """Yield name and table of everything under `key`, in the order of the file."""
        parent = self.section(key, example=example)
        for name in parent.names():
            if not KEY.match(name):
                parent.refuse(name, "cannot stand in an address; use a-z, 0-9 and single hyphens")
            yield name, parent.section(name, example="{ … }")

    def rows(self, key: str) -> Iterator[Section]:
        """Yield the tables of a list `[[key]]`, counted from 1; an absent list has none."""
        found = self._table[key] if self.has(key) else []
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            self.refuse(key, f"is no list of tables; begin each with [[{key}]]")
            return
        for number, row in enumerate(found, start=1):
            yield Section(row, place=f"{self.place(key)}[{number}]", report=self._report)

    def close(self) -> None:
        """Refuse the keys that nobody asked for, each with the nearest known name."""
        for key in self._table:
            if key not in self._asked:
                self.refuse(key, f"is unknown; {_nearest(key, self._asked)}")

    def _known(self, key: str, found: Any, choices: Collection[str]) -> bool:
        if isinstance(found, str) and found in choices:
            return True
        self.refuse(key, f"{shown(found)} is unknown; {_nearest(str(found), choices)}")
        return False


def shown(value: Any) -> str:
    """Write a value as the file would, short enough for a message."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - fits a line of a terminal


def _nearest(found: str, known: Collection[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only refused files need it

    near = get_close_matches(found, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known are {', '.join(sorted(known))}" if known else "nothing is known here; delete it"
