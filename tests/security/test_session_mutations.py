"""Tokens of sessions, mutated: whatever differs from what the office issued is no session (RFC 8725)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
import pytest
from chalice.test import Client

import app as application
from chalicelib import composition
from chalicelib.adapters.sessions import ISSUER, Sessions
from chalicelib.domain.errors import NotSignedIn
from tests.doubles.browser import Browser
from tests.doubles.house import House

KEY: Final = b"session-key-session-key-session-key-session-key-session-key-1234"
OTHER: Final = b"another-key-another-key-another-key-another-key-another-key-5678"
NOW: Final = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
KINDS: Final = ("manage", "visit", "desk", "signin")
CLERK: Final = {"id": "hd-1", "office": "heidelberg", "role": "clerk", "name": "Sachbearbeitung 1"}


def claims(**changed: Any) -> dict[str, Any]:
    """What a genuine token of a clerk says; None takes a claim out."""
    now = int(NOW.timestamp())
    genuine = {**CLERK, "iss": ISSUER, "aud": "desk", "iat": now, "exp": now + 3600}
    return {name: value for name, value in {**genuine, **changed}.items() if value is not None}


def part(content: Any) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(header: dict[str, Any], payload: dict[str, Any], key: bytes = KEY, digest: Any = hashlib.sha256) -> str:
    """A token by hand: libraries refuse to write what an attacker would."""
    message = f"{part(header)}.{part(payload)}"
    return f"{message}.{part(hmac.digest(key, message.encode(), digest))}"


def genuine(**changed: Any) -> str:
    return signed({"alg": "HS256", "typ": "JWT"}, claims(**changed))


def unsigned(algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims())}."


def altered(token: str, place: int, change: Callable[[str], str]) -> str:
    parts = token.split(".")
    parts[place] = change(parts[place])
    return ".".join(parts)


def other_content(text: str) -> str:
    content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return part({**content, "role": "lead"})


HEADER: Final = {"alg": "HS256", "typ": "JWT"}
MUTATIONS: Final[dict[str, str]] = {
    "nothing": "",
    "no-token": "hello",
    "two-parts": "a.b",
    "five-parts": "a.b.c.d.e",
    "no-json": f"{part(b'{')}.{part(b'{')}.{part(b'x')}",
    "letters-of-no-alphabet": "é.é.é",
    "half-a-character": "\ud800.a.b",
    "a-null": "a\x00.b.c",
    "very-long": "a" * 100_000,
    "deep-header": f"{part(b'[' * 50_000)}.{part(b'{}')}.{part(b'x')}",
    "alg-none": unsigned("none"),
    "alg-None": unsigned("None"),
    "alg-NONE": unsigned("NONE"),
    "alg-empty": unsigned(""),
    "alg-missing": signed({"typ": "JWT"}, claims()),
    "alg-null": signed({"alg": None}, claims()),
    "alg-list": signed({"alg": ["HS256"]}, claims()),
    "alg-lower-case": signed({"alg": "hs256"}, claims()),
    "alg-none-though-signed": signed({"alg": "none"}, claims()),
    "alg-HS384": signed({"alg": "HS384"}, claims(), digest=hashlib.sha384),
    "alg-HS512": signed({"alg": "HS512"}, claims(), digest=hashlib.sha512),
    "alg-RS256-signed-with-our-key": signed({"alg": "RS256"}, claims()),
    "alg-ES256-signed-with-our-key": signed({"alg": "ES256"}, claims()),
    "other-key": signed(HEADER, claims(), OTHER),
    "empty-key": signed(HEADER, claims(), b""),
    "our-key-as-text": signed(HEADER, claims(), base64.b64encode(KEY)),
    "key-in-the-header": signed({**HEADER, "jwk": {"kty": "oct", "k": part(OTHER)}}, claims(), OTHER),
    "key-id-of-a-file": signed({**HEADER, "kid": "../../dev/null"}, claims(), b""),
    "key-address": signed({**HEADER, "jku": "https://evil.example/keys"}, claims(), OTHER),
    "unknown-critical-header": signed({**HEADER, "crit": ["exp"]}, claims()),
    "signature-gone": altered(genuine(), 2, lambda _: ""),
    "signature-short": altered(genuine(), 2, lambda text: text[:-4]),
    "signature-of-another": altered(genuine(), 2, lambda _: genuine(name="Eve").split(".")[2]),
    "content-altered": altered(genuine(), 1, other_content),
    "other-kind-manage": genuine(aud="manage"),
    "other-kind-visit": genuine(aud="visit"),
    "other-kind-signin": genuine(aud="signin"),
    "media-ticket": genuine(aud="fernamt-media"),
    "no-audience": genuine(aud=None),
    "audience-a-number": genuine(aud=7),
    "audience-empty": genuine(aud=""),
    "audience-in-other-case": genuine(aud="Desk"),
    "several-audiences": genuine(aud=["manage", "desk"]),
    "other-issuer": genuine(iss="https://evil.example"),
    "no-issuer": genuine(iss=None),
    "issuers": genuine(iss=["fernamt", "evil"]),
    "no-expiry": genuine(exp=None),
    "expired-now": genuine(exp=int(NOW.timestamp())),
    "expired-long-ago": genuine(exp=1),
    "expiry-a-text": genuine(exp="9999999999"),
    "expiry-true": genuine(exp=True),
    "expiry-not-a-number": genuine(exp=float("nan")),
    "expiry-endless": genuine(exp=float("inf")),
    "no-issue": genuine(iat=None),
    "claims-a-list": f"{part(HEADER)}.{part([1])}.{part(b'x')}",
}


@pytest.fixture
def sessions() -> Sessions:
    return Sessions(KEY)


def test_control_a_genuine_token_is_read(sessions: Sessions) -> None:
    """By hand or by the adapter: the table below changes one thing of a token that works."""
    assert sessions.read("desk", genuine(), now=NOW)["id"] == "hd-1"
    issued = sessions.issue("desk", CLERK, expires_at=NOW + timedelta(hours=1), now=NOW)
    assert sessions.read("desk", issued, now=NOW)["id"] == "hd-1"


@pytest.mark.parametrize("token", MUTATIONS.values(), ids=MUTATIONS)
def test_a_mutated_token_is_no_session(token: str, sessions: Sessions) -> None:
    """One error for all of them, and never another exception."""
    with pytest.raises(NotSignedIn):
        sessions.read("desk", token, now=NOW)


@pytest.mark.parametrize("issued", KINDS)
@pytest.mark.parametrize("read", KINDS)
def test_a_session_is_of_one_kind(issued: str, read: str, sessions: Sessions) -> None:
    token = sessions.issue(issued, CLERK, expires_at=NOW + timedelta(hours=1), now=NOW)
    if issued == read:
        assert sessions.read(read, token, now=NOW)
        return
    with pytest.raises(NotSignedIn):
        sessions.read(read, token, now=NOW)


def test_own_claims_never_replace_the_registered_ones(sessions: Sessions) -> None:
    """Whoever may choose a claim's name chooses neither kind nor expiry."""
    sly = {**CLERK, "aud": "desk", "exp": 9_999_999_999, "iss": "evil"}
    token = sessions.issue("manage", sly, expires_at=NOW + timedelta(minutes=1), now=NOW)
    with pytest.raises(NotSignedIn):
        sessions.read("desk", token, now=NOW)
    with pytest.raises(NotSignedIn):
        sessions.read("manage", token, now=NOW + timedelta(minutes=1))


def test_each_single_character_counts(sessions: Sessions) -> None:
    """Turning any one character into another leaves no session, spare bits of base64 included."""
    token = genuine()
    for place, letter in enumerate(token):
        other = "A" if letter != "A" else "B"
        with pytest.raises(NotSignedIn):
            sessions.read("desk", token[:place] + other + token[place + 1 :], now=NOW)


def test_a_clerk_lets_nobody_in_with_a_media_ticket_or_the_other_way(sessions: Sessions) -> None:
    """The two signatures use different algorithms and keys; neither verifier takes the other's."""
    ticket = jwt.encode(claims(aud="fernamt-media"), OTHER, algorithm="HS256")
    with pytest.raises(NotSignedIn):
        sessions.read("desk", ticket, now=NOW)


@pytest.mark.parametrize("token", MUTATIONS.values(), ids=MUTATIONS)
def test_the_door_answers_every_mutation_alike(token: str) -> None:
    """At the desk's door: 401 and the same words, so that nothing is learnt about why."""
    house = House()
    composition.install(house)
    with Client(application.app) as client:
        nobody = Browser(client).get("/desk/state")
        answer = Browser(client, cookies={"__Host-desk": token}).get("/desk/state")
    assert (answer.status, answer.body) == (401, nobody.body)
