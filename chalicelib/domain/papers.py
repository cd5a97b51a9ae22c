"""Papers that citizen and clerk give each other: announced, checked, opened.

Bytes from outside lie in quarantine until they were checked, and what is served is the checked copy, never
what was sent. A name is kept only as a label: it is never a path, a key or a header as it came.
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from chalicelib.domain.canonical_json import JSON
from chalicelib.domain.cases import Record
from chalicelib.domain.errors import NoSuchPaper, PaperError
from chalicelib.domain.transitions import step

Seat: TypeAlias = Literal["citizen", "clerk"]

SIZE_MAX = 10 * 1024 * 1024
PAPERS_PER_FILE_MAX = 40
PIXELS_MAX = 40_000_000
PAGES_MAX = 200
NAME_CHARACTERS_MAX = 80

EXTENSIONS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
MAGIC = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
}
# Windows gives these names to devices, whatever the extension.
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
}
_AWKWARD = frozenset("<>:\"|?*%;&$`'")


class PaperState(StrEnum):
    """Where a paper stands. Only a CHECKED one can be opened."""

    ANNOUNCED = "announced"
    CHECKED = "checked"
    REFUSED = "refused"


PAPER_STEPS = {
    (PaperState.ANNOUNCED, "pass"): PaperState.CHECKED,
    (PaperState.ANNOUNCED, "refuse"): PaperState.REFUSED,
    (PaperState.CHECKED, "open"): PaperState.CHECKED,
}


class Refusal(StrEnum):
    """Why a paper was not taken; each has a sentence in the catalogues."""

    TOO_MANY = "too-many"
    TOO_LARGE = "too-large"
    EMPTY = "empty"
    TYPE = "type"
    DISGUISED = "disguised"
    BROKEN = "broken"
    PIXELS = "pixels"
    PAGES = "pages"
    ENCRYPTED = "encrypted"
    ACTIVE = "active"
    COSTLY = "costly"


class PaperRefused(PaperError):
    """The paper is not one we take; `why` says it, the citizen can mend it."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


class PaperNotArrived(PaperError):
    """The announced bytes are not in quarantine (yet): upload them, then say so again."""


class PaperNotReady(PaperError):
    """The paper was not checked, or refused: nobody can open it."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of a file. `size` in bytes, as announced until CHECKED, then of the checked copy.

    `digest` is the SHA-256 (hex) of the checked copy: the case commits to it, the copy is stored under it.
    """

    id: str
    from_: Seat
    name: str
    media_type: str
    size: int
    state: PaperState
    announced_at: datetime
    checked_at: datetime | None = None
    opened_at: datetime | None = None
    digest: str | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class UploadForm:
    """Where a browser sends the bytes: POST `url` as a form, `fields` first, then the field `file`."""

    url: str
    fields: dict[str, str]
    paper_id: str


def announce(
    paper_id: str, *, seat: Seat, actor: str, name: str, media_type: str, size: int, held: int, now: datetime
) -> tuple[Paper, Record]:
    """Take note of a paper to come; `held` papers are in the file already. Raises PaperRefused."""
    if held >= PAPERS_PER_FILE_MAX:
        raise PaperRefused(Refusal.TOO_MANY)
    if media_type not in EXTENSIONS:
        raise PaperRefused(Refusal.TYPE)
    if size > SIZE_MAX:
        raise PaperRefused(Refusal.TOO_LARGE)
    if size < 1:
        raise PaperRefused(Refusal.EMPTY)
    paper = Paper(paper_id, seat, file_name(name, media_type), media_type, size, PaperState.ANNOUNCED, now)
    return paper, _record("paper-announced", actor, paper)


def passed(paper: Paper, *, actor: str, size: int, digest: str, now: datetime) -> tuple[Paper, Record]:
    """Take the checked copy of `size` bytes. Raises StepNotAllowed unless the paper was only announced."""
    state = step(PAPER_STEPS, paper.state, "pass")
    paper = replace(paper, state=state, size=size, digest=digest, checked_at=now)
    return paper, _record("paper-checked", actor, paper, sha256=digest)


def refused(paper: Paper, why: Refusal, *, actor: str, now: datetime) -> tuple[Paper, Record]:
    """Refuse what arrived. Raises StepNotAllowed unless the paper was only announced."""
    state = step(PAPER_STEPS, paper.state, "refuse")
    paper = replace(paper, state=state, refusal=why, checked_at=now)
    return paper, _record("paper-refused", actor, paper, why=why.value)


def opened(paper: Paper, *, actor: str, now: datetime) -> tuple[Paper, Record]:
    """Note that `actor` opens the paper; `opened_at` keeps the first time. Raises PaperNotReady."""
    if paper.state is not PaperState.CHECKED:
        raise PaperNotReady(paper.id)
    state = step(PAPER_STEPS, paper.state, "open")
    paper = replace(paper, state=state, opened_at=paper.opened_at or now)
    return paper, _record("paper-opened", actor, paper)


def own(paper: Paper | None, seat: Seat) -> Paper:
    """Return the paper if `seat` sent it; another's answers as if absent. Raises NoSuchPaper."""
    if paper is None or paper.from_ != seat:
        raise NoSuchPaper
    return paper


def sniff(start: bytes) -> str | None:
    """Tell the media type by the first 16 bytes, or None. A PDF begins at once, without junk before it."""
    return next((kind for kind, magic in MAGIC.items() if start.startswith(magic)), None)


def file_name(raw: str, media_type: str) -> str:
    """Make a harmless label: last part of a path, no control or bidi characters, our own extension."""
    text = unicodedata.normalize("NFC", raw.encode("utf-8", "replace").decode("utf-8"))
    text = text.replace("\\", "/").rsplit("/", 1)[-1]
    # Categories C* hold control, format (bidi!), surrogate, private and unassigned characters, Z* separators.
    text = "".join(" " if unicodedata.category(c)[0] == "Z" else c for c in text)
    text = "".join("_" if c in _AWKWARD else c for c in text if unicodedata.category(c)[0] != "C")
    stem = " ".join(text.split())
    stem, dot, last = stem.rpartition(".")
    if not (dot and last.isalpha() and len(last) <= len("jpeg")):
        stem = f"{stem}{dot}{last}"  # the dot is of a date, not of an extension
    stem = stem.removesuffix(EXTENSIONS[media_type])[:NAME_CHARACTERS_MAX].strip(" .-_")
    if not stem or stem.partition(".")[0].lower() in _DEVICES:
        stem = f"paper-{stem}".rstrip("-")
    return stem + EXTENSIONS[media_type]


def _record(kind: str, actor: str, paper: Paper, **more: JSON) -> Record:
    payload: dict[str, JSON] = {
        "paper": paper.id,
        "name": paper.name,
        "media_type": paper.media_type,
        "size": paper.size,
    }
    return Record(kind, actor, payload | more)
