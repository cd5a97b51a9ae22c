"""The payment provider Stripe: Checkout on its hosted page, by card or PayPal.

Nothing about the citizen goes to the provider: metadata names office, booking and payment, all opaque.
The library costs 320 to 460 ms to import, so it is imported by the first call and not with this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from chalicelib.domain.checkouts import (
    Checkout,
    CheckoutState,
    CheckoutStatus,
    Notice,
    NoticeForeign,
    NoticeForged,
    ProviderRefused,
    ProviderUnavailable,
)
from chalicelib.domain.ids import FileKey
from chalicelib.domain.money import Money

if TYPE_CHECKING:
    import stripe
    from stripe.params.checkout import SessionCreateParams

    from chalicelib.domain.payments import Method, Payment
    from chalicelib.services.ports import CheckoutPage

NOTICE_TOLERANCE: Final = timedelta(seconds=300)
"""How old, or how far ahead of our clock, a notice's signature may be: Stripe's own default."""
ANSWER_WITHIN_S: Final = (3.0, 8.0)
"""To connect, to answer. The library's 80 s outlast any function behind a gateway (29 s)."""
REPEATS_MAX: Final = 1
"""Further tries after a lost connection or a 5xx; the library sends the same idempotency key again."""

NOTICE_KINDS: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "charge.refunded",
    }
)
"""What the webhook endpoint is to be subscribed to."""

_AMOUNT_OF: Final = {"checkout.session": "amount_total", "payment_intent": "amount", "charge": "amount"}
_LOCALES: Final = frozenset({"de", "en", "fr", "ro", "tr"})  # of our languages, those that its page speaks
_SEEN_WITH: Final = ["payment_intent.latest_charge"]


@dataclass(frozen=True)
class StripePayments:
    """The port Payments. `webhook_secrets` are one, or two while they are rotated.

    `api_base` is the stand-in's address, None for Stripe itself. `http_client` replaces the library's own.
    """

    api_key: str = field(repr=False)
    webhook_secrets: Sequence[str] = field(repr=False)
    api_base: str | None = None
    http_client: Any = None

    def open_checkout(self, payment: Payment, *, key: FileKey, page: CheckoutPage) -> Checkout:
        """Open the page of this attempt. What it is told follows from the arguments alone."""
        with _translated():
            session = self._client.v1.checkout.sessions.create(
                _session_params(payment, key, page), {"idempotency_key": payment.idempotency_key}
            )
        if session.url is None:  # a repeat is answered with what the first call was: open
            raise ProviderRefused(f"checkout {session.id} has no page")
        return Checkout(session.id, session.url)

    def read_checkout(self, checkout_id: str) -> CheckoutState:
        """Ask how a checkout stands, the money and what was given back of it included."""
        with _translated():
            return _state(self._client.v1.checkout.sessions.retrieve(checkout_id, {"expand": _SEEN_WITH}).to_dict())

    def expire_checkout(self, checkout_id: str) -> CheckoutState:
        """End an open checkout; return how it stands now, which is the whole answer if it was not open."""
        try:
            with _translated():
                return _state(self._client.v1.checkout.sessions.expire(checkout_id, {"expand": _SEEN_WITH}).to_dict())
        except ProviderRefused:  # it is complete or expired already
            return self.read_checkout(checkout_id)

    def refund(self, payment: Payment, *, key: FileKey) -> None:
        """Give the whole amount back; the key makes a repeat the same refund."""
        with _translated():
            self._client.v1.refunds.create(
                {
                    "payment_intent": payment.provider_payment or "",
                    "amount": payment.amount.minor_units,
                    "metadata": _metadata(payment, key),
                },
                {"idempotency_key": f"refund-{payment.id}"},
            )

    def read_notice(self, raw: bytes, signature: str, *, now: datetime) -> Notice:
        """Verify the body as it came over the wire, then read it. Raises NoticeForged or NoticeForeign."""
        self._verify(raw, signature, now=now)
        event = json.loads(raw)
        return _notice(event)

    @cached_property
    def _client(self) -> stripe.StripeClient:
        import stripe  # noqa: PLC0415 - lazily, see above

        return stripe.StripeClient(
            self.api_key,
            base_addresses={"api": self.api_base} if self.api_base else {},
            http_client=self.http_client or stripe.RequestsClient(timeout=ANSWER_WITHIN_S),
            max_network_retries=REPEATS_MAX,
        )

    def _verify(self, raw: bytes, signature: str, *, now: datetime) -> None:
        """Raise NoticeForged unless one of our secrets signed exactly these bytes around `now`.

        The signature is the library's business. The age is ours, by the clock that we were given, and it
        bounds both sides: the library would take a timestamp from the future.
        """
        from stripe import SignatureVerificationError, WebhookSignature  # noqa: PLC0415 - lazily, see above

        for secret in self.webhook_secrets:
            try:
                WebhookSignature.verify_header(raw, signature, secret, None)
            except (SignatureVerificationError, UnicodeError, TypeError):
                continue  # TypeError: characters in the header that no comparison in constant time takes
            signed_at = int(dict(part.split("=", 1) for part in signature.split(",") if "=" in part)["t"])
            if abs(now.timestamp() - signed_at) <= NOTICE_TOLERANCE.total_seconds():
                return
            raise NoticeForged("signed too long ago, or in the future")
        raise NoticeForged("not signed with a secret of ours")


