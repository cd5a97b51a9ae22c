"""What the case keeps of a fee: one record for each thing that happened between two states of a payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.domain.cases import Record
from chalicelib.domain.payments import PaymentState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.canonical_json import JSON
    from chalicelib.domain.payments import Payment

PROVIDER: Final = "provider"
"""The actor of what the payment provider told us."""

RECORD_KINDS: Final[Mapping[PaymentState, str]] = {
    PaymentState.INITIAL: "fee-asked",
    PaymentState.AT_CHECKOUT: "checkout-begun",
    PaymentState.PAYED: "fee-paid",
    PaymentState.FAILED: "payment-failed",
    PaymentState.CANCELED: "checkout-ended",
    PaymentState.WAIVED: "fee-waived",
    PaymentState.REFUNDED: "fee-refunded",
}


def records_between(before: Payment | None, after: Payment, *, actor: str, reason: str = "") -> tuple[Record, ...]:
    """Return the records of what happened, oldest first; none if only the checkout got its name."""
    kinds: list[str] = []
    if before is None and after.state is not PaymentState.INITIAL:
        kinds.append(RECORD_KINDS[PaymentState.INITIAL])
    if after.state is PaymentState.REFUNDED and (before is None or before.provider_payment is None):
        kinds.append(RECORD_KINDS[PaymentState.PAYED])  # both pieces of news arrived as one
    if before is None or before.state is not after.state:
        kinds.append(RECORD_KINDS[after.state])
    elif after.refund_begun_at and not before.refund_begun_at:
        kinds.append("refund-begun")
    records = [Record(kind, actor, _payload(after, reason)) for kind in kinds]
    old = before.incidents if before else ()
    for incident in after.incidents:
        if incident not in old:
            payload = {**_payload(after, reason), "incident": incident.value}
            records.append(Record("payment-incident", actor, payload))
    return tuple(records)


def _payload(payment: Payment, reason: str) -> dict[str, JSON]:
    said = {
        "method": payment.method,
        "provider_payment": payment.provider_payment,
        "reason": reason,
    }
    return {
        "payment": payment.id,
        "amount": str(payment.amount),
        "services": list(payment.services),
        **{name: value for name, value in said.items() if value},
    }
