"""The table error → status, and the words for it: RFC 9457 for programs, a page with the way on for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalicelib.domain import checkouts, errors, papers, payments, slots

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS: Mapping[type[Exception], int] = {
    errors.Absent: 404,
    errors.LinkUnknown: 404,
    errors.SlotTaken: 409,
    errors.SlotNotOffered: 409,
    errors.HoldExpired: 410,
    errors.DetailsMissing: 409,
    slots.WeekUnknown: 404,
    slots.AppointmentTooLong: 422,
    errors.StepNotAllowed: 409,
    errors.LinkTooEarly: 425,
    errors.LinkExpired: 410,
    errors.NotSignedIn: 401,
    errors.SignInRefused: 403,
    errors.NotAllowed: 403,
    errors.CannotEncrypt: 403,
    errors.InputRefused: 422,
    papers.PaperRefused: 422,
    errors.PaperError: 409,
    errors.PaymentError: 409,
    checkouts.NoticeForged: 400,
    checkouts.ProviderUnavailable: 503,
    checkouts.ProviderRefused: 502,
    payments.NothingToPay: 422,
    payments.ReasonMissing: 422,
    errors.FeeOpen: 402,
    errors.CaseError: 409,
    errors.NobodyWaiting: 404,
    errors.NoWorker: 503,
    errors.FileChanged: 409,
    errors.StoreError: 503,
}


def status_of(error: Exception) -> int:
    """The HTTP status of the nearest class in the table; 500 for what nobody raised on purpose."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def slug_of(error: Exception) -> str:
    """The error's name as texts and problem types write it: `slot_taken`. Absent things do not say which."""
    if isinstance(error, (errors.Absent, errors.LinkUnknown)):
        return "link_unknown" if isinstance(error, errors.LinkUnknown) else "absent"
    if status_of(error) == 500:  # noqa: PLR2004 - as above
        return "unexpected"
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def extras_of(error: Exception) -> dict[str, Any]:
    """What a program can use beside the sentence (RFC 9457, 3.2): moments, fields."""
    match error:
        case errors.LinkTooEarly():
            return {"opens_at": error.opens_at}
        case errors.LinkExpired():
            return {"closed_at": error.closed_at}
        case errors.InputRefused():
            return {"errors": error.fields}
        case papers.PaperRefused():
            return {"why": error.why.value}
        case _:
            return {}
