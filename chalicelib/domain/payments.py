"""The payment of one fee: what it can be, what may happen to it, and what that makes of it.

A payment belongs to one file and is asked for once. Every attempt to pay it is a *checkout* at the
provider, one at a time. The money's truth lies with the provider, the amount's truth with us.

    NoSuchPayment             no fee has been asked for (domain.errors)
    PaymentError
    ├── PaymentStepRefused    this state does not allow this step (a StepNotAllowed)
    │   ├── AlreadyPaid
    │   ├── AlreadyWaived
    │   └── AtCheckout        end the checkout first
    ├── ReasonMissing         a waiver says why
    └── NothingToPay          a fee of zero is not asked for
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from chalicelib.domain.errors import NoSuchPayment, PaymentError, StepNotAllowed
from chalicelib.domain.money import Money
from chalicelib.domain.transitions import step

Method = Literal["card", "paypal"]

CHECKOUT_LASTS: Final = timedelta(minutes=60)  # the provider refuses less than 30 minutes
LOOK_AGAIN_AFTER: Final = timedelta(minutes=3)  # a notice later than this counts as lost: ask the provider
REASON_CHARACTERS_MAX: Final = 500


class PaymentState(StrEnum):
    """Where a payment stands. The first four are named as in the German XBezahldienste interface."""

    INITIAL = "INITIAL"
    PAYED = "PAYED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    AT_CHECKOUT = "AT_CHECKOUT"
    WAIVED = "WAIVED"
    REFUNDED = "REFUNDED"


class PaymentEvent(StrEnum):
    """What can happen to a payment once it has been asked for."""

    BEGIN = "begin"
    SETTLE = "settle"
    FAIL = "fail"
    CANCEL = "cancel"
    WAIVE = "waive"
    REFUND = "refund"


_S, _E = PaymentState, PaymentEvent

PAYMENT_STEPS: Final[dict[tuple[PaymentState, str], PaymentState]] = {
    (_S.INITIAL, _E.BEGIN): _S.AT_CHECKOUT,
    (_S.INITIAL, _E.SETTLE): _S.PAYED,  # money outlives a table that was restored from a backup
    (_S.INITIAL, _E.WAIVE): _S.WAIVED,
    (_S.AT_CHECKOUT, _E.SETTLE): _S.PAYED,
    (_S.AT_CHECKOUT, _E.FAIL): _S.FAILED,
    (_S.AT_CHECKOUT, _E.CANCEL): _S.CANCELED,
    (_S.FAILED, _E.BEGIN): _S.AT_CHECKOUT,
    (_S.FAILED, _E.SETTLE): _S.PAYED,
    (_S.FAILED, _E.WAIVE): _S.WAIVED,
    (_S.CANCELED, _E.BEGIN): _S.AT_CHECKOUT,
    (_S.CANCELED, _E.SETTLE): _S.PAYED,
    (_S.CANCELED, _E.WAIVE): _S.WAIVED,
    (_S.PAYED, _E.REFUND): _S.REFUNDED,
}
"""Every step there is. Nothing leads out of WAIVED and REFUNDED, and only a refund out of PAYED."""

XBEZAHLDIENSTE: Final[dict[PaymentState, PaymentState]] = {
    _S.INITIAL: _S.INITIAL,
    _S.AT_CHECKOUT: _S.INITIAL,
    _S.PAYED: _S.PAYED,
    _S.REFUNDED: _S.PAYED,
    _S.FAILED: _S.FAILED,
    _S.CANCELED: _S.CANCELED,
    _S.WAIVED: _S.CANCELED,
}
"""What a partner that speaks XBezahldienste is told: it knows neither checkouts, waivers nor refunds."""


class Incident(StrEnum):
    """Money that does not fit our record. It changes no state; a clerk has to look."""

    OTHER_AMOUNT = "other_amount"
    PAID_TWICE = "paid_twice"
    PAID_AFTER_WAIVER = "paid_after_waiver"
    PARTLY_REFUNDED = "partly_refunded"


class PaymentStepRefused(PaymentError, StepNotAllowed):
    """The payment's state does not allow this step; nothing was changed."""


class AlreadyPaid(PaymentStepRefused):
    """The fee is paid (or was paid and given back); nobody pays twice."""


class AlreadyWaived(PaymentStepRefused):
    """The fee was waived; there is nothing to pay."""


class AtCheckout(PaymentStepRefused):
    """A checkout is open: it has to end before this step."""


class ReasonMissing(PaymentError):
    """A waiver or refund needs a reason of 1 to 500 characters."""


