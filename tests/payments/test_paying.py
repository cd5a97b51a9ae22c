"""The use cases of a fee, over the real library and the stand-in, against files in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.checkouts import NoticeForged, ProviderUnavailable
from chalicelib.domain.errors import NoSuchPayment, StepNotAllowed
from chalicelib.domain.payments import (
    AlreadyPaid,
    AlreadyWaived,
    AtCheckout,
    Incident,
    NothingToPay,
    PaymentState,
    ReasonMissing,
)
from chalicelib.services.paying import NoticeOutcome
from tests.payments.office import (
    CLERK,
    KEY,
    OFFICE,
    OLD_SECRET,
    PAYPAL,
    SECRET,
    VISA,
    WITH_FEE,
    Scene,
    changed,
)


def test_the_amount_is_the_offices_own(scene: Scene) -> None:
    asked = scene.ask()
    assert asked.amount == WITH_FEE.fee
    assert asked.services == (WITH_FEE.key,)
    assert asked.state is PaymentState.INITIAL
    assert scene.kinds() == ["fee-asked"]


def test_asking_twice_is_asking_once(scene: Scene) -> None:
    assert scene.ask() == scene.ask()
    assert scene.kinds() == ["fee-asked"]


def test_free_matters_ask_for_nothing() -> None:
    scene = Scene()
    free = next(service.key for service in OFFICE.services.values() if not service.fee)
    scene.book(free)
    with pytest.raises(NothingToPay):
        scene.ask()


@pytest.mark.parametrize("method", ["card", "paypal"])
def test_paying_settles_by_notice(scene: Scene, method: str) -> None:
    scene.ask()
    checkout = scene.checkout()
    assert scene.payment().state is PaymentState.AT_CHECKOUT
    scene.pay(checkout, PAYPAL if method == "paypal" else VISA)
    [completed] = scene.events("checkout.session.completed")
    assert scene.deliver(completed) is NoticeOutcome.CHANGED
    paid = scene.payment()
    assert (paid.state, paid.method) == (PaymentState.PAYED, method)
    assert paid.settled_at == scene.now
    assert scene.kinds() == ["fee-asked", "checkout-begun", "fee-paid"]


def test_a_second_notice_changes_nothing(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    [completed] = scene.events("checkout.session.completed")
    scene.deliver(completed)
    before = scene.files.load(KEY)
    assert scene.deliver(completed) is NoticeOutcome.REPEATED
    [succeeded] = scene.events("payment_intent.succeeded")
    assert scene.deliver(succeeded) is NoticeOutcome.NOTHING_NEW
    assert scene.files.load(KEY) == before


def test_a_late_notice_settles_all_the_same(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    scene.wait(hours=50)
    scene.deliver(scene.events("checkout.session.completed")[0])
    assert scene.payment().state is PaymentState.PAYED


@pytest.mark.parametrize(
    ("secret", "age_s"),
    [("whsec_of_a_stranger", 0), (SECRET, 301), (SECRET, -301), ("", 0)],
    ids=["foreign secret", "stale", "from the future", "empty secret"],
)
def test_a_forged_notice_is_refused(scene: Scene, secret: str, age_s: int) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    with pytest.raises(NoticeForged):
        scene.deliver(scene.events("checkout.session.completed")[0], secret=secret, age_s=age_s)
    assert scene.payment().state is PaymentState.AT_CHECKOUT


def test_the_old_secret_counts_while_it_is_rotated(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    scene.deliver(scene.events("checkout.session.completed")[0], secret=OLD_SECRET, age_s=300)
    assert scene.payment().state is PaymentState.PAYED


def test_a_notice_is_no_proof_of_payment(scene: Scene) -> None:
    """Genuinely signed, but the provider, asked, says that nothing was paid."""
    scene.ask()
    scene.pay(scene.checkout())
    [completed] = scene.events("checkout.session.completed")
    other = Scene(seed=1)
    other.book()
    other.ask()
    session = other.checkout()
    told = {**completed["data"]["object"], "id": session, "metadata": other.ledger.sessions[session]["metadata"]}
    assert other.deliver(changed(completed, **told)) is NoticeOutcome.NOTHING_NEW
    assert other.payment().state is PaymentState.AT_CHECKOUT


@pytest.mark.parametrize("claim", [{"amount_total": 1}, {"currency": "usd"}])
def test_another_amount_settles_nothing_and_tells_the_clerk(scene: Scene, claim: dict[str, object]) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    [completed] = scene.events("checkout.session.completed")
    assert scene.deliver(changed(completed, **claim)) is NoticeOutcome.CHANGED
    assert scene.payment().state is PaymentState.AT_CHECKOUT
    assert scene.payment().incidents == (Incident.OTHER_AMOUNT,)
    assert scene.kinds()[-1] == "payment-incident"


def test_another_amount_at_the_provider_settles_nothing(scene: Scene) -> None:
    scene.ask()
    checkout = scene.checkout()
    scene.ledger.sessions[checkout]["amount_total"] -= 100
    scene.pay(checkout)
    scene.paying.returned(KEY, now=scene.now)
    assert scene.payment().state is PaymentState.AT_CHECKOUT
    assert scene.payment().incidents == (Incident.OTHER_AMOUNT,)


def test_a_lost_notice_is_made_up_for_by_coming_back(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    assert scene.paying.returned(KEY, now=scene.now).state is PaymentState.PAYED


def test_a_checkout_that_nobody_left_stays_the_same(scene: Scene) -> None:
    scene.ask()
    first = scene.paying.checkout(KEY, now=scene.now)
    assert scene.paying.returned(KEY, now=scene.now).state is PaymentState.AT_CHECKOUT
    assert scene.paying.checkout(KEY, now=scene.now) == first


def test_walking_away_ends_the_checkout_and_another_can_be_begun(scene: Scene) -> None:
    scene.ask()
    first = scene.checkout()
    for _ in range(2):
        assert scene.paying.left(KEY, now=scene.now).state is PaymentState.CANCELED
    assert scene.ledger.sessions[first]["status"] == "expired"
    second = scene.checkout()
    assert second != first
    scene.pay(second)
    assert scene.paying.returned(KEY, now=scene.now).state is PaymentState.PAYED


def test_whoever_paid_and_then_walked_away_has_paid(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    assert scene.paying.left(KEY, now=scene.now).state is PaymentState.PAYED


def test_money_under_way_outlives_walking_away(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout(), PAYPAL, later=True)
    assert scene.paying.left(KEY, now=scene.now).state is PaymentState.AT_CHECKOUT


def test_after_an_expired_checkout_a_new_one_is_opened(scene: Scene) -> None:
    scene.ask()
    first = scene.checkout()
    scene.wait(minutes=61)
    second = scene.checkout()
    assert second != first
    assert scene.kinds() == ["fee-asked", "checkout-begun", "checkout-ended", "checkout-begun"]


def test_the_end_of_an_old_checkout_does_not_touch_the_new_one(scene: Scene) -> None:
    scene.ask()
    scene.checkout()
    scene.wait(minutes=61)
    scene.checkout()
    [expired] = scene.events("checkout.session.expired")
    assert scene.deliver(expired) is NoticeOutcome.NOTHING_NEW
    assert scene.payment().state is PaymentState.AT_CHECKOUT


def test_whoever_paid_is_not_sent_to_pay_again(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    with pytest.raises(AlreadyPaid):
        scene.checkout()
    assert scene.payment().state is PaymentState.PAYED
    with pytest.raises(AlreadyPaid):
        scene.checkout()


def test_money_under_way_is_waited_for_and_may_fail(scene: Scene) -> None:
    scene.ask()
    checkout = scene.checkout()
    scene.pay(checkout, PAYPAL, later=True)
    for event in scene.events():
        scene.deliver(event)
    assert scene.payment().state is PaymentState.AT_CHECKOUT
    with pytest.raises(AtCheckout):
        scene.checkout()
    with pytest.raises(AtCheckout):
        scene.paying.waive(KEY, reason="Härtefall", actor=CLERK, now=scene.now)
    scene.ledger.finish(checkout, succeeds=False, now=scene.seconds())
    scene.deliver(scene.events("checkout.session.async_payment_failed")[0])
    assert scene.payment().state is PaymentState.FAILED
    second = scene.checkout()
    scene.pay(second)
    scene.deliver(scene.events("payment_intent.succeeded")[0])
    assert scene.payment().state is PaymentState.PAYED


def test_money_is_the_matter_of_the_clerk_whose_call_it_is(scene: Scene) -> None:
    with pytest.raises(StepNotAllowed):
        scene.paying.ask(KEY, actor="clerk:hd-2", now=scene.now)
    scene.ask()
    checkout = scene.checkout()
    with pytest.raises(StepNotAllowed):
        scene.paying.waive(KEY, reason="Härtefall", actor="clerk:hd-2", now=scene.now)
    assert scene.ledger.sessions[checkout]["status"] == "open"
    assert scene.kinds() == ["fee-asked", "checkout-begun"]


def test_a_waiver_needs_a_reason_and_ends_the_checkout(scene: Scene) -> None:
    scene.ask()
    checkout = scene.checkout()
    with pytest.raises(ReasonMissing):
        scene.paying.waive(KEY, reason="  ", actor=CLERK, now=scene.now)
    waived = scene.paying.waive(KEY, reason=" Heidelberg-Pass ", actor=CLERK, now=scene.now)
    assert (waived.state, waived.waived_reason) == (PaymentState.WAIVED, "Heidelberg-Pass")
    assert scene.ledger.sessions[checkout]["status"] == "expired"
    with pytest.raises(AlreadyWaived):
        scene.checkout()


def test_a_fee_can_be_waived_before_it_is_asked_for(scene: Scene) -> None:
    scene.paying.waive(KEY, reason="Befreit", actor=CLERK, now=scene.now)
    assert scene.kinds() == ["fee-asked", "fee-waived"]


def test_a_waiver_comes_too_late_for_money_that_is_there(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    with pytest.raises(AlreadyPaid):
        scene.paying.waive(KEY, reason="Befreit", actor=CLERK, now=scene.now)
    assert scene.payment().state is PaymentState.PAYED


def test_a_refund_happens_once(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    scene.paying.returned(KEY, now=scene.now)
    for _ in range(2):
        refunded = scene.paying.refund(KEY, reason="Doppelt", actor=CLERK, now=scene.now)
        assert refunded.state is PaymentState.REFUNDED
    assert len(scene.ledger.refunds) == 1
    assert scene.deliver(scene.events("charge.refunded")[0]) is NoticeOutcome.NOTHING_NEW


def test_only_what_was_paid_is_given_back(scene: Scene) -> None:
    scene.ask()
    with pytest.raises(StepNotAllowed):
        scene.paying.refund(KEY, reason="Doppelt", actor=CLERK, now=scene.now)


def test_part_of_the_money_given_back_elsewhere_is_an_incident(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    scene.paying.returned(KEY, now=scene.now)
    paid = scene.payment()
    scene.ledger.refund({"payment_intent": paid.provider_payment, "amount": "100"}, now=scene.seconds())
    scene.deliver(scene.events("charge.refunded")[0])
    assert scene.payment().state is PaymentState.PAYED
    assert scene.payment().incidents == (Incident.PARTLY_REFUNDED,)


def test_notices_about_others_are_taken_and_forgotten(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    [completed] = scene.events("checkout.session.completed")
    for foreign in (
        changed(completed, metadata={}),
        changed(completed, metadata={"office": "heidelberg", "booking": "x", "payment": "y"}),
        {**completed, "type": "customer.created"},
    ):
        assert scene.deliver(foreign) is NoticeOutcome.FOREIGN


def test_nothing_asked_nothing_to_pay(scene: Scene) -> None:
    with pytest.raises(NoSuchPayment):
        scene.checkout()
    with pytest.raises(NoSuchPayment):
        scene.paying.returned(KEY, now=scene.now)


def test_an_unreachable_provider_asks_for_a_repeat(scene: Scene) -> None:
    scene.ask()
    scene.pay(scene.checkout())
    [completed] = scene.events("checkout.session.completed")
    unknown = replace(scene.payments, api_key="sk_test_of_somebody_else")
    scene.paying = replace(scene.paying, provider=unknown)
    with pytest.raises(ProviderUnavailable):
        scene.deliver(completed)
    assert scene.payment().state is PaymentState.AT_CHECKOUT
