"""The receipt as PDF/UA: tagged, titled, in the citizen's language, so that screen readers read it too.

typst is a large library: on AWS this module runs in a function of its own, and nothing else imports it early.
"""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from chalicelib.domain.money import Money
from chalicelib.domain.receipts import Fee, Receipt
from chalicelib.web.catalogues import Texts, texts_in
from chalicelib.web.formats import LOCALES, Formats, local

TEMPLATE: Final = Path(__file__).parent / "receipt.typ"
DIGITS_A_GROUP: Final = 8
RECEIPT_DIGITS: Final = 16


class TypstReceipts:
    """The port Receipts."""

    def make(self, receipt: Receipt, *, language: str) -> bytes:
        """Print a receipt; the same receipt gives the same bytes."""
        return make_receipt(receipt, language=language)


def make_receipt(receipt: Receipt, *, language: str) -> bytes:
    """Print a receipt as tagged PDF. Raises MissingText for a language without texts.

    PDF/UA refuses a letter that no font at hand can draw. Better a receipt without the name than none: the
    reference names the case.
    """
    import typst  # noqa: PLC0415 - 80 MB, and only here

    try:
        return _printed(_told(receipt, language), receipt.closed_at)
    except typst.TypstError:
        done = tuple(replace(one, detail=_drawable(one.detail)) for one in receipt.done)
        plain = replace(receipt, person=_drawable(receipt.person), done=done)
        return _printed(_told(plain, language), receipt.closed_at)


def _printed(told: dict[str, Any], at: datetime) -> bytes:
    import typst  # noqa: PLC0415 - as above

    compiler = typst.Compiler(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        ignore_system_fonts=True,  # the same page on every machine
        sys_inputs={"receipt": json.dumps(told)},
    )
    printed = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=at.replace(microsecond=0))
    if not isinstance(printed, bytes):
        raise TypeError("typst prints one document")
    return printed


def _drawable(text: str) -> str:
    """Return the text if the font has all of its letters for certain, else nothing: no name is printed in part."""
    return text if all(" " <= letter <= "~" or "\xa1" <= letter <= "\u017f" for letter in text) else ""


def _told(receipt: Receipt, language: str) -> dict[str, Any]:
    """Return all words of the page, formatted; the template only sets them."""
    texts = texts_in(language)
    formats = Formats(texts)
    closed = local(receipt.closed_at)
    person, day = " ".join(receipt.person.split()), formats.day(receipt.start)
    seal = f"{receipt.seq}:{receipt.hash[:RECEIPT_DIGITS]}"
    return {
        "language": language,
        "region": LOCALES.get(language, language).rpartition("_")[2],
        "colour": receipt.colour,
        "office": receipt.office,
        "address": receipt.address,
        "reference": receipt.reference,
        "date": [closed.year, closed.month, closed.day],
        "title": texts("receipt.title"),
        "intro": texts("receipt.intro_for" if person else "receipt.intro", name=person, day=day),
        "rows": [
            [texts("receipt.matters"), "\n".join(receipt.matters), True],
            [texts("receipt.outcome"), texts(f"receipt.outcome.{receipt.outcome}"), False],
            [texts("receipt.closed"), formats.moment(receipt.closed_at), False],
            [texts("receipt.delivery"), texts(f"receipt.delivery.{receipt.delivery}"), False],
        ],
        "fees": [
            [_fee(fee, texts, formats), formats.money(Money(fee.minor_units, fee.currency))] for fee in receipt.fees
        ]
        or [[texts("receipt.fee.not_charged" if receipt.fee_due else "receipt.fee.none"), ""]],
        "done": [
            [
                f"{formats.day_short(done.at)}, {formats.time(done.at)}",
                texts(f"receipt.{done.kind}", detail=done.detail),
            ]
            for done in receipt.done
        ],
        "hash": [receipt.hash[at : at + DIGITS_A_GROUP] for at in range(0, len(receipt.hash), DIGITS_A_GROUP)],
        "command": f"python -m chalicelib.verify FILE.json --key PUBLIC.pem --receipt {seal}",
        "page": texts("receipt.page", page="{page}", pages="{pages}"),
        "words": {
            "reference": texts("receipt.reference"),
            "fee": texts("receipt.fee"),
            "done": texts("receipt.done"),
            "time": texts("receipt.done.time"),
            "what": texts("receipt.done.what"),
            "seal": texts("receipt.seal"),
            "seal_text": texts("receipt.seal_text", seq=receipt.seq),
            "seal_how": texts("receipt.seal_how"),
        },
    }


def _fee(fee: Fee, texts: Texts, formats: Formats) -> str:
    """Say what became of a fee, how it was paid and when."""
    with_method = f"receipt.fee.{fee.state.value}.{fee.method}"
    key = with_method if texts.holds(with_method) else f"receipt.fee.{fee.state.value}"
    if fee.settled_at is None:
        return texts(key)
    return f"{texts(key)} {texts('receipt.on', day=formats.day_short(fee.settled_at))}"
