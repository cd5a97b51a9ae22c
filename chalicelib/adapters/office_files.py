"""Office files from disk: `chalicelib/offices/*.toml`, one an office, the file's name its key."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.domain.office_file import parse_office
from chalicelib.domain.office_reader import OfficeFileRefused, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chalicelib.domain.offices import Office

# An amount with a decimal comma is no TOML at all. In quotes it is, and is then refused in its place.
_COMMA_AMOUNT = re.compile(r"^(\s*fee\s*=\s*)(\d+,\d+)(\s*(?:#.*)?)$", re.MULTILINE)
_AT_LINE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)\Z")


def read_offices(directory: Path) -> Mapping[str, Office]:
    """Return all offices by key. Raise OfficeFileRefused with every problem of every file."""
    offices: dict[str, Office] = {}
    problems: list[Problem] = []
    paths = sorted(directory.glob("*.toml"))
    if not paths:
        problems.append(Problem(directory.name, "", "holds no office; add one such as heidelberg.toml"))
    for path in paths:
        try:
            offices[path.stem] = read_office(path)
        except OfficeFileRefused as refused:
            problems.extend(refused.problems)
    problems.extend(_same_prefix(offices))
    if problems:
        raise OfficeFileRefused(tuple(problems))
    return offices


def read_office(path: Path) -> Office:
    """Return the office that one file describes. Raise OfficeFileRefused."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as failed:
        raise _refused(path, "", f"byte {failed.start + 1} is not UTF-8; save the file as UTF-8") from None
    except OSError as failed:
        raise _refused(path, "", f"cannot be read ({failed.strerror}); check the file's rights") from None
    return parse_office(_tables(path, text), key=path.stem)


def _tables(path: Path, text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        pass
    mended = _COMMA_AMOUNT.sub(r'\1"\2"\3', text)
    try:
        return tomllib.loads(mended, parse_float=Decimal)
    except tomllib.TOMLDecodeError as failed:
        found = _AT_LINE.match(str(failed))
        if found is None:
            raise _refused(path, "", f"{failed}; the file breaks off, close what is open at its end") from None
        what, line, column = found[1], int(found[2]), found[3]
        wrong = mended.splitlines()[line - 1].strip() if line <= len(mended.splitlines()) else ""
        place = f"line {line}, column {column}"
        raise _refused(path, place, f"{what}, in: {wrong}; mend this line as TOML wants it") from None


def _refused(path: Path, place: str, text: str) -> OfficeFileRefused:
    return OfficeFileRefused((Problem(path.name, place, text),))


def _same_prefix(offices: Mapping[str, Office]) -> list[Problem]:
    """Two offices with one prefix would give references that sound alike."""
    owners: dict[str, str] = {}
    return [
        Problem(f"{key}.toml", "office.short", f"{office.short} is the prefix of {other} too; write another")
        for key, office in offices.items()
        if (other := owners.setdefault(office.short, key)) != key
    ]
