"""Coming back from the identity provider: who gets a desk, and what the others are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chalice.test import Client

import app as application
from chalicelib import composition
from chalicelib.adapters.oidc import Identity
from chalicelib.domain.access import Role
from chalicelib.domain.errors import SignInRefused
from tests.doubles.browser import Browser
from tests.doubles.house import House


class Provider:
    """Says who somebody is, or that it does not hold."""

    def __init__(self, identity: Identity | None) -> None:
        self.identity = identity

    def begin(self, *, state: str, **_: Any) -> str:
        return f"https://signin.example/authorize?state={state}"

    def finish(self, **_: Any) -> Identity:
        if self.identity is None:
            raise SignInRefused("the token does not hold")
        return self.identity


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(application.app) as client:
        yield client


def back(client: Client, identity: Identity | None, *, state: str = "") -> Any:
    """Sign in, and come back with the state that was given, or another."""
    house = House()
    vars(house)["signin"] = Provider(identity)
    composition.install(house)
    browser = Browser(client, accept="text/html")
    begun = parse_qs(urlsplit(browser.get("/desk/signin").location).query)["state"][0]
    return browser.get(f"/desk/callback?code=c&state={state or begun}")


def somebody(*, office: str = "heidelberg", role: Role = Role.CLERK) -> Identity:
    return Identity(subject="hd-1", office=office, role=role, name="Sachbearbeitung 1")


def test_a_clerk_gets_a_desk(client: Client) -> None:
    answer = back(client, somebody())
    assert (answer.status, answer.location) == (303, "/desk")


@pytest.mark.parametrize(
    "identity", [somebody(role=Role.OPS), somebody(office="atlantis")], ids=["another role", "an office not here"]
)
def test_whoever_has_no_desk_here_is_told_so(client: Client, identity: Identity) -> None:
    answer = back(client, identity)
    assert answer.status == 403
    assert "Kein Zugang mit diesem Konto" in answer.body.decode()


@pytest.mark.parametrize(("identity", "state"), [(None, ""), (somebody(), "of-somebody-else")])
def test_a_sign_in_that_did_not_end_well_can_be_tried_again(
    client: Client, identity: Identity | None, state: str
) -> None:
    answer = back(client, identity, state=state)
    assert answer.status == 403
    text = answer.body.decode()
    assert "Die Anmeldung wurde nicht beendet" in text
    assert "Noch einmal anmelden" in text
