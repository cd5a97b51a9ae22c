"""What the payment provider tells us. The signature over the raw body is the sender's only proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint

from chalicelib.blueprints.boundary import endpoint
from chalicelib.blueprints.request import Answer, data
from chalicelib.domain.access import Audience

if TYPE_CHECKING:
    from chalicelib.blueprints.request import Request
    from chalicelib.composition import Fernamt

blueprint = Blueprint(__name__)


@endpoint(blueprint, "/notices/payment", methods=("POST",), audience=Audience.NOTICE)
def post_payment(request: Request, fernamt: Fernamt) -> Answer:
    """Every genuine notice is answered with success, or it would come for ever."""
    signature = request.headers.get("stripe-signature", "")
    outcome = fernamt.paying.notice(request.raw, signature, now=request.now)
    return data({"outcome": outcome.value})
