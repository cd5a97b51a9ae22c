"""The port PaperStore, told once and held by both: S3 over a real socket, and the double in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3

from chalicelib.adapters.s3_papers import S3Papers
from chalicelib.domain.ids import FileKey
from chalicelib.domain.papers import (
    SIZE_MAX,
    Paper,
    PaperNotArrived,
    PaperRefused,
    PaperState,
    UploadForm,
)
from local.aws.process import AwsProcess
from local.aws.resources import PAPERS_BUCKET, QUARANTINE_BUCKET
from tests.doubles.papers import InMemoryPapers

KEY = FileKey("heidelberg", "b" * 26)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class OverSocket(S3Papers):
    """S3 with the two things that a browser does."""

    __slots__ = ()

    def post(self, form: UploadForm, data: bytes) -> int:
        """What the bucket answers to a form: the HTTP status."""
        fields = form.fields | {"file": ("x", data, form.fields["Content-Type"])}
        return urllib3.request("POST", form.url, fields=fields, retries=False, timeout=60).status

    def upload(self, form: UploadForm, data: bytes) -> None:
        assert self.post(form, data) == 201

    def get(self, link: str) -> urllib3.BaseHTTPResponse:
        return urllib3.request("GET", link, retries=False, timeout=60)

    def fetch(self, link: str) -> bytes:
        return self.get(link).data


@dataclass(frozen=True)
class Ids:
    """Fresh ids, because all tests share the buckets."""

    paper: str


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsProcess]:
    with AwsProcess(Path(tmp_path_factory.mktemp("aws"))) as process:
        yield process


def over_socket(aws: AwsProcess) -> OverSocket:
    return OverSocket(aws.client("s3"), QUARANTINE_BUCKET, PAPERS_BUCKET)


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.aws)])
def store(request: pytest.FixtureRequest) -> InMemoryPapers | OverSocket:
    if request.param == "memory":
        return InMemoryPapers()
    return over_socket(request.getfixturevalue("aws"))


@pytest.fixture
def ids(request: pytest.FixtureRequest) -> Ids:
    return Ids(request.node.name.replace("[", "-").rstrip("]"))


def a_paper(paper_id: str, **changes: Any) -> Paper:
    made = Paper(paper_id, "citizen", "Übersicht.pdf", "application/pdf", 100, PaperState.ANNOUNCED, NOW)
    return replace(made, **changes)


def test_what_a_form_uploads_lies_in_quarantine_until_it_is_discarded(
    store: InMemoryPapers | OverSocket, ids: Ids
) -> None:
    with pytest.raises(PaperNotArrived):
        store.quarantined(KEY, ids.paper)
    store.upload(store.form(KEY, a_paper(ids.paper)), b"bytes")
    assert store.quarantined(KEY, ids.paper) == b"bytes"
    store.discard(KEY, ids.paper)
    store.discard(KEY, ids.paper)
    with pytest.raises(PaperNotArrived):
        store.quarantined(KEY, ids.paper)


def test_more_than_the_limit_is_refused_unread(store: InMemoryPapers | OverSocket, ids: Ids) -> None:
    store.upload(store.form(KEY, a_paper(ids.paper, size=SIZE_MAX + 1)), bytes(SIZE_MAX + 1))
    with pytest.raises(PaperRefused):
        store.quarantined(KEY, ids.paper)


def test_a_checked_copy_is_served_as_it_was_kept(store: InMemoryPapers | OverSocket, ids: Ids) -> None:
    digest = "d" * 64
    for _ in range(2):
        store.keep(KEY, a_paper(ids.paper), b"%PDF-1.7", digest=digest)
    assert store.fetch(store.link(KEY, a_paper(ids.paper, digest=digest))) == b"%PDF-1.7"


def test_a_paper_without_a_checked_copy_has_no_link(store: InMemoryPapers | OverSocket, ids: Ids) -> None:
    with pytest.raises(ValueError, match="checked"):
        store.link(KEY, a_paper(ids.paper))


@pytest.mark.aws
def test_the_bucket_takes_neither_more_nor_less_than_was_announced(aws: AwsProcess, ids: Ids) -> None:
    """The stand-in reads of a policy only the size; that type and place are in it is a test of its own."""
    store = over_socket(aws)
    form = store.form(KEY, a_paper(ids.paper))
    assert [store.post(form, bytes(101)), store.post(form, b"")] == [400, 400]
    with pytest.raises(PaperNotArrived):
        store.quarantined(KEY, ids.paper)


@pytest.mark.aws
def test_a_copy_is_served_as_a_download_that_no_cache_keeps(aws: AwsProcess, ids: Ids) -> None:
    store = over_socket(aws)
    store.keep(KEY, a_paper(ids.paper), b"%PDF-1.7", digest="d" * 64)
    headers = store.get(store.link(KEY, a_paper(ids.paper, digest="d" * 64))).headers
    assert headers["Content-Disposition"].startswith("attachment;")
    assert "%C3%9Cbersicht.pdf" in headers["Content-Disposition"]
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("application/pdf", "private, no-store")