class NothingToPay(PaymentError):
    """The matters of this file cost nothing."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One fee of one file. All instants are aware UTC."""

    id: str
    amount: Money
    services: tuple[str, ...]
    """Keys of the services whose fees make up `amount`, as in the office file."""
    asked_at: datetime
    asked_by: str
    state: PaymentState = PaymentState.INITIAL
    attempt: int = 0
    """How many checkouts were begun. With `id` it makes the provider's idempotency key."""
    begun_at: datetime | None = None
    checkout_id: str | None = None
    """The checkout of this attempt; None between the intent to open it and the provider's answer."""
    provider_payment: str | None = None
    method: Method | None = None
    settled_at: datetime | None = None
    waived_at: datetime | None = None
    waived_by: str | None = None
    waived_reason: str | None = None
    refund_begun_at: datetime | None = None
    refunded_at: datetime | None = None
    incidents: tuple[Incident, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether the fee still stands: a case with an open payment cannot be closed."""
        return self.state not in (PaymentState.PAYED, PaymentState.WAIVED, PaymentState.REFUNDED)

    @property
    def look_again_at(self) -> datetime | None:
        """When to ask the provider in case its notice was lost; None while there is nothing to wait for."""
        waiting = {PaymentState.AT_CHECKOUT: self.begun_at, PaymentState.PAYED: self.refund_begun_at}
        since = waiting.get(self.state)
        return since + LOOK_AGAIN_AFTER if since else None

    @property
    def checkout_expires_at(self) -> datetime:
        """When the provider closes this attempt's checkout by itself. Needs a begun attempt."""
        if self.begun_at is None:
            raise PaymentStepRefused(self.state, "open")
        return self.begun_at + CHECKOUT_LASTS

    @property
    def idempotency_key(self) -> str:
        """The same for every repeat of the same attempt, so that the provider opens one checkout for it."""
        return f"checkout-{self.id}-{self.attempt}"


def ask_fee(
    payment: Payment | None,
    *,
    payment_id: str,
    amount: Money,
    services: tuple[str, ...],
    actor: str,
    now: datetime,
) -> Payment:
    """Ask for the fee; asking again changes nothing. Raise NothingToPay for a fee of zero."""
    if payment is not None:
        return payment
    if not amount:
        raise NothingToPay(", ".join(services))
    return Payment(id=payment_id, amount=amount, services=services, asked_at=now, asked_by=actor)


def begin_checkout(payment: Payment | None, *, now: datetime) -> Payment:
    """Write down the intent to open the next checkout, before the provider is called.

    Its idempotency key and all that the provider is told follow from the record alone, so that a repeat
    after a crash opens the same checkout, never a second one.
    """
    state = _step(payment, PaymentEvent.BEGIN)
    asked = _asked(payment)
    return replace(asked, state=state, attempt=asked.attempt + 1, begun_at=now, checkout_id=None)


def open_checkout(payment: Payment | None, *, checkout_id: str) -> Payment:
    """Write down which checkout the provider opened for the attempt that was begun."""
    asked = _asked(payment)
    if asked.state is not PaymentState.AT_CHECKOUT or asked.checkout_id not in (None, checkout_id):
        raise _refusal(asked, "open")
    return replace(asked, checkout_id=checkout_id)


def settle(payment: Payment | None, *, provider_payment: str, method: Method | None, now: datetime) -> Payment:
    """The provider holds exactly our amount. The same money again changes nothing."""
    asked = _asked(payment)
    if asked.provider_payment == provider_payment:
        return asked
    state = _step(asked, PaymentEvent.SETTLE)
    return replace(asked, state=state, provider_payment=provider_payment, method=method, settled_at=now)


def fail(payment: Payment | None) -> Payment:
    """The provider tried to collect the money and could not; the citizen may begin again."""
    return replace(_asked(payment), state=_step(payment, PaymentEvent.FAIL))


def cancel(payment: Payment | None) -> Payment:
    """The checkout ended unpaid; the citizen may begin again."""
    return replace(_asked(payment), state=_step(payment, PaymentEvent.CANCEL))


def waive(payment: Payment | None, *, reason: str, actor: str, now: datetime) -> Payment:
    """Let the fee go, for a reason that stays in the file. Raise AtCheckout while one is open."""
    state = _step(payment, PaymentEvent.WAIVE)
    return replace(_asked(payment), state=state, waived_at=now, waived_by=actor, waived_reason=check_reason(reason))


def begin_refund(payment: Payment | None, *, now: datetime) -> Payment:
    """Write down the intent to give the whole amount back, before the provider is called; again is no news."""
    asked = _asked(payment)
    _step(asked, PaymentEvent.REFUND)
    return asked if asked.refund_begun_at else replace(asked, refund_begun_at=now)


def refund(payment: Payment | None, *, now: datetime) -> Payment:
    """The whole amount went back. The same refund again changes nothing."""
    asked = _asked(payment)
    if asked.state is PaymentState.REFUNDED:
        return asked
    return replace(asked, state=_step(asked, PaymentEvent.REFUND), refunded_at=now)


def note_incident(payment: Payment | None, incident: Incident) -> Payment:
    """Put up for the clerk what does not fit; each kind once."""
    asked = _asked(payment)
    return asked if incident in asked.incidents else replace(asked, incidents=(*asked.incidents, incident))


def check_reason(reason: str) -> str:
    """Return the reason without its outer blanks; raise ReasonMissing if it says nothing or a novel."""
    said = reason.strip()
    if not 1 <= len(said) <= REASON_CHARACTERS_MAX:
        raise ReasonMissing(f"write why, in 1 to {REASON_CHARACTERS_MAX} characters")
    return said


def _asked(payment: Payment | None) -> Payment:
    if payment is None:
        raise NoSuchPayment("no fee has been asked for")
    return payment


def _step(payment: Payment | None, event: PaymentEvent) -> PaymentState:
    asked = _asked(payment)
    try:
        return step(PAYMENT_STEPS, asked.state, event)
    except StepNotAllowed:
        raise _refusal(asked, event) from None


def _refusal(payment: Payment, event: str) -> PaymentStepRefused:
    """Name why this state refuses the step."""
    why = {
        PaymentState.PAYED: AlreadyPaid,
        PaymentState.REFUNDED: AlreadyPaid,
        PaymentState.WAIVED: AlreadyWaived,
        PaymentState.AT_CHECKOUT: AtCheckout,
    }.get(payment.state, PaymentStepRefused)
    return why(payment.state, event)
