"""The receipt: what it says, that anyone can read it, and that it holds the office to the case."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from chalicelib.adapters import receipts_remote
from chalicelib.adapters.pdf import make_receipt
from chalicelib.domain import cases
from chalicelib.domain.bookings import Details
from chalicelib.domain.case_acts import Outcome
from chalicelib.domain.cases import START, Entry, Head, Payload, Record
from chalicelib.domain.errors import CaseError
from chalicelib.domain.letters import MailUnavailable
from chalicelib.domain.offices import Delivery
from chalicelib.domain.payments import PaymentState
from chalicelib.domain.receipts import TOLD, Done, Receipt, receipt_of
from tests.mail.letters_for_tests import KEY, a_closed_booking, a_file, heidelberg

RECORDS = [
    Record("booking-confirmed", "citizen", {}),
    Record("citizen-called", "clerk:hd-1", {"generation": 1}),
    Record("device-changed", "citizen", {}),
    Record("step-done", "clerk:hd-1", {"step": "meldebescheinigung/card-shown"}),
    Record("step-undone", "clerk:hd-1", {"step": "meldebescheinigung/card-shown"}),
    Record("step-done", "clerk:hd-1", {"step": "meldebescheinigung/card-shown"}),
    Record("step-done", "clerk:hd-1", {"step": "meldebescheinigung/details-checked"}),
    Record("step-undone", "clerk:hd-1", {"step": "meldebescheinigung/details-checked"}),
    Record("paper-checked", "citizen", {"name": "Mietvertrag.pdf"}),
    Record("fee-paid", "provider", {"amount": "18.50 EUR"}),
    Record("case-closed", "clerk:hd-1", {}),
]


def chain() -> tuple[Head, list[Entry], list[Payload]]:
    head, entries, payloads = Head(0, 0, START, None, ""), list[Entry](), list[Payload]()
    for number, record in enumerate(RECORDS):
        at = datetime(2026, 11, 24, 9, 20, tzinfo=UTC) + timedelta(minutes=number)
        new, said, end = cases.seal(head, [record], at=at, salts=[bytes([number]) * 16], booking_id=KEY.booking_id)
        head = Head(number + 1, number + 1, end, "signed", "")
        entries += new
        payloads += said
    return head, entries, payloads


def receipt(language: str = "de", **changes: object) -> Receipt:
    head, entries, payloads = chain()
    made = receipt_of(a_file(a_closed_booking()), heidelberg(), head, entries, payloads, language=language)
    return replace(made, **changes)  # type: ignore[arg-type]  # each test changes one field


def text_of(pdf: bytes) -> str:
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(" ".join(pages).replace("\N{NO-BREAK SPACE}", " ").split())


def test_it_tells_what_happened_in_order_and_nothing_that_was_taken_back() -> None:
    """A step that was ticked, unticked and ticked counts once, at the last time; one left unticked not at all."""
    kinds = [(done.kind, done.detail, done.at.minute) for done in receipt().done]
    assert kinds == [
        ("booking-confirmed", "", 20),
        ("citizen-called", "", 21),
        ("step-done", "Ausweis gezeigt", 25),
        ("paper-checked", "Mietvertrag.pdf", 28),
        ("fee-paid", "", 29),
        ("case-closed", "", 30),
    ]


def test_erased_payloads_leave_a_receipt() -> None:
    head, entries, _ = chain()
    made = receipt_of(a_file(a_closed_booking()), heidelberg(), head, entries, [], language="de")
    assert [done.kind for done in made.done] == [
        "booking-confirmed",
        "citizen-called",
        "paper-checked",
        "fee-paid",
        "case-closed",
    ]


def test_an_open_case_has_no_receipt() -> None:
    head, entries, payloads = chain()
    with pytest.raises(CaseError):
        receipt_of(a_file(), heidelberg(), head, entries, payloads, language="de")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Quittung", "HD-7K3M-9QX2", "Bezahlt mit Karte am 24. November", "18,50 €", "10:41 Uhr", "Post"]),
        ("en", ["Receipt", "HD-7K3M-9QX2", "Paid by card on 24 November", "€18.50", "10:41", "post"]),
    ],
)
def test_it_says_it_in_the_citizens_language(language: str, words: list[str]) -> None:
    text = text_of(make_receipt(receipt(language), language=language))
    assert [word for word in words if word not in text] == []


def test_it_is_tagged_titled_and_says_its_language() -> None:
    """PDF/UA-1: what a screen reader needs."""
    reader = PdfReader(io.BytesIO(make_receipt(receipt(), language="de")))
    root = reader.root_object
    marked, metadata = root["/MarkInfo"], root["/Metadata"]
    assert isinstance(marked, DictionaryObject)
    assert isinstance(metadata, StreamObject)
    assert str(marked["/Marked"]) == "True"
    assert str(root["/Lang"]).startswith("de")
    assert "/StructTreeRoot" in root
    assert reader.metadata is not None
    assert reader.metadata.title == "Quittung HD-7K3M-9QX2"
    assert b"pdfuaid:part" in metadata.get_data()


def test_it_prints_the_end_of_the_chain_and_how_to_check_it() -> None:
    head, _, _ = chain()
    text = text_of(make_receipt(receipt(), language="de"))
    assert head.hash in text.replace(" ", "")
    assert f"--receipt {head.seq}:{head.hash[:16]}" in text


def test_the_same_receipt_is_the_same_bytes() -> None:
    """So that a letter sent again carries the same."""
    assert make_receipt(receipt(), language="de") == make_receipt(receipt(), language="de")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", sorted(TOLD))
def test_everything_it_may_tell_has_words(kind: str, language: str) -> None:
    at = datetime(2026, 11, 24, 9, 20, tzinfo=UTC)
    assert make_receipt(receipt(language, done=(Done(kind, at, "x"),)), language=language)


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("delivery", list(Delivery))
def test_every_ending_has_words(outcome: Outcome, delivery: Delivery) -> None:
    assert make_receipt(receipt(outcome=outcome.value, delivery=delivery.value), language="de")


@pytest.mark.parametrize("state", [PaymentState.PAYED, PaymentState.WAIVED, PaymentState.REFUNDED])
@pytest.mark.parametrize("method", ["card", "paypal", None])
def test_every_fee_has_words(state: PaymentState, method: str | None) -> None:
    fees = tuple(replace(fee, state=state, method=method) for fee in receipt().fees)
    assert make_receipt(receipt(fees=fees), language="en")


def test_a_matter_free_of_charge_says_so() -> None:
    assert "Gebührenfrei" in text_of(make_receipt(receipt(fees=(), fee_due=False), language="de"))


def test_a_fee_that_was_never_asked_for_is_no_free_matter() -> None:
    text = text_of(make_receipt(receipt(fees=(), fee_due=True), language="de"))
    assert "Nicht erhoben" in text
    assert "Gebührenfrei" not in text


@pytest.mark.parametrize(
    "name",
    [
        "Оксана Шевченко",
        "محمد علي",
        "张伟",
        "Nguyễn Thị Ánh",
        '#import "x"; $1$ *b* @ref <a>',
        "👋",
        "ﷺ",
        "a\u0301\u0327",
        "\u202eevil",
        "x" * 100,
        "",
    ],
)
def test_any_name_prints(name: str) -> None:
    """Names of half the world, and markup that must stay text."""
    assert make_receipt(receipt(person=name), language="de").startswith(b"%PDF-")


@given(st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_whatever_a_citizen_types_prints(name: str) -> None:
    assert make_receipt(receipt(person=name), language="de").startswith(b"%PDF-")


def test_a_long_case_runs_over_several_pages() -> None:
    at = datetime(2026, 11, 24, 9, 20, tzinfo=UTC)
    done = tuple(Done("paper-checked", at, f"{number}.pdf") for number in range(120))
    pdf = make_receipt(receipt(done=done), language="de")
    assert len(PdfReader(io.BytesIO(pdf)).pages) >= 3
    assert details_of(pdf)


class OtherFunction:
    """boto3's Lambda client, as far as we use it: what it is asked goes through JSON, as over the network."""

    def __init__(self, *, fault: bool = False) -> None:
        self.fault = fault

    def invoke(self, **request: bytes) -> dict[str, object]:
        if self.fault:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")}
        answer = receipts_remote.handle(json.loads(request["Payload"]), None)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def test_printed_by_a_function_of_its_own_it_is_the_same() -> None:
    remote = receipts_remote.LambdaReceipts(OtherFunction(), "receipts")
    assert remote.make(receipt(), language="de") == make_receipt(receipt(), language="de")


def test_a_function_that_fails_lets_the_letter_wait() -> None:
    remote = receipts_remote.LambdaReceipts(OtherFunction(fault=True), "receipts")
    with pytest.raises(MailUnavailable):
        remote.make(receipt(), language="de")


def details_of(pdf: bytes) -> bool:
    return "Seite 3 von" in text_of(pdf)


def test_the_person_is_the_one_of_the_booking() -> None:
    head, entries, payloads = chain()
    file = a_file(a_closed_booking(details=Details("Ada Ohnesorg", "ada@example.org", "en")))
    assert receipt_of(file, heidelberg(), head, entries, payloads, language="en").person == "Ada Ohnesorg"


def test_a_case_closed_in_the_middle_of_a_second_has_a_receipt() -> None:
    """typst refuses a time with microseconds, and real clocks have them."""
    told = receipt()
    closed = replace(told, closed_at=told.closed_at.replace(microsecond=123_456))
    assert make_receipt(closed, language="de").startswith(b"%PDF-")
