"""What happened at the provider: sessions, payments, refunds, events. No I/O, no clock, no chance."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from local.payments import shapes
from local.payments.errors import ApiError, invalid_request, missing
from local.payments.forms import ANY_TEXTS, check_form
from local.payments.shapes import Means, Object

SESSION_PARAMS: Final[dict[str, Any]] = {
    "mode": str,
    "ui_mode": str,
    "allowed_payment_method_types": [str],
    "line_items": [
        {
            "quantity": int,
            "price_data": {
                "currency": str,
                "unit_amount": int,
                "product_data": {"name": str, "description": str, "metadata": ANY_TEXTS},
            },
        }
    ],
    "branding_settings": {"display_name": str},
    "client_reference_id": str,
    "metadata": ANY_TEXTS,
    "payment_intent_data": {"metadata": ANY_TEXTS, "description": str},
    "locale": str,
    "submit_type": str,
    "success_url": str,
    "cancel_url": str,
    "expires_at": int,
    "expand": [str],
}
REFUND_PARAMS: Final[dict[str, Any]] = {
    "payment_intent": str,
    "charge": str,
    "amount": int,
    "reason": str,
    "metadata": ANY_TEXTS,
    "expand": [str],
}
LASTS_MIN_S: Final = 30 * 60
LASTS_MAX_S: Final = 24 * 60 * 60
CHARGE_MIN: Final = 50
"""Stripe takes no less than 0.50 EUR."""

PLURALS: Final = {
    "checkout.session": "sessions",
    "payment_intent": "intents",
    "charge": "charges",
    "refund": "refunds",
    "event": "events",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a bank did not pay, in Stripe's codes."""

    code: str
    decline_code: str
    message: str


NEVER_CAME: Final = Refusal("payment_method_provider_decline", "", "The payment was declined later.")


