"""The stand-in over a real socket, spoken to by the official library and by our adapter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stripe

from chalicelib.adapters.stripe_payments import StripePayments
from chalicelib.domain.checkouts import CheckoutStatus, NoticeForged, ProviderRefused, ProviderUnavailable
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentState
from chalicelib.services.ports import CheckoutPage
from local.payments.server import StandIn
from local.ports import free_port, wait_until_it_answers
from tests.payments.listening import Inbox, control, inbox, listening
from tests.payments.office import API_KEY, KEY, PAYPAL, SECRET, VISA

PAGE = CheckoutPage("Meldebescheinigung", "Stadt Heidelberg", "de", "http://office/done", "http://office/left")


def begun(**changes: object) -> Payment:
    now = datetime.now(UTC)
    payment = Payment(
        "p" * 26,
        Money(5_50),
        ("meldebescheinigung",),
        now,
        "clerk:hd-1",
        state=PaymentState.AT_CHECKOUT,
        attempt=1,
        begun_at=now,
    )
    return replace(payment, **changes)  # type: ignore[arg-type]  # a test's own shorthand


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as taken:
        yield taken


@pytest.fixture
def stand_in(box: Inbox) -> Iterator[tuple[StandIn, str]]:
    with listening(box.url + "/notices/payment") as running:
        yield running


@pytest.fixture
def client(stand_in: tuple[StandIn, str]) -> stripe.StripeClient:
    return stripe.StripeClient(API_KEY, base_addresses={"api": stand_in[1]})


@pytest.fixture
def payments(stand_in: tuple[StandIn, str]) -> StripePayments:
    return StripePayments(API_KEY, (SECRET,), stand_in[1])


def test_the_adapter_opens_reads_and_ends_a_checkout(payments: StripePayments) -> None:
    payment = begun()
    opened = payments.open_checkout(payment, key=KEY, page=PAGE)
    assert payments.open_checkout(payment, key=KEY, page=PAGE) == opened
    seen = payments.read_checkout(opened.id)
    assert (seen.status, seen.amount, seen.key, seen.payment_id, seen.url) == (
        CheckoutStatus.OPEN,
        payment.amount,
        KEY,
        payment.id,
        opened.url,
    )
    assert payments.expire_checkout(opened.id).status is CheckoutStatus.EXPIRED
    assert payments.expire_checkout(opened.id).status is CheckoutStatus.EXPIRED


@pytest.mark.parametrize(("means", "method"), [(VISA, "card"), (PAYPAL, "paypal")])
def test_the_adapter_sees_money_and_gives_it_back_once(
    stand_in: tuple[StandIn, str], payments: StripePayments, means: object, method: str
) -> None:
    opened = payments.open_checkout(begun(), key=KEY, page=PAGE)
    ledger = stand_in[0].book.ledger
    ledger.pay(opened.id, VISA if method == "card" else PAYPAL, now=int(datetime.now(UTC).timestamp()))
    seen = payments.read_checkout(opened.id)
    assert (seen.status, seen.method, seen.refunded) == (CheckoutStatus.PAID, method, Money(0))
    paid = begun(state=PaymentState.PAYED, provider_payment=seen.provider_payment)
    payments.refund(paid, key=KEY)
    payments.refund(paid, key=KEY)
    assert payments.read_checkout(opened.id).refunded == paid.amount
    assert len(ledger.refunds) == 1


def test_nothing_about_the_citizen_goes_to_the_provider(
    stand_in: tuple[StandIn, str], payments: StripePayments
) -> None:
    opened = payments.open_checkout(begun(), key=KEY, page=PAGE)
    order = stand_in[0].book.ledger.orders[opened.id]
    assert set(order["metadata"]) == {"office", "booking", "payment"}
    assert not {"customer", "customer_email", "receipt_email"} & set(order)


def test_the_same_key_with_another_body_is_refused(payments: StripePayments) -> None:
    payments.open_checkout(begun(), key=KEY, page=PAGE)
    with pytest.raises(ProviderRefused, match="idempotent"):
        payments.open_checkout(begun(amount=Money(6_00)), key=KEY, page=PAGE)


def test_without_an_answer_nobody_knows(stand_in: tuple[StandIn, str]) -> None:
    nobody = StripePayments(API_KEY, (SECRET,), f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ProviderUnavailable):
        nobody.read_checkout("cs_test_1")
    stranger = StripePayments("sk_test_of_a_stranger", (SECRET,), stand_in[1])
    with pytest.raises(ProviderUnavailable, match="AuthenticationError"):
        stranger.read_checkout("cs_test_1")


def test_errors_have_stripes_shape(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.checkout.sessions.retrieve("cs_test_missing")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    wrong: Any = {"payment_intent": "pi_1", "colour": "red"}
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.refunds.create(wrong)
    assert (unknown.value.param, unknown.value.code) == ("colour", "parameter_unknown")
    with pytest.raises(stripe.InvalidRequestError) as early:
        client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "http://office/",
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {"currency": "eur", "unit_amount": 550, "product_data": {"name": "M"}},
                    }
                ],
                "expires_at": 1,
            }
        )
    assert early.value.param == "expires_at"


def test_events_can_be_read_and_listed(
    client: stripe.StripeClient, stand_in: tuple[StandIn, str], payments: StripePayments
) -> None:
    opened = payments.open_checkout(begun(), key=KEY, page=PAGE)
    payments.expire_checkout(opened.id)
    [event] = client.v1.events.list({"type": "checkout.session.expired"}).data
    assert client.v1.events.retrieve(event.id).data.object["id"] == opened.id


def test_notices_are_signed_and_verified_by_the_library(
    stand_in: tuple[StandIn, str], payments: StripePayments, box: Inbox
) -> None:
    opened = payments.open_checkout(begun(), key=KEY, page=PAGE)
    payments.expire_checkout(opened.id)
    box.kinds(1)
    [(raw, signature)] = box.notices
    event = stripe.Webhook.construct_event(raw, signature, SECRET)
    assert event.type == "checkout.session.expired"
    notice = payments.read_notice(raw, signature, now=datetime.now(UTC))
    assert (notice.key, notice.checkout_id, notice.amount) == (KEY, opened.id, Money(5_50))
    with pytest.raises(NoticeForged):
        payments.read_notice(raw.replace(b"550", b"001"), signature, now=datetime.now(UTC))


def test_a_notice_is_repeated_until_it_is_taken(
    stand_in: tuple[StandIn, str], payments: StripePayments, box: Inbox
) -> None:
    box.answers = [500, 503]
    payments.expire_checkout(payments.open_checkout(begun(), key=KEY, page=PAGE).id)
    assert box.kinds(3) == ["checkout.session.expired"] * 3
    assert len({raw for raw, _ in box.notices}) == 1


def test_the_weather_can_be_ordered(stand_in: tuple[StandIn, str], payments: StripePayments, box: Inbox) -> None:
    _, url = stand_in
    for attempt, weather in enumerate(({"drop_next": 1}, {"copies": 2}, {"copies": 1, "hold": True}), start=1):
        control(url, **weather)
        payments.expire_checkout(payments.open_checkout(begun(attempt=attempt), key=KEY, page=PAGE).id)
    assert box.kinds(2) == ["checkout.session.expired"] * 2
    states = [sending["state"] for sending in control(url)["sendings"]]
    assert states[0] == "lost"
    assert states[-1] == "held"
    lost = control(url)["events"][0]["id"]
    control(url, release="reversed", resend=lost)
    box.kinds(4)
    assert len({raw for raw, _ in box.notices}) == 3


def test_a_wrong_order_is_refused(stand_in: tuple[StandIn, str]) -> None:
    for order in ({"copies": "many"}, {"colour": 1}, {"release": "sideways"}):
        with pytest.raises(urllib.error.HTTPError) as refused:
            control(stand_in[1], **order)
        refused.value.close()
        assert refused.value.code == 400


def start(port: int, state: Path, notice_url: str) -> subprocess.Popen[bytes]:
    env = {
        "PATH": os.environ["PATH"],
        "PAYMENTS_PORT": str(port),
        "PAYMENTS_NOTICE_URL": notice_url,
        "PAYMENTS_STATE": str(state),
        "STRIPE_API_KEY": API_KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
    }
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-m", "local.payments"], env=env, cwd=root, stdout=subprocess.DEVNULL)
    assert wait_until_it_answers(f"http://127.0.0.1:{port}/", within_seconds=20)
    return process


def test_what_was_answered_survives_a_kill(tmp_path: Path, box: Inbox) -> None:
    """Sessions, idempotency keys and notices that nobody took are there after kill -9."""
    port, state = free_port(), tmp_path / "payments.json"
    payments = StripePayments(API_KEY, (SECRET,), f"http://127.0.0.1:{port}")
    payment = begun()
    process = start(port, state, f"http://127.0.0.1:{free_port()}/")
    try:
        opened = payments.open_checkout(payment, key=KEY, page=PAGE)
        payments.expire_checkout(opened.id)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    process = start(port, state, box.url)
    try:
        assert payments.open_checkout(payment, key=KEY, page=PAGE) == opened
        assert payments.read_checkout(opened.id).status is CheckoutStatus.EXPIRED
        assert box.kinds(1, within_s=40) == ["checkout.session.expired"]
    finally:
        process.terminate()
        assert process.wait(10) == 0


def test_a_missing_variable_is_named() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "local.payments"],
        env={"PATH": os.environ["PATH"]},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert b"PAYMENTS_PORT" in ended.stderr
