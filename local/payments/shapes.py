"""Stripe's objects as the API writes them. `tests/payments/test_shapes.py` holds them against its library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

API_VERSION: Final = "2026-10-28.endive"

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Means:
    """What somebody paid with, as little of it as a charge shows."""

    kind: str
    brand: str = ""
    last4: str = ""
    exp_month: int = 0
    exp_year: int = 0

    def details(self) -> Object:
        """Return `payment_method_details` of a charge."""
        if self.kind == "paypal":
            return {
                "type": "paypal",
                "paypal": {
                    "country": "DE",
                    "payer_email": None,
                    "payer_id": None,
                    "payer_name": None,
                    "seller_protection": None,
                    "transaction_id": None,
                },
            }
        return {
            "type": "card",
            "card": {
                "brand": self.brand,
                "checks": {
                    "address_line1_check": None,
                    "address_postal_code_check": None,
                    "cvc_check": "pass",
                },
                "country": "DE",
                "exp_month": self.exp_month,
                "exp_year": self.exp_year,
                "funding": "credit",
                "last4": self.last4,
                "network": self.brand,
                "three_d_secure": None,
                "wallet": None,
            },
        }


def session(name: str, params: Object, *, total: int, currency: str, url: str, now: int) -> Object:
    """Return a Checkout Session, open and unpaid. `total` in minor units."""
    return {
        "id": name,
        "object": "checkout.session",
        "adaptive_pricing": None,
        "after_expiration": None,
        "allow_promotion_codes": None,
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": None,
        "discounts": [],
        "expires_at": params["expires_at"],
        "invoice": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_types": params.get("allowed_payment_method_types") or ["card", "paypal"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": url,
    }


def intent(name: str, told: Object, *, amount: int, currency: str, now: int) -> Object:
    """Return a PaymentIntent that waits for its first means of payment. `told` is `payment_intent_data`."""
    return {
        "id": name,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{name}_secret_stand_in",
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "customer": None,
        "description": told.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": told.get("metadata", {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_types": ["card", "paypal"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(name: str, paid: Object, means: Means, *, status: str, now: int) -> Object:
    """Return a Charge for the PaymentIntent `paid`; `status` is succeeded, pending or failed."""
    return {
        "id": name,
        "object": "charge",
        "amount": paid["amount"],
        "amount_captured": paid["amount"] if status == "succeeded" else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": None,
        "captured": status == "succeeded",
        "created": now,
        "currency": paid["currency"],
        "customer": None,
        "description": paid["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": paid["metadata"],
        "on_behalf_of": None,
        "outcome": {
            "network_status": "declined_by_network" if status == "failed" else "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "seller_message": "The bank declined the payment." if status == "failed" else "Payment complete.",
            "type": "issuer_declined" if status == "failed" else "authorized",
        },
        "paid": status == "succeeded",
        "payment_intent": paid["id"],
        "payment_method": None,
        "payment_method_details": means.details(),
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
    }


def refund(name: str, of: Object, *, amount: int, params: Object, now: int) -> Object:
    """Return a Refund, done, of the Charge `of`."""
    return {
        "id": name,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": of["id"],
        "created": now,
        "currency": of["currency"],
        "destination_details": None,
        "metadata": params.get("metadata", {}),
        "payment_intent": of["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def event(name: str, kind: str, about: Object, *, now: int) -> Object:
    """Return an Event with the object as it stood when the event happened."""
    return {
        "id": name,
        "object": "event",
        "account": None,
        "api_version": API_VERSION,
        "created": now,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
