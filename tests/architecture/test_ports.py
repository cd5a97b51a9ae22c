"""Every port of the services has a real adapter, a written double where tests need one, and tests that hold them."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from chalicelib.services import ports

ROOT = Path(__file__).parents[2]
REAL = "chalicelib.adapters."


class Kept(NamedTuple):
    """How a port is kept: its real adapters, its double (none: tests use the real one), the tests that hold them."""

    real: tuple[str, ...]
    double: str
    held_by: str


PORTS = {
    "Chance": Kept(("system.SystemChance",), "tests.doubles.chance.SeededChance", "tests/architecture/test_ports.py"),
    "Clock": Kept(("system.SystemClock",), "tests.doubles.chance.SetClock", "tests/architecture/test_ports.py"),
    "Files": Kept(
        ("dynamodb.files.DynamoFiles",), "tests.doubles.files.InMemoryFiles", "tests/contracts/test_files.py"
    ),
    "HeadSigner": Kept(
        ("case_signing.CaseSigner",), "tests.doubles.chance.PlainSigner", "tests/cases/test_verifier.py"
    ),
    "Mailer": Kept(("ses_mail.SesMailer",), "tests.services.outside.Post", "tests/mail/test_mailing.py"),
    "MediaTickets": Kept(
        ("media_tickets.MediaTickets",),
        "tests.services.stage.KeptTickets",
        "tests/media_worker/test_media_tickets.py",
    ),
    "PaperCheck": Kept(("paper_check.PaperCheck",), "", "tests/papers/test_hostile_files.py"),
    "PaperStore": Kept(
        ("s3_papers.S3Papers",), "tests.doubles.papers.InMemoryPapers", "tests/papers/test_paper_store.py"
    ),
    # The double of the provider is a whole server, whose shapes the provider's own library checks.
    "Payments": Kept(("stripe_payments.StripePayments",), "", "tests/payments/test_stand_in.py"),
    "Receipts": Kept(
        ("pdf.TypstReceipts", "receipts_remote.LambdaReceipts"),
        "tests.services.outside.Printer",
        "tests/mail/test_receipts.py",
    ),
    "Workers": Kept(
        ("dynamodb.workers.DynamoWorkers",), "tests.services.stage.SetWorkers", "tests/contracts/test_workers.py"
    ),
}


def protocols() -> dict[str, type]:
    return {
        name: kind
        for name, kind in inspect.getmembers(ports, inspect.isclass)
        if kind.__module__ == ports.__name__ and getattr(kind, "_is_protocol", False)
    }


def found(name: str) -> type:
    module, _, kind = name.rpartition(".")
    return getattr(import_module(module), kind)  # type: ignore[no-any-return]  # whatever stands there


def parameters(kind: type, method: str) -> list[tuple[str, object]]:
    """Names and kinds of a method's parameters, those with defaults of its own left out."""
    signature = inspect.signature(getattr(kind, method))
    return [
        (each.name, each.kind)
        for each in signature.parameters.values()
        if each.default is inspect.Parameter.empty or each.name == "limit"
    ]


def test_every_port_is_listed() -> None:
    assert set(PORTS) == set(protocols())


@pytest.mark.parametrize("name", PORTS)
def test_adapter_and_double_are_asked_in_the_same_words(name: str) -> None:
    port, kept = protocols()[name], PORTS[name]
    kinds = [REAL + real for real in kept.real] + [kept.double] * bool(kept.double)
    methods = [method for method in vars(port) if not method.startswith("_")]
    assert methods
    for kind in kinds:
        for method in methods:
            assert parameters(found(kind), method) == parameters(port, method), (kind, method)


@pytest.mark.parametrize("name", PORTS)
def test_a_test_holds_it(name: str) -> None:
    kept = PORTS[name]
    held = (ROOT / kept.held_by).read_text(encoding="utf-8")
    assert any(real.rpartition(".")[2] in held for real in kept.real)


@pytest.mark.parametrize("clock", [found(REAL + "system.SystemClock")(), found("tests.doubles.chance.SetClock")()])
def test_a_clock_speaks_utc(clock: ports.Clock) -> None:
    offset = clock.now().utcoffset()
    assert offset is not None
    assert not offset


@pytest.mark.parametrize(
    "chance", [found(REAL + "system.SystemChance")(), found("tests.doubles.chance.SeededChance")()]
)
def test_chance_gives_as_much_as_was_asked_for_and_never_the_same(chance: ports.Chance) -> None:
    tokens = [chance.token(16) for _ in range(100)]
    assert {len(token) for token in tokens} == {16}
    assert len(set(tokens)) == len(tokens)