@contextmanager
def _translated() -> Iterator[None]:
    """Say the library's errors in our words: a final no, or no answer (that somebody may have to mend)."""
    import stripe  # noqa: PLC0415 - lazily, see above

    try:
        yield
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as refused:
        raise ProviderRefused(f"{refused.code or type(refused).__name__}: {refused.user_message}") from None
    except stripe.StripeError as failed:
        raise ProviderUnavailable(type(failed).__name__) from failed


def _session_params(payment: Payment, key: FileKey, page: CheckoutPage) -> SessionCreateParams:
    metadata = _metadata(payment, key)
    return {
        "mode": "payment",
        "allowed_payment_method_types": ["card", "paypal"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": payment.amount.currency.lower(),
                    "unit_amount": payment.amount.minor_units,
                    "product_data": {"name": page.matter},
                },
            }
        ],
        "branding_settings": {"display_name": page.payee},
        "client_reference_id": payment.id,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": page.matter},
        "locale": page.locale if page.locale in _LOCALES else "auto",
        "success_url": page.success_url,
        "cancel_url": page.cancel_url,
        "expires_at": int(payment.checkout_expires_at.timestamp()),
    }


def _metadata(payment: Payment, key: FileKey) -> dict[str, str]:
    return {"office": key.office, "booking": key.booking_id, "payment": payment.id}


def _state(session: dict[str, Any]) -> CheckoutState:
    """Read a Checkout Session whose payment intent and its latest charge came along."""
    try:
        intent = session["payment_intent"] or {}
        charge = intent.get("latest_charge") or {}
        metadata, currency = session["metadata"], session["currency"].upper()
        return CheckoutState(
            id=session["id"],
            status=_status(session, intent),
            amount=Money(session["amount_total"], currency),
            refunded=Money(charge.get("amount_refunded", 0), currency),
            key=FileKey(metadata["office"], metadata["booking"]),
            payment_id=metadata["payment"],
            url=session["url"],
            method=_method(charge),
            provider_payment=intent.get("id"),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as unreadable:
        raise ProviderRefused(f"checkout {session.get('id')} is not one of ours") from unreadable


def _status(session: dict[str, Any], intent: dict[str, Any]) -> CheckoutStatus:
    if session["payment_status"] == "paid":
        return CheckoutStatus.PAID
    if session["status"] == "complete":
        is_under_way = intent.get("status") in {"processing", "requires_action", "requires_capture"}
        return CheckoutStatus.PROCESSING if is_under_way else CheckoutStatus.FAILED
    return CheckoutStatus.OPEN if session["status"] == "open" else CheckoutStatus.EXPIRED


def _method(charge: dict[str, Any]) -> Method | None:
    kind = (charge.get("payment_method_details") or {}).get("type")
    return kind if kind in ("card", "paypal") else None


def _notice(event: Any) -> Notice:
    try:
        kind, told = event["type"], event["data"]["object"]
        if kind not in NOTICE_KINDS:
            raise NoticeForeign(kind)
        metadata = told["metadata"]
        return Notice(
            event_id=event["id"],
            kind=kind,
            key=FileKey(metadata["office"], metadata["booking"]),
            payment_id=metadata["payment"],
            checkout_id=told["id"] if told["object"] == "checkout.session" else None,
            amount=Money(told[_AMOUNT_OF[told["object"]]], told["currency"].upper()),
            created=datetime.fromtimestamp(event["created"], UTC),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as unreadable:
        raise NoticeForeign("not about a payment of ours") from unreadable
