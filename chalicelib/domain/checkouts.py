"""What the payment provider says, in our words, and what that makes of our payment.

PaymentError (domain.errors)
├── NoticeForged          not signed with our secret, or signed too long ago
├── NoticeForeign         genuine, but about nothing of ours
├── ProviderUnavailable   no answer: nobody knows whether it happened; ask again with the same key
└── ProviderRefused       the provider said no, and will say no again
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.errors import PaymentError
from chalicelib.domain.ids import FileKey
from chalicelib.domain.money import Money
from chalicelib.domain.payments import (
    PAYMENT_STEPS,
    Incident,
    Method,
    Payment,
    PaymentEvent,
    PaymentState,
    cancel,
    fail,
    note_incident,
    refund,
    settle,
)
from chalicelib.domain.transitions import allows


class NoticeForged(PaymentError):
    """The notice does not prove that the provider sent it, and sent it just now."""


class NoticeForeign(PaymentError):
    """The provider did send it, but it concerns no payment of ours. Answer that it arrived."""


class ProviderUnavailable(PaymentError):
    """The provider did not answer. Repeat with the same idempotency key."""


class ProviderRefused(PaymentError):
    """The provider answered that it will not do this; a repeat is pointless."""


class CheckoutStatus(StrEnum):
    """How a checkout stands at the provider."""

    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A hosted page on which a payment can be paid."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """A checkout as the provider itself shows it when asked. This, not a notice, moves a payment."""

    id: str
    status: CheckoutStatus
    amount: Money
    refunded: Money
    key: FileKey
    payment_id: str
    url: str | None = None
    """Where to pay; None once the checkout is no longer open."""
    method: Method | None = None
    provider_payment: str | None = None
    """The provider's name of the money; there once any attempt to pay was made."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified message of the provider: a reason to look, and a claim that has to fit our record."""

    event_id: str
    kind: str
    key: FileKey
    payment_id: str
    checkout_id: str | None
    amount: Money
    created: datetime


def reckon(payment: Payment, seen: CheckoutState, *, now: datetime) -> Payment:
    """Return the payment in the light of what the provider showed; the same payment if it adds nothing.

    Whatever order news comes in, it only ever leads forward: money that is there is never forgotten
    because an older checkout ended, and money that does not fit becomes an incident, not a settlement.
    """
    if seen.payment_id != payment.id:
        return payment
    if seen.status is CheckoutStatus.PAID:
        return _reckon_money(payment, seen, now=now)
    if seen.id != payment.checkout_id or payment.state is not PaymentState.AT_CHECKOUT:
        return payment
    if seen.status is CheckoutStatus.FAILED:
        return fail(payment)
    if seen.status is CheckoutStatus.EXPIRED:
        return cancel(payment)
    return payment


def _reckon_money(payment: Payment, seen: CheckoutState, *, now: datetime) -> Payment:
    if seen.provider_payment is None:
        raise ProviderRefused(f"checkout {seen.id} is paid but names no payment")
    if seen.amount != payment.amount:
        return note_incident(payment, Incident.OTHER_AMOUNT)
    if payment.provider_payment not in (None, seen.provider_payment):
        return note_incident(payment, Incident.PAID_TWICE)
    if payment.state is PaymentState.WAIVED:
        return note_incident(payment, Incident.PAID_AFTER_WAIVER)
    settled = settle(payment, provider_payment=seen.provider_payment, method=seen.method, now=now)
    return _reckon_refund(settled, seen.refunded, now=now)


def _reckon_refund(payment: Payment, refunded: Money, *, now: datetime) -> Payment:
    if not refunded or not allows(PAYMENT_STEPS, payment.state, PaymentEvent.REFUND):
        return payment
    if refunded != payment.amount:
        return note_incident(payment, Incident.PARTLY_REFUNDED)
    return refund(payment, now=now)
