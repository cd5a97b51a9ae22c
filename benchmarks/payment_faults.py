"""What goes wrong on purpose while fees are proved: crashes at each write, races, lost answers, no defence."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.adapters.stripe_payments import StripePayments
from chalicelib.domain.checkouts import Checkout, CheckoutState, Notice
from chalicelib.domain.fee_records import PROVIDER, records_between
from chalicelib.domain.files import Changes, File
from chalicelib.domain.ids import FileKey
from chalicelib.domain.payments import Payment, PaymentState
from chalicelib.services.paying import NoticeOutcome, Paying
from chalicelib.services.ports import CheckoutPage, Commit
from tests.doubles.files import InMemoryFiles

Answer = TypeVar("Answer")


class Crashed(Exception):
    """The function was killed here; nothing after this line happened."""


@dataclass
class FaultyFiles(InMemoryFiles):
    """Files that kill their caller before or after the write of a given number, counted from 1.

    `between` runs once just before that write instead: somebody else who is quicker.
    """

    writes: int = 0
    crash_at: int = 0
    after: bool = False
    between: Callable[[], object] | None = None

    def commit(self, commit: Commit) -> None:
        """Write, unless this is where it happens."""
        self.writes += 1
        is_here = self.writes == self.crash_at
        if is_here and self.between is not None:
            meanwhile, self.between = self.between, None
            meanwhile()
        elif is_here and not self.after:
            raise Crashed
        super().commit(commit)
        if is_here and self.after:
            raise Crashed

    def fork(self) -> FaultyFiles:
        """Return a copy that starts from here; files and entries are immutable, so this is cheap."""
        chains = {key: (list(entries), list(payloads)) for key, (entries, payloads) in self.chains.items()}
        return FaultyFiles(dict(self.files), copy.copy(self.units), chains, dict(self.presences), set(self.notices))


@dataclass(frozen=True)
class RememberingPayments(StripePayments):
    """Remembers what the provider showed, for as long as nothing happens there. Notices are verified anew."""

    seen: dict[str, Any] = field(default_factory=dict)

    def open_checkout(self, payment: Payment, *, key: FileKey, page: CheckoutPage) -> Checkout:
        """Repeat the answer to the same idempotency key, as the provider does."""
        name = payment.idempotency_key
        if name not in self.seen:
            self.seen[name] = super().open_checkout(payment, key=key, page=page)
        opened: Checkout = self.seen[name]
        return opened

    def read_checkout(self, checkout_id: str) -> CheckoutState:
        """Ask once."""
        if checkout_id not in self.seen:
            self.seen[checkout_id] = super().read_checkout(checkout_id)
        state: CheckoutState = self.seen[checkout_id]
        return state


@dataclass
class FaultyProvider:
    """A provider whose caller is killed before or after the call of a given number, counted from 1."""

    inner: StripePayments
    calls: int = 0
    crash_at: int = 0
    after: bool = False

    def open_checkout(self, payment: Payment, *, key: FileKey, page: CheckoutPage) -> Checkout:
        """Open, unless this is where it happens."""
        return self._call(lambda: self.inner.open_checkout(payment, key=key, page=page))

    def read_checkout(self, checkout_id: str) -> CheckoutState:
        """Ask, unless this is where it happens."""
        return self._call(lambda: self.inner.read_checkout(checkout_id))

    def expire_checkout(self, checkout_id: str) -> CheckoutState:
        """End, unless this is where it happens."""
        return self._call(lambda: self.inner.expire_checkout(checkout_id))

    def refund(self, payment: Payment, *, key: FileKey) -> None:
        """Give back, unless this is where it happens."""
        self._call(lambda: self.inner.refund(payment, key=key))

    def read_notice(self, raw: bytes, signature: str, *, now: datetime) -> Notice:
        """Verify; no write, nowhere to crash."""
        return self.inner.read_notice(raw, signature, now=now)

    def _call(self, call: Callable[[], Answer]) -> Answer:
        self.calls += 1
        is_here = self.calls == self.crash_at
        if is_here and not self.after:
            raise Crashed
        answer = call()
        if is_here:
            raise Crashed
        return answer


# --- the controls: the same runs with the defence taken out -------------------------------------------------

_CLAIMED = {
    "checkout.session.completed": PaymentState.PAYED,
    "checkout.session.async_payment_succeeded": PaymentState.PAYED,
    "payment_intent.succeeded": PaymentState.PAYED,
    "checkout.session.expired": PaymentState.CANCELED,
    "checkout.session.async_payment_failed": PaymentState.FAILED,
    "payment_intent.payment_failed": PaymentState.FAILED,
    "charge.refunded": PaymentState.REFUNDED,
}


class TrustingPaying(Paying):
    """Believes each notice: does not ask the provider, does not look at the state, the last one wins."""

    def _heed(self, notice: Notice, *, now: datetime) -> NoticeOutcome:
        def decide(file: File) -> Changes:
            before = file.payment(notice.payment_id)
            claimed = _CLAIMED[notice.kind]
            money = before.provider_payment or ("claimed" if claimed is PaymentState.PAYED else None)
            after = replace(before, state=claimed, provider_payment=money)
            records = records_between(before, after, actor=PROVIDER)
            return Changes(payments=(after,), records=records, notice=notice.event_id)

        self.acting.act(notice.key, decide, now=now)
        return NoticeOutcome.CHANGED


@dataclass(frozen=True)
class ForgetfulPayments(StripePayments):
    """Opens a checkout for each call: every one of them has a key of its own."""

    opened: list[str] = field(default_factory=list)

    def open_checkout(self, payment: Payment, *, key: FileKey, page: CheckoutPage) -> Checkout:
        """Forget that this attempt was begun before."""
        self.opened.append(payment.id)
        other = replace(payment, attempt=payment.attempt + 1000 * len(self.opened))
        return super().open_checkout(other, key=key, page=page)


@dataclass(frozen=True)
class CredulousPayments(StripePayments):
    """Reads notices without verifying them."""

    def _verify(self, raw: bytes, signature: str, *, now: datetime) -> None:
        """Believe."""