@dataclass(slots=True)
class Ledger:
    """All objects by kind and id. `new_name` makes an id for a prefix; times are seconds since 1970."""

    new_name: Callable[[str], str]
    sessions: dict[str, Object] = field(default_factory=dict)
    orders: dict[str, Object] = field(default_factory=dict)
    """What a session was created with: what its page shows, and its intent is made of."""
    intents: dict[str, Object] = field(default_factory=dict)
    charges: dict[str, Object] = field(default_factory=dict)
    refunds: dict[str, Object] = field(default_factory=dict)
    events: dict[str, Object] = field(default_factory=dict)

    def find(self, noun: str, name: str, *, param: str = "id") -> Object:
        """Return the object of a kind; raise `resource_missing`."""
        try:
            found: Object = getattr(self, PLURALS[noun])[name]
        except KeyError:
            raise missing(noun, name, param=param) from None
        return found

    def create_session(self, values: Object, *, page_base: str, now: int) -> Object:
        """Open a checkout; `page_base` is the address before the session's id."""
        params = check_form(values, SESSION_PARAMS)
        if params.get("mode") != "payment":
            raise invalid_request("Only mode=payment is served here.", param="mode")
        for needed in ("line_items", "success_url"):
            if not params.get(needed):
                raise invalid_request(f"Missing required param: {needed}.", param=needed, code="parameter_missing")
        params.setdefault("expires_at", now + LASTS_MAX_S)
        if not LASTS_MIN_S <= params["expires_at"] - now <= LASTS_MAX_S:
            raise invalid_request(
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
                param="expires_at",
            )
        total, currency = _total(params["line_items"])
        name = self.new_name("cs_test_")
        self.orders[name] = params
        self.sessions[name] = shapes.session(
            name, params, total=total, currency=currency, url=page_base + name, now=now
        )
        return self.sessions[name]

    def expire_session(self, name: str, *, now: int) -> Object:
        """End an open session by request; refuse one that is complete or expired."""
        session = self.find("checkout.session", name, param="session")
        if session["status"] != "open":
            raise invalid_request(
                f'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of {session['status']}."
            )
        self._end(session, now=now)
        return session

    def expire_due(self, *, now: int) -> None:
        """End every open session whose time is over."""
        for session in self.sessions.values():
            if session["status"] == "open" and session["expires_at"] <= now:
                self._end(session, now=now)

    def pay(self, name: str, means: Means, *, now: int, later: bool = False) -> Object:
        """Pay an open session. `later`: the money is promised only, and `finish` says whether it came."""
        session, intent = self._attempt(name, now=now)
        if later:
            charge = self._charge(intent, means, status="pending", now=now)
            intent.update(status="processing", last_payment_error=None, latest_charge=charge["id"])
            self._complete(session, now=now)
            return session
        charge = self._charge(intent, means, status="succeeded", now=now)
        self._succeed(intent, charge, now=now)
        session["payment_status"] = "paid"
        self._complete(session, now=now)
        return session

    def decline(self, name: str, means: Means, why: Refusal, *, now: int) -> None:
        """Refuse an attempt; the session stays open for another one."""
        _, intent = self._attempt(name, now=now)
        self._fail(intent, self._charge(intent, means, status="failed", now=now), why, now=now)

    def finish(self, name: str, *, succeeds: bool, now: int) -> Object:
        """Say whether promised money came."""
        session = self.find("checkout.session", name)
        intent = self.intents.get(session["payment_intent"] or "")
        if intent is None or intent["status"] != "processing":
            raise invalid_request("Nothing is under way here.")
        charge = self.charges[intent["latest_charge"]]
        if succeeds:
            charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
            self._succeed(intent, charge, now=now)
            session["payment_status"] = "paid"
            self._happened("checkout.session.async_payment_succeeded", session, now=now)
        else:
            charge.update(status="failed")
            self._fail(intent, charge, NEVER_CAME, now=now)
            self._happened("checkout.session.async_payment_failed", session, now=now)
        return session

    def refund(self, values: Object, *, now: int) -> Object:
        """Give back all or part of a payment."""
        params = check_form(values, REFUND_PARAMS)
        charge = self._charge_of(params)
        left = charge["amount_captured"] - charge["amount_refunded"]
        amount = params.get("amount", left)
        if left <= 0:
            raise invalid_request(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if not 0 < amount <= left:
            raise invalid_request(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
                param="amount",
            )
        name = self.new_name("re_")
        self.refunds[name] = shapes.refund(name, charge, amount=amount, params=params, now=now)
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self._happened("charge.refunded", charge, now=now)
        return self.refunds[name]

    def _attempt(self, name: str, *, now: int) -> tuple[Object, Object]:
        session = self.find("checkout.session", name)
        if session["status"] != "open":
            raise ApiError(409, "invalid_request_error", f"This session is {session['status']}.")
        if session["payment_intent"] is None:
            intent_name = self.new_name("pi_")
            self.intents[intent_name] = shapes.intent(
                intent_name,
                self.orders[name].get("payment_intent_data", {}),
                amount=session["amount_total"],
                currency=session["currency"],
                now=now,
            )
            session["payment_intent"] = intent_name
        return session, self.intents[session["payment_intent"]]

    def _charge(self, intent: Object, means: Means, *, status: str, now: int) -> Object:
        name = self.new_name("ch_")
        self.charges[name] = shapes.charge(name, intent, means, status=status, now=now)
        return self.charges[name]

    def _succeed(self, intent: Object, charge: Object, *, now: int) -> None:
        intent.update(
            status="succeeded",
            amount_received=intent["amount"],
            last_payment_error=None,
            latest_charge=charge["id"],
        )
        self._happened("payment_intent.succeeded", intent, now=now)

    def _fail(self, intent: Object, charge: Object, why: Refusal, *, now: int) -> None:
        charge.update(failure_code=why.code, failure_message=why.message)
        error = {
            "charge": charge["id"],
            "code": why.code,
            "message": why.message,
            "type": "card_error",
            **({"decline_code": why.decline_code} if why.decline_code else {}),
        }
        intent.update(status="requires_payment_method", last_payment_error=error, latest_charge=charge["id"])
        self._happened("payment_intent.payment_failed", intent, now=now)

    def _complete(self, session: Object, *, now: int) -> None:
        session.update(status="complete", url=None)
        self._happened("checkout.session.completed", session, now=now)

    def _end(self, session: Object, *, now: int) -> None:
        session.update(status="expired", url=None)
        self._happened("checkout.session.expired", session, now=now)

    def _happened(self, kind: str, about: Object, *, now: int) -> None:
        name = self.new_name("evt_")
        self.events[name] = shapes.event(name, kind, copy.deepcopy(about), now=now)

    def _charge_of(self, params: Object) -> Object:
        if "charge" in params:
            return self.find("charge", params["charge"], param="charge")
        if "payment_intent" not in params:
            raise invalid_request("One of the following params should be provided: charge, payment_intent.")
        intent = self.find("payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise invalid_request(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        return self.charges[intent["latest_charge"]]


def _total(items: list[Object]) -> tuple[int, str]:
    """Return the sum and currency of all lines; refuse what Stripe would not charge."""
    currencies = {item.get("price_data", {}).get("currency") for item in items}
    amounts = [item.get("price_data", {}).get("unit_amount") for item in items]
    if None in currencies or None in amounts or len(currencies) != 1:
        raise invalid_request("Each line item needs price_data of one currency.", param="line_items")
    total = sum(amount * item.get("quantity", 1) for amount, item in zip(amounts, items, strict=True))
    if total < CHARGE_MIN:
        raise invalid_request(
            "The Checkout Session's total amount must convert to at least 50 cents.",
            code="amount_too_small",
        )
    return total, str(currencies.pop())
