"""The part of Stripe's API that Fernamt uses, over the book. One function: a request in, an answer out."""

from __future__ import annotations

import copy
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from local.payments.book import Answer, Book
from local.payments.errors import ApiError, invalid_request, unauthorised
from local.payments.forms import check_form, read_form
from local.payments.shapes import API_VERSION, Object

READ: Final = {
    "/v1/checkout/sessions": ("checkout.session", "session"),
    "/v1/payment_intents": ("payment_intent", "intent"),
    "/v1/charges": ("charge", "charge"),
    "/v1/refunds": ("refund", "refund"),
    "/v1/events": ("event", "id"),
}
_ITEM: Final = re.compile(r"(/v1/[a-z_/]+?)/([A-Za-z]+_[A-Za-z0-9_]+)(/expire)?\Z")

EXPANDABLE: Final = {
    "payment_intent": "payment_intent",
    "latest_charge": "charge",
    "charge": "charge",
}
"""Which member holds the id of which kind of object."""

EVENTS_PARAMS: Final = {"limit": int, "type": str, "expand": [str]}
LISTED_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the API. `form` is the body of a POST, the query of a GET; header names in lower case."""

    method: str
    path: str
    form: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers and a JSON body."""

    status: int
    body: Object
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Api:
    """Answers requests. `page_base` is the checkout page's address before the session's id."""

    book: Book
    api_key: str
    page_base: str
    now: Callable[[], int]
    happened: Callable[[], None] = lambda: None
    """Called under the book's lock after a change, before it is saved."""

    def answer(self, request: Request) -> Response:
        """Answer as Stripe does; an error is an answer too."""
        headers = {"request-id": self.book.ledger.new_name("req_"), "stripe-version": API_VERSION}
        try:
            self._authorise(request.headers.get("authorization", ""))
            with self.book.lock:
                answer = self._do(request)
        except ApiError as refused:
            return Response(refused.status, refused.body(), headers)
        if answer.replayed:
            headers["idempotent-replayed"] = "true"
        return Response(200, answer.body, headers)

    def _authorise(self, header: str) -> None:
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise unauthorised("You did not provide an API key.")
        if not hmac.compare_digest(key.encode(), self.api_key.encode()):
            raise unauthorised(f"Invalid API Key provided: {key[:7]}****")

    def _do(self, request: Request) -> Answer:
        now = self.now()
        self.book.ledger.expire_due(now=now)
        values = read_form(request.form)
        expand = values.get("expand", [])
        if request.method == "GET":
            return Answer(self._expanded(self._read(request.path, values), expand))
        change = self._change(request, values, now=now)
        key = request.headers.get("idempotency-key")
        answer = self.book.once(key, f"{request.path}?{request.form}", lambda: self._expanded(change(), expand))
        self.happened()
        self.book.save()
        return answer

    def _read(self, path: str, values: Object) -> Object:
        found = _ITEM.match(path)
        if found and found[1] in READ and not found[3]:
            noun, param = READ[found[1]]
            check_form(values, {"expand": [str]})
            return self.book.ledger.find(noun, found[2], param=param)
        if path == "/v1/events":
            return self._events(check_form(values, EVENTS_PARAMS))
        raise _unknown("GET", path)

    def _events(self, params: Object) -> Object:
        events = [
            event
            for event in reversed(self.book.ledger.events.values())
            if params.get("type") in (None, event["type"])
        ]
        limit = min(params.get("limit", 10), LISTED_MAX)
        return {
            "object": "list",
            "data": events[:limit],
            "has_more": len(events) > limit,
            "url": "/v1/events",
        }

    def _change(self, request: Request, values: Object, *, now: int) -> Callable[[], Object]:
        ledger = self.book.ledger
        if request.method == "POST" and request.path == "/v1/checkout/sessions":
            return lambda: ledger.create_session(values, page_base=self.page_base, now=now)
        if request.method == "POST" and request.path == "/v1/refunds":
            return lambda: ledger.refund(values, now=now)
        found = _ITEM.match(request.path)
        if request.method == "POST" and found and found[1] == "/v1/checkout/sessions" and found[3]:
            check_form(values, {"expand": [str]})
            return lambda: ledger.expire_session(found[2], now=now)
        raise _unknown(request.method, request.path)

    def _expanded(self, found: Object, expand: Any) -> Object:
        """Return a copy in which the members that `expand` names (`a.b`) are objects instead of ids."""
        if not isinstance(expand, list):
            raise invalid_request("Invalid array", param="expand")
        whole = copy.deepcopy(found)
        for path in expand:
            self._expand(whole, str(path).split("."), path)
        return whole

    def _expand(self, found: Object, members: list[str], path: str) -> None:
        member, *rest = members
        if member not in EXPANDABLE or member not in found:
            raise invalid_request(f"This property cannot be expanded ({path}).", param="expand")
        if isinstance(found[member], str):
            found[member] = copy.deepcopy(self.book.ledger.find(EXPANDABLE[member], found[member]))
        if rest and found[member] is not None:
            self._expand(found[member], rest, path)


def _unknown(method: str, path: str) -> ApiError:
    return ApiError(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")
