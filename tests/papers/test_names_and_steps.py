"""Names become labels, sizes and types have limits, and a paper opens only once it was checked."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.s3_papers import disposition
from chalicelib.domain import papers
from chalicelib.domain.cases import Record
from chalicelib.domain.errors import NoSuchPaper, StepNotAllowed
from chalicelib.domain.papers import EXTENSIONS, Paper, PaperNotReady, PaperRefused, PaperState, Refusal

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PDF = "application/pdf"


def announced(**changes: object) -> tuple[Paper, Record]:
    given_: dict[str, object] = {
        "seat": "citizen",
        "actor": "citizen",
        "name": "Mietvertrag.pdf",
        "media_type": PDF,
        "size": 1000,
        "held": 0,
        "now": NOW,
    }
    return papers.announce("p1", **{**given_, **changes})  # type: ignore[arg-type]  # one test sends each wrong


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("Mietvertrag.pdf", "Mietvertrag.pdf"),
        ("Wohnungsgeberbestätigung Müller.PDF", "Wohnungsgeberbestätigung Müller.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\erika\\scan.pdf", "scan.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie_ x=1.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        ("", "paper.pdf"),
        ("...", "paper.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("CON.pdf", "paper-CON.pdf"),
        ("scan.pdf.exe", "scan.pdf"),
        ("Bescheid vom 1.12.2026", "Bescheid vom 1.12.2026.pdf"),
        ("договір.pdf", "договір.pdf"),
        ("x" * 300 + ".pdf", "x" * 80 + ".pdf"),
        ('"><img src=x>.pdf', "img src=x.pdf"),
    ],
)
def test_a_name_becomes_a_label(raw: str, label: str) -> None:
    assert papers.file_name(raw, PDF) == label


@given(st.text(max_size=200), st.sampled_from(sorted(EXTENSIONS)))
def test_no_name_is_more_than_a_label(raw: str, media_type: str) -> None:
    name = papers.file_name(raw, media_type)
    assert name.endswith(EXTENSIONS[media_type])
    assert 5 <= len(name) <= 84
    assert not set(name) & set("/\\<>:\"|?*%;&$`'\r\n\0")
    assert all(unicodedata.category(letter)[0] != "C" for letter in name)


@given(st.text(max_size=200))
def test_the_header_of_a_download_is_one_header(raw: str) -> None:
    """RFC 6266: two parameters in ASCII, whatever the name was."""
    header = disposition(papers.file_name(raw, PDF))
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('attachment; filename="')
    assert header.count('"') == 2


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"size": papers.SIZE_MAX + 1}, Refusal.TOO_LARGE),
        ({"size": 0}, Refusal.EMPTY),
        ({"size": -1}, Refusal.EMPTY),
        ({"media_type": "text/html"}, Refusal.TYPE),
        ({"media_type": "image/svg+xml"}, Refusal.TYPE),
        ({"held": papers.PAPERS_PER_FILE_MAX}, Refusal.TOO_MANY),
    ],
)
def test_what_is_not_taken_is_refused_before_it_is_sent(wrong: dict[str, object], why: Refusal) -> None:
    with pytest.raises(PaperRefused) as caught:
        announced(**wrong)
    assert caught.value.why == why


def test_a_checked_paper_opens_and_keeps_when_it_was_first_opened() -> None:
    paper, _ = announced()
    paper, _ = papers.passed(paper, actor="citizen", size=900, digest="0" * 64, now=NOW)
    paper, record = papers.opened(paper, actor="clerk:hd-1", now=NOW)
    again, _ = papers.opened(paper, actor="clerk:hd-2", now=NOW.replace(hour=11))
    assert (again.state, again.opened_at, record.kind) == (PaperState.CHECKED, NOW, "paper-opened")


@pytest.mark.parametrize("state", [PaperState.ANNOUNCED, PaperState.REFUSED])
def test_no_other_opens(state: PaperState) -> None:
    paper, _ = announced()
    with pytest.raises(PaperNotReady):
        papers.opened(replace(paper, state=state), actor="clerk:hd-1", now=NOW)


@pytest.mark.parametrize("state", [PaperState.CHECKED, PaperState.REFUSED])
def test_a_verdict_is_final(state: PaperState) -> None:
    paper = replace(announced()[0], state=state)
    with pytest.raises(StepNotAllowed):
        papers.passed(paper, actor="citizen", size=1, digest="0" * 64, now=NOW)
    with pytest.raises(StepNotAllowed):
        papers.refused(paper, Refusal.BROKEN, actor="citizen", now=NOW)


def test_the_other_seats_paper_looks_absent() -> None:
    with pytest.raises(NoSuchPaper):
        papers.own(announced()[0], "clerk")
