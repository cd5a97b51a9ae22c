"""Papers through the service: quarantine, check, the copy that is served, and what the case says of it."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from chalicelib.adapters.paper_check import PaperCheck
from chalicelib.adapters.s3_papers import S3Papers
from chalicelib.domain.bookings import Booking, BookingState, Details
from chalicelib.domain.errors import LinkExpired, LinkUnknown, NoSuchPaper, StepNotAllowed, StoreBusy
from chalicelib.domain.files import Changes, File
from chalicelib.domain.ids import FileKey
from chalicelib.domain.papers import (
    Paper,
    PaperNotArrived,
    PaperNotReady,
    PaperRefused,
    PaperState,
    Refusal,
    UploadForm,
)
from chalicelib.services.acting import Acting
from chalicelib.services.papers import Papers
from tests.doubles.chance import PlainSigner, SeededChance
from tests.doubles.files import InMemoryFiles
from tests.doubles.papers import InMemoryPapers
from tests.papers import hostile

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY = FileKey("heidelberg", "b" * 26)
JPEG = "image/jpeg"


@dataclass
class Desk:
    """One file with its papers."""

    files: InMemoryFiles
    store: InMemoryPapers
    papers: Papers

    def kinds(self) -> list[tuple[str, str]]:
        _, entries, _ = self.files.case(KEY)
        return [(entry.kind, entry.actor) for entry in entries]

    def announce(self, actor: str = "citizen", **changes: Any) -> UploadForm:
        told: dict[str, Any] = {"name": "foto.jpg", "media_type": JPEG, "size": 5000, "now": NOW} | changes
        return self.papers.announce(KEY, actor=actor, **told)

    def sent(self, data: bytes, actor: str = "citizen", **changes: Any) -> Paper:
        form = self.announce(actor, **changes)
        self.store.uploads[form.paper_id] = data
        return self.papers.received(KEY, form.paper_id, actor=actor, now=NOW)


def booking(state: BookingState = BookingState.CONFIRMED) -> Booking:
    return Booking(
        key=KEY,
        reference="HD-7K3M-9QX2",
        state=state,
        services=("meldebescheinigung",),
        start=NOW + timedelta(hours=1),
        minutes=10,
        booker="x",
        made_at=NOW,
        details=Details("Erika Mustermann", "erika@example.org", "de"),
    )


def desk_of(state: BookingState = BookingState.CONFIRMED) -> Desk:
    files, store = InMemoryFiles(), InMemoryPapers()
    acting = Acting(files, SeededChance(), PlainSigner())
    acting.create(booking(state), Changes(), now=NOW)
    return Desk(files, store, Papers(acting, store, PaperCheck()))


@pytest.fixture
def desk() -> Desk:
    return desk_of()


@pytest.mark.parametrize(("sender", "reader"), [("citizen", "clerk:hd-1"), ("clerk:hd-1", "citizen")])
def test_a_paper_goes_from_one_seat_to_the_other(desk: Desk, sender: str, reader: str) -> None:
    paper = desk.sent(hostile.image("JPEG"), sender)
    link = desk.papers.open(KEY, paper.id, actor=reader, now=NOW)
    assert desk.store.fetch(link) == desk.store.copies[paper.id, str(paper.digest)]
    expected = [("paper-announced", sender), ("paper-checked", sender), ("paper-opened", reader)]
    assert desk.kinds() == expected


def test_each_opening_is_an_entry(desk: Desk) -> None:
    paper = desk.sent(hostile.image("JPEG"))
    for clerk in ("clerk:hd-1", "clerk:hd-2", "clerk:hd-1"):
        desk.papers.open(KEY, paper.id, actor=clerk, now=NOW)
    assert [actor for kind, actor in desk.kinds() if kind == "paper-opened"] == [
        "clerk:hd-1",
        "clerk:hd-2",
        "clerk:hd-1",
    ]


def test_quarantine_is_emptied_and_the_copy_is_not_what_was_sent(desk: Desk) -> None:
    sent = hostile.image("JPEG") + hostile.MARK
    paper = desk.sent(sent)
    assert desk.store.uploads == {}
    assert hostile.MARK not in desk.store.copies[paper.id, str(paper.digest)]


def test_a_disguised_paper_is_refused_with_its_reason_and_never_stored(desk: Desk) -> None:
    paper = desk.sent(b"<html><script>")
    assert (paper.state, paper.refusal) == (PaperState.REFUSED, Refusal.DISGUISED)
    assert desk.store.copies == {}
    assert desk.store.uploads == {}
    with pytest.raises(PaperNotReady):
        desk.papers.open(KEY, paper.id, actor="clerk:hd-1", now=NOW)


def test_saying_received_before_the_bytes_are_there_changes_nothing(desk: Desk) -> None:
    form = desk.announce()
    with pytest.raises(PaperNotArrived):
        desk.papers.received(KEY, form.paper_id, actor="citizen", now=NOW)
    assert desk.files.load(KEY).paper(form.paper_id).state is PaperState.ANNOUNCED


def test_saying_received_twice_changes_nothing(desk: Desk) -> None:
    """Nor does uploading something else into the same place afterwards."""
    paper = desk.sent(hostile.image("JPEG"))
    desk.store.uploads[paper.id] = b"something else"
    assert desk.papers.received(KEY, paper.id, actor="citizen", now=NOW) == paper
    assert len(desk.kinds()) == 2


def test_the_other_seat_cannot_report_a_paper_as_received(desk: Desk) -> None:
    form = desk.announce("clerk:hd-1")
    with pytest.raises(NoSuchPaper):
        desk.papers.received(KEY, form.paper_id, actor="citizen", now=NOW)


@pytest.mark.parametrize("state", [BookingState.HELD, BookingState.CANCELLED, BookingState.CLOSED])
def test_no_paper_is_taken_before_or_after_the_appointment(state: BookingState) -> None:
    with pytest.raises(StepNotAllowed):
        desk_of(state).announce()


def test_a_file_takes_forty_papers(desk: Desk) -> None:
    for _ in range(40):
        desk.announce()
    with pytest.raises(PaperRefused):
        desk.announce()


def closed_with(desk: Desk, document: str) -> None:
    """Close the case as casework does, with `document` for download."""

    def close(file: File) -> Changes:
        closed = replace(file.booking, state=BookingState.CLOSED, document=document, closed_at=NOW)
        return Changes(booking=closed)

    desk.papers.acting.act(KEY, close, now=NOW)


def test_the_result_is_served_for_thirty_days_and_each_time_noted(desk: Desk) -> None:
    paper = desk.sent(hostile.image("JPEG"), "clerk:hd-1")
    closed_with(desk, paper.id)
    link = desk.papers.result(KEY, now=NOW + timedelta(days=30, seconds=-1))
    assert desk.store.fetch(link) == desk.store.copies[paper.id, str(paper.digest)]
    assert desk.kinds()[-1] == ("paper-opened", "citizen")
    with pytest.raises(LinkExpired):
        desk.papers.result(KEY, now=NOW + timedelta(days=30))


def test_without_a_document_there_is_no_result(desk: Desk) -> None:
    with pytest.raises(LinkUnknown):
        desk.papers.result(KEY, now=NOW)


# What S3 is asked to sign.


@pytest.fixture
def s3() -> Iterator[S3Papers]:
    with mock_aws():
        client = boto3.client(
            "s3",
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(signature_version="s3v4"),
        )
        for bucket in ("quarantine", "papers"):
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield S3Papers(client, "quarantine", "papers")


def a_paper(**changes: Any) -> Paper:
    told = {"id": "p1", "from_": "citizen", "name": "Übersicht.pdf", "media_type": "application/pdf"}
    rest = {"size": 1234, "state": PaperState.CHECKED, "announced_at": NOW, "digest": "d" * 64}
    return Paper(**(told | rest | changes))  # type: ignore[arg-type]  # built of two halves


def test_the_form_binds_place_type_and_size(s3: S3Papers) -> None:
    form = s3.form(KEY, a_paper())
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    conditions = policy["conditions"]
    assert ["content-length-range", 1, 1234] in conditions
    assert {"Content-Type": "application/pdf"} in conditions
    assert {"key": f"heidelberg/{'b' * 26}/p1"} in conditions
    assert {"bucket": "quarantine"} in conditions
    assert not any("starts-with" in condition for condition in conditions if isinstance(condition, list))


def test_a_link_works_for_a_minute_and_says_nothing_of_the_paper(s3: S3Papers) -> None:
    """Names of files tell of people, and addresses end up in logs: the name goes with the object."""
    s3.keep(KEY, a_paper(), b"%PDF-", digest="d" * 64)
    link = s3.link(KEY, a_paper())
    query = parse_qs(urlsplit(link).query)
    assert query["X-Amz-Expires"] == ["60"]
    assert "bersicht" not in link


def test_a_bucket_that_does_not_answer_is_busy_not_a_fault() -> None:
    client = boto3.client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url="http://127.0.0.1:9",
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(StoreBusy):
        S3Papers(client, "quarantine", "papers").quarantined(KEY, "p1")
