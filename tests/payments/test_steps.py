"""The states of a payment: the table is the whole truth, and the functions keep to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.errors import NoSuchPayment
from chalicelib.domain.money import Money
from chalicelib.domain.payments import (
    PAYMENT_STEPS,
    XBEZAHLDIENSTE,
    AlreadyPaid,
    AlreadyWaived,
    AtCheckout,
    Incident,
    NothingToPay,
    Payment,
    PaymentEvent,
    PaymentState,
    PaymentStepRefused,
    ReasonMissing,
    ask_fee,
    begin_checkout,
    begin_refund,
    cancel,
    fail,
    note_incident,
    open_checkout,
    refund,
    settle,
    waive,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ACTS: dict[PaymentEvent, Callable[[Payment | None], Payment]] = {
    PaymentEvent.BEGIN: lambda payment: begin_checkout(payment, now=NOW),
    PaymentEvent.SETTLE: lambda payment: settle(payment, provider_payment="pi_1", method="card", now=NOW),
    PaymentEvent.FAIL: fail,
    PaymentEvent.CANCEL: cancel,
    PaymentEvent.WAIVE: lambda payment: waive(payment, reason="Pass", actor="clerk:1", now=NOW),
    PaymentEvent.REFUND: lambda payment: refund(payment, now=NOW),
}


def payment_in(state: PaymentState) -> Payment:
    return Payment("p1", Money(5_50), ("melderegister",), NOW, "clerk:1", state=state)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(PaymentState, PaymentEvent)))
def test_every_state_meets_every_event(state: PaymentState, event: PaymentEvent) -> None:
    """An edge of the table leads where it says; everything else is refused, or is no news."""
    if (state, event) in PAYMENT_STEPS:
        assert ACTS[event](payment_in(state)).state is PAYMENT_STEPS[state, event]
    elif (state, event) == (PaymentState.REFUNDED, PaymentEvent.REFUND):
        assert ACTS[event](payment_in(state)) == payment_in(state)
    else:
        with pytest.raises(PaymentStepRefused):
            ACTS[event](payment_in(state))


def test_money_is_never_forgotten() -> None:
    """Out of PAYED leads only a refund, and nothing out of WAIVED and REFUNDED."""
    ends = {PaymentState.PAYED, PaymentState.WAIVED, PaymentState.REFUNDED}
    assert {(PaymentState.PAYED, PaymentEvent.REFUND)} == {edge for edge in PAYMENT_STEPS if edge[0] in ends}


def test_every_state_has_a_name_for_partners() -> None:
    plain = {PaymentState.INITIAL, PaymentState.PAYED, PaymentState.FAILED, PaymentState.CANCELED}
    assert set(XBEZAHLDIENSTE) == set(PaymentState)
    assert set(XBEZAHLDIENSTE.values()) == plain


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (PaymentState.PAYED, AlreadyPaid),
        (PaymentState.REFUNDED, AlreadyPaid),
        (PaymentState.WAIVED, AlreadyWaived),
        (PaymentState.AT_CHECKOUT, AtCheckout),
    ],
)
def test_a_refusal_says_why(state: PaymentState, why: type[PaymentStepRefused]) -> None:
    with pytest.raises(why):
        begin_checkout(payment_in(state), now=NOW)


@pytest.mark.parametrize("state", list(PaymentState))
def test_open_means_that_the_case_cannot_be_closed(state: PaymentState) -> None:
    done = {PaymentState.PAYED, PaymentState.WAIVED, PaymentState.REFUNDED}
    assert payment_in(state).is_open is (state not in done)


def test_what_was_not_asked_for_has_no_steps() -> None:
    for act in ACTS.values():
        with pytest.raises(NoSuchPayment):
            act(None)


def test_a_fee_of_zero_is_not_asked_for() -> None:
    with pytest.raises(NothingToPay):
        ask_fee(None, payment_id="p", amount=Money(0), services=("a",), actor="clerk:1", now=NOW)


def test_each_attempt_has_a_key_of_its_own() -> None:
    first = begin_checkout(payment_in(PaymentState.INITIAL), now=NOW)
    second = begin_checkout(cancel(first), now=NOW + timedelta(hours=1))
    assert (first.idempotency_key, second.idempotency_key) == ("checkout-p1-1", "checkout-p1-2")
    assert second.checkout_expires_at == NOW + timedelta(hours=2)


def test_an_attempt_has_one_checkout() -> None:
    opened = open_checkout(begin_checkout(payment_in(PaymentState.INITIAL), now=NOW), checkout_id="cs_1")
    assert open_checkout(opened, checkout_id="cs_1") == opened
    with pytest.raises(AtCheckout):
        open_checkout(opened, checkout_id="cs_2")


def test_the_provider_is_asked_again_while_something_is_under_way() -> None:
    begun = begin_checkout(payment_in(PaymentState.INITIAL), now=NOW)
    assert begun.look_again_at == NOW + timedelta(minutes=3)
    paid = settle(begun, provider_payment="pi_1", method="card", now=NOW)
    assert paid.look_again_at is None
    going_back = begin_refund(paid, now=NOW + timedelta(hours=1))
    assert going_back.look_again_at == NOW + timedelta(hours=1, minutes=3)
    assert refund(going_back, now=NOW).look_again_at is None


def test_an_incident_is_noted_once() -> None:
    noted = note_incident(payment_in(PaymentState.PAYED), Incident.PAID_TWICE)
    assert note_incident(noted, Incident.PAID_TWICE) is noted
    assert noted.state is PaymentState.PAYED


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
def test_a_waiver_says_why(reason: str) -> None:
    with pytest.raises(ReasonMissing):
        waive(payment_in(PaymentState.INITIAL), reason=reason, actor="clerk:1", now=NOW)
