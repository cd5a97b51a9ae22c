"""The function that prints receipts: from its own files alone, and from the very zip that goes to Lambda."""

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from chalicelib.adapters.receipts_remote import LambdaReceipts
from chalicelib.domain.letters import MailUnavailable
from chalicelib.domain.payments import PaymentState
from chalicelib.domain.receipts import Done, Fee, Receipt
from local.package import RECEIPTS_HANDLER, RECEIPTS_TAKEN, ROOT, build_receipts, take
from tests.packaging.lambda_runtime import FunctionFailed, LambdaFunction

CLOSED = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)
RECEIPT = Receipt(
    reference="HD-7K4M-2Q",
    office="Bürgeramt Heidelberg",
    address=("Marktplatz 10", "69117 Heidelberg"),
    colour="#9b1c31",
    person="Ada Lovelace",
    start=datetime(2026, 11, 24, 9, 20, tzinfo=UTC),
    matters=("Meldebescheinigung",),
    done=(Done("paper-checked", CLOSED, "Mietvertrag.pdf"),),
    fees=(Fee(550, "EUR", PaymentState.PAYED, "card", CLOSED),),
    fee_due=True,
    outcome="done",
    delivery="download",
    closed_at=CLOSED,
    seq=4,
    hash="0f" * 32,
)
PRINT = f"""
import json, sys
from importlib import import_module
module, _, name = {RECEIPTS_HANDLER!r}.rpartition(".")
json.dump(getattr(import_module(module), name)(json.load(sys.stdin), None), sys.stdout)
"""


@dataclass
class RunningFunction:
    """boto3's Lambda client, over a function that runs here."""

    function: Any

    def invoke(self, **request: Any) -> dict[str, Any]:
        try:
            answer = self.function(json.loads(request["Payload"]))
        except FunctionFailed as failed:
            return {"FunctionError": "Unhandled", "Payload": BytesIO(json.dumps(str(failed)).encode())}
        return {"Payload": BytesIO(json.dumps(answer).encode())}


@dataclass
class OnlyItsFiles:
    """The handler, run once an event by a Python that finds nothing of ours but the files in `folder`."""

    folder: Path

    def __call__(self, event: dict[str, Any]) -> Any:
        ran = subprocess.run(
            [sys.executable, "-c", PRINT],
            cwd=self.folder,
            env={},
            input=json.dumps(event).encode(),
            capture_output=True,
            check=False,
        )
        if ran.returncode:
            raise FunctionFailed(ran.stderr.decode())
        return json.loads(ran.stdout)


def assert_printed(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-")
    words = " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())
    assert RECEIPT.reference in words
    assert "Mietvertrag.pdf" in words


def test_its_files_are_all_it_needs(tmp_path: Path) -> None:
    """An import that leaves RECEIPTS_TAKEN would be found on AWS only, by the first citizen with a result."""
    take(RECEIPTS_TAKEN, root=ROOT, target=tmp_path)
    receipts = LambdaReceipts(RunningFunction(OnlyItsFiles(tmp_path)), "fernamt-receipts")
    assert_printed(receipts.make(RECEIPT, language="de"))


@pytest.mark.office
@pytest.mark.timeout(900)
def test_the_zip_prints_in_both_languages_and_survives_a_refusal(tmp_path: Path) -> None:
    """One function, several receipts: what it cannot print is the sender's to try again."""
    with zipfile.ZipFile(build_receipts(tmp_path / "receipts.zip")) as made:
        made.extractall(tmp_path / "task")
    packages = {path.name.partition("-")[0] for path in (tmp_path / "task").glob("*.dist-info")}
    assert packages == {"babel", "typst", "tzdata"}
    with LambdaFunction(tmp_path / "task", handler=RECEIPTS_HANDLER, environment={}, folder=tmp_path) as function:
        receipts = LambdaReceipts(RunningFunction(function), "fernamt-receipts")
        assert_printed(receipts.make(RECEIPT, language="de"))
        with pytest.raises(MailUnavailable):
            receipts.make(RECEIPT, language="tlh")
        assert_printed(receipts.make(RECEIPT, language="en"))
