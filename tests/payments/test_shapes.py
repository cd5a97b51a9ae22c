"""Every object that the stand-in serves fits the official library's own types, field by field.

The walk goes through the library's annotations: each field served exists in its class, and its value is of
the annotated type. A typo, a field that Stripe removed, a number for a text: red.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject, UntypedStripeObject
from stripe.checkout import Session

from local.payments.shapes import API_VERSION
from tests.payments.office import KEY, PAYPAL, VISA, Scene

TYPED = {"session": Session, "intent": stripe.PaymentIntent, "charge": stripe.Charge}


def misfits(value: Any, kind: Any, path: str) -> Iterator[str]:  # noqa: C901, PLR0912 - one branch a kind of type
    """Yield what does not fit, with its place."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        tried = [list(misfits(value, option, path)) for option in arguments]
        if all(tried):
            yield min(tried, key=len)[0]
    elif isinstance(kind, typing.ForwardRef):
        if not isinstance(value, dict) or "object" not in value:
            yield f"{path}: {value!r} is no {kind.__forward_arg__}"
        else:
            yield from object_misfits(value, get_object_class("V1", value["object"]), path)
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{path}: {value!r} is not among {arguments[:5]}"
    elif kind is UntypedStripeObject or origin is UntypedStripeObject:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            yield f"{path}: {value!r} is no mapping of texts"
    elif origin in (list, ListObject):
        for place, item in enumerate(value if isinstance(value, list) else [value]):
            yield from misfits(item, arguments[0], f"{path}[{place}]")
    elif isinstance(kind, type) and issubclass(kind, StripeObject):
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no {kind.__name__}"
        else:
            yield from object_misfits(value, kind, path)
    elif type(value) is not kind:
        yield f"{path}: {value!r} is no {kind}"


def object_misfits(value: dict[str, Any], kind: type, path: str) -> Iterator[str]:
    """Yield unknown, missing and ill-typed fields of one object."""
    fields = {name: hint for part in reversed(kind.__mro__) for name, hint in hints(part).items()}
    for name, item in value.items():
        if name not in fields:
            yield f"{path}.{name}: unknown to {kind.__qualname__}"
        else:
            yield from misfits(item, fields[name], f"{path}.{name}")
    for name, hint in fields.items():
        is_optional = type(None) in typing.get_args(hint) or typing.get_origin(hint) is typing.ClassVar
        if name not in value and not is_optional:
            yield f"{path}.{name}: missing"


def hints(kind: type) -> dict[str, Any]:
    """The annotations of one class that name fields."""
    found = {}
    for name, hint in vars(kind).get("__annotations__", {}).items():
        is_field = not name.startswith("_") and typing.get_origin(hint) is not typing.ClassVar
        if is_field and name.islower():
            found[name] = hint
    return found


def everything() -> dict[str, list[dict[str, Any]]]:
    """One of each object in each of its states."""
    scene = Scene()
    scene.book()
    scene.ask()
    served: dict[str, list[dict[str, Any]]] = {"open": [dict(scene.ledger.sessions[scene.checkout()])]}
    scene.wait(minutes=61)
    later = scene.checkout()
    scene.pay(later, PAYPAL, later=True)
    scene.ledger.finish(later, succeeds=False, now=scene.seconds())
    scene.pay(scene.checkout(), VISA)
    scene.paying.returned(KEY, now=scene.now)
    scene.paying.refund(KEY, reason="Irrtum", actor="clerk:hd-1", now=scene.now)
    ledger = scene.ledger
    for name in ("sessions", "intents", "charges", "refunds", "events"):
        served[name] = list(getattr(ledger, name).values())
    return served


@pytest.mark.parametrize("kind", ["open", "sessions", "intents", "charges", "refunds", "events"])
def test_what_is_served_fits_the_library(kind: str) -> None:
    for served in everything()[kind]:
        if kind == "events":
            about = served["data"]["object"]
            assert list(object_misfits(about, get_object_class("V1", about["object"]), served["type"])) == []
            served = {**served, "data": {"object": {}}}  # noqa: PLW2901 - its object was just walked
        assert list(object_misfits(served, get_object_class("V1", served["object"]), kind)) == []


def test_the_walk_finds_misfits() -> None:
    """The walk itself is worth something: each kind of mistake is named."""
    [session] = everything()["open"]
    for wrong, said in (
        ({**session, "amount_totl": 1}, "unknown"),
        ({**session, "amount_total": "550"}, "'550' is no"),
        ({**session, "metadata": {"a": 1}}, "mapping of texts"),
        ({name: value for name, value in session.items() if name != "expires_at"}, "missing"),
        ({**session, "automatic_tax": {"enabled": "no"}}, "'no' is no"),
    ):
        assert any(said in found for found in object_misfits(wrong, Session, "session"))


def test_the_version_is_the_librarys() -> None:
    """Shapes are those of the API version that the installed library speaks."""
    assert stripe.StripeClient(API_KEY_SHAPED)._requestor.stripe_version in (None, API_VERSION)  # noqa: SLF001
    assert stripe._api_version._ApiVersion.CURRENT == API_VERSION  # noqa: SLF001 - public nowhere else


API_KEY_SHAPED = "sk_test_of_the_tests"
