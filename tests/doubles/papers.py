"""The port PaperStore in memory, under the same contract as S3: `tests/papers/test_paper_store.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.domain.ids import FileKey
from chalicelib.domain.papers import SIZE_MAX, Paper, PaperNotArrived, PaperRefused, Refusal, UploadForm


@dataclass
class InMemoryPapers:
    """Two buckets in dictionaries; `upload` is what a browser does with a form."""

    uploads: dict[str, bytes] = field(default_factory=dict)
    copies: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def form(self, key: FileKey, paper: Paper) -> UploadForm:
        return UploadForm("https://upload.example", {"key": f"{key.office}/{paper.id}"}, paper.id)

    def upload(self, form: UploadForm, data: bytes) -> None:
        self.uploads[form.paper_id] = data

    def quarantined(self, key: FileKey, paper_id: str) -> bytes:
        if paper_id not in self.uploads:
            raise PaperNotArrived(paper_id)
        if len(self.uploads[paper_id]) > SIZE_MAX:
            raise PaperRefused(Refusal.TOO_LARGE)
        return self.uploads[paper_id]

    def discard(self, key: FileKey, paper_id: str) -> None:
        self.uploads.pop(paper_id, None)

    def keep(self, key: FileKey, paper: Paper, data: bytes, *, digest: str) -> None:
        self.copies[paper.id, digest] = data

    def link(self, key: FileKey, paper: Paper) -> str:
        if paper.digest is None:
            raise ValueError("only a checked paper has a copy to serve")
        return f"https://papers.example/{paper.id}/{paper.digest}"

    def fetch(self, link: str) -> bytes:
        paper_id, digest = link.split("/")[-2:]
        return self.copies[paper_id, digest]
