"""Signing in: the whole flow between our client and the stand-in, and every way in which it must not work."""

import base64
import hashlib
import hmac
import http.client
import json
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.adapters.oidc import Identity, OidcSignIn
from chalicelib.domain.access import Role
from chalicelib.domain.errors import SignInRefused
from local.ports import free_port
from local.signin.provider import Client, Provider
from local.wire import Answer, Call, serving

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BACK = "http://127.0.0.1:8700/desk/callback"
VERIFIER = "v" * 43
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FOREIGN = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def seconds(self) -> float:
        return self.now.timestamp()


class Served:
    """An answering function behind a socket."""

    def __init__(self) -> None:
        self.port = 0
        self.calls: list[Call] = []
        self.answer: Callable[[Call], Answer] = lambda _: Answer(500, ())

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def keep(self, call: Call) -> Answer:
        self.calls.append(call)
        return self.answer(call)


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served()
    with serving(server.keep) as server.port:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stand_in(served: Served, clock: Clock, *, secret: str | None = "s3/cr:et") -> OidcSignIn:
    client = Client(id="fernamt-desk", redirect_uris=frozenset({BACK}), secret=secret)
    provider = Provider(issuer=served.issuer, client=client, signing_key=pem(PRIVATE), now=clock.seconds)
    served.answer = provider.answer
    return OidcSignIn(issuer=served.issuer, client_id="fernamt-desk", client_secret=secret)


def choose(address: str, clerk: str = "heidelberg-clerk-1") -> dict[str, str]:
    """What a browser does: open the page, press one button, follow the way back."""
    target = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(target.netloc, timeout=5)
    connection.request("GET", f"{target.path}?{target.query}")
    shown = connection.getresponse()
    page = shown.read().decode()
    if shown.status == 200:
        assert "Heidelberg · Sachbearbeitung 1" in page
        assert "Karlsruhe · Teamleitung 1" in page
        body = f"{target.query}&clerk={clerk}"
        connection.request("POST", target.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        shown = connection.getresponse()
        shown.read()
    connection.close()
    assert shown.status == 303
    back = urllib.parse.urlsplit(shown.getheader("Location") or "")
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    return dict(urllib.parse.parse_qsl(back.query))


def begin(client: OidcSignIn, **changed: str) -> str:
    arguments = {"redirect_uri": BACK, "state": "st", "nonce": "no", "verifier": VERIFIER, **changed}
    return client.begin(**arguments)


def finish(client: OidcSignIn, code: str, **changed: Any) -> Identity:
    arguments = {"redirect_uri": BACK, "verifier": VERIFIER, "nonce": "no", "now": NOW, **changed}
    return client.finish(code=code, **arguments)


@pytest.mark.parametrize("secret", ["s3/cr:et", None], ids=["confidential", "public"])
def test_a_clerk_signs_in(served: Served, clock: Clock, secret: str | None) -> None:
    client = stand_in(served, clock, secret=secret)
    back = choose(begin(client), "karlsruhe-lead-1")
    assert back["state"] == "st"
    assert finish(client, back["code"]) == Identity(
        subject="karlsruhe-lead-1", office="karlsruhe", role=Role.LEAD, name="Karlsruhe · Teamleitung 1"
    )


def test_a_code_is_good_once(served: Served, clock: Clock) -> None:
    client = stand_in(served, clock)
    code = choose(begin(client))["code"]
    finish(client, code)
    with pytest.raises(SignInRefused, match="invalid_grant"):
        finish(client, code)


def test_a_code_is_spent_by_a_wrong_verifier(served: Served, clock: Clock) -> None:
    client = stand_in(served, clock)
    code = choose(begin(client))["code"]
    for verifier in ("w" * 43, VERIFIER):
        with pytest.raises(SignInRefused, match="invalid_grant"):
            finish(client, code, verifier=verifier)


def test_a_code_is_good_for_sixty_seconds(served: Served, clock: Clock) -> None:
    client = stand_in(served, clock)
    code = choose(begin(client))["code"]
    clock.now = NOW + timedelta(seconds=60)
    with pytest.raises(SignInRefused, match="invalid_grant"):
        finish(client, code, now=clock.now)


def test_a_wrong_secret_is_refused(served: Served, clock: Clock) -> None:
    client = stand_in(served, clock)
    code = choose(begin(client))["code"]
    thief = OidcSignIn(issuer=served.issuer, client_id="fernamt-desk", client_secret="guess")
    with pytest.raises(SignInRefused, match=r"401 \(invalid_client\)"):
        finish(thief, code)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("state", "", "invalid_request"),
        ("nonce", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "profile", "invalid_scope"),
    ],
)
def test_a_request_with_a_gap_goes_back_with_an_error(
    served: Served, clock: Clock, name: str, value: str, error: str
) -> None:
    address = urllib.parse.urlsplit(begin(stand_in(served, clock)))
    query = {**dict(urllib.parse.parse_qsl(address.query)), name: value}
    back = choose(address._replace(query=urllib.parse.urlencode(query)).geturl())
    assert back["error"] == error
    assert "code" not in back


@pytest.mark.parametrize(
    "changed",
    [{"redirect_uri": BACK + "/x"}, {"redirect_uri": "https://thief.example"}, {"client_id": "other"}],
)
def test_nobody_is_sent_to_an_unknown_address(served: Served, clock: Clock, changed: dict[str, str]) -> None:
    address = urllib.parse.urlsplit(begin(stand_in(served, clock)))
    query = urllib.parse.urlencode({**dict(urllib.parse.parse_qsl(address.query)), **changed})
    for method, target, body in (
        ("GET", query, b""),
        ("POST", "", f"{query}&clerk=karlsruhe-ops-1".encode()),
    ):
        answer = served.answer(Call(method, "/authorize", target, {}, body))
        assert answer.status == 400
        assert "Location" not in dict(answer.headers)


def token(served: Served, **changed: Any) -> dict[str, Any]:
    claims = {
        "iss": served.issuer,
        "aud": "fernamt-desk",
        "sub": "heidelberg-clerk-1",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 600,
        "nonce": "no",
        "token_use": "id",
        "custom:office": "heidelberg",
        "custom:role": "clerk",
    } | changed
    return {name: value for name, value in claims.items() if value is not None}


def public_jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    return {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


def signed(claims: dict[str, Any], key: rsa.RSAPrivateKey = PRIVATE, kid: str = "k1") -> str:
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})


class ForgingProvider:
    """Publishes one key and hands out whatever token it is told to."""

    def __init__(self, served: Served) -> None:
        self.issuer = served.issuer
        self.keys = [public_jwk(PRIVATE, "k1")]
        self.token = ""
        served.answer = self.answer

    def answer(self, call: Call) -> Answer:
        found: dict[str, Any] = {"id_token": self.token}
        if call.path == "/.well-known/openid-configuration":
            found = {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/jwks",
                "token_endpoint": f"{self.issuer}/t",
            }
        elif call.path == "/jwks":
            found = {"keys": self.keys}
        return Answer(200, (("Content-Type", "application/json"),), json.dumps(found).encode())


def attempt(served: Served, forged: str, **changed: Any) -> Identity:
    ForgingProvider(served).token = forged
    served.answer.__self__.token = forged  # type: ignore[attr-defined]  # the provider behind the function
    client = OidcSignIn(issuer=served.issuer, client_id="fernamt-desk")
    return finish(client, "code", **changed)


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, key="", algorithm="none", headers={"kid": "k1"})


def confused(claims: dict[str, Any]) -> str:
    """HS256 with the published public key as its secret: the classic confusion."""

    def encoded(part: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()

    public = PRIVATE.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    message = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{encoded(claims)}"
    digest = hmac.new(public, message.encode(), hashlib.sha256).digest()
    return f"{message}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def with_a_key_of_its_own(claims: dict[str, Any]) -> str:
    header = {"kid": "k9", "jwk": public_jwk(FOREIGN, "k9"), "jku": "http://127.0.0.1:1/jwks"}
    return jwt.encode(claims, FOREIGN, algorithm="RS256", headers=header)


def with_one_claim_swapped(claims: dict[str, Any]) -> str:
    head, _, tail = signed(claims).split(".")
    other = base64.urlsafe_b64encode(json.dumps({**claims, "custom:role": "lead"}).encode())
    return f"{head}.{other.rstrip(b'=').decode()}.{tail}"


def test_the_token_that_all_forgeries_start_from_is_good(served: Served) -> None:
    assert attempt(served, signed(token(served))).name == "heidelberg-clerk-1"


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        confused,
        with_a_key_of_its_own,
        with_one_claim_swapped,
        lambda claims: signed(claims, FOREIGN),
        lambda claims: signed(claims, kid="k2"),
        lambda claims: jwt.encode(claims, PRIVATE, algorithm="RS256"),
        lambda claims: jwt.encode(claims, PRIVATE, algorithm="RS384", headers={"kid": "k1"}),
        lambda claims: jwt.encode(claims, PRIVATE, algorithm="PS256", headers={"kid": "k1"}),
        lambda claims: signed(claims).rpartition(".")[0] + ".",
        lambda _: "no token",
        lambda _: "",
    ],
)
def test_a_forged_signature_is_refused(served: Served, forge: Callable[[dict[str, Any]], str]) -> None:
    with pytest.raises(SignInRefused):
        attempt(served, forge(token(served)))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://thief.example"},
        {"aud": "another-app"},
        {"aud": ["fernamt-desk", "another-app"]},
        {"aud": None},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": int(NOW.timestamp())},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": int(NOW.timestamp()) + 61},
        {"iat": None},
        {"nbf": int(NOW.timestamp()) + 61},
        {"sub": None},
        {"sub": ""},
        {"token_use": "access"},
        {"amr": ["pwd"]},
        {"custom:office": None},
        {"custom:role": "mayor"},
        {"custom:role": None},
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(served: Served, changed: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        attempt(served, signed(token(served, **changed)))


def test_a_new_key_is_fetched_and_a_flood_of_unknown_ones_is_not(served: Served) -> None:
    provider = ForgingProvider(served)
    client = OidcSignIn(issuer=served.issuer, client_id="fernamt-desk")
    provider.token = signed(token(served))
    finish(client, "code")
    provider.keys = [public_jwk(FOREIGN, "k2")]
    provider.token = signed(token(served), FOREIGN, "k2")
    later = NOW + timedelta(seconds=61)
    finish(client, "code", now=later)
    provider.token = signed(token(served), FOREIGN, "k3")
    for _ in range(5):
        with pytest.raises(SignInRefused, match="does not publish"):
            finish(client, "code", now=later)
    assert [call.path for call in served.calls].count("/jwks") == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, (("Location", "http://127.0.0.1:1/"),)),
        Answer(500, (), b"oops"),
        Answer(200, (), b"<html>"),
        Answer(200, (), b"[]"),
        Answer(200, (), b'{"issuer": "https://another.example"}'),
        Answer(200, (), b" " * 300_000),
    ],
    ids=["redirect", "500", "page", "list", "another issuer", "too long"],
)
def test_a_strange_provider_is_refused(served: Served, answer: Answer) -> None:
    served.answer = lambda _: answer
    with pytest.raises(SignInRefused):
        begin(OidcSignIn(issuer=served.issuer, client_id="fernamt-desk"))


def test_no_provider_is_refused() -> None:
    with pytest.raises(SignInRefused, match="does not answer"):
        begin(OidcSignIn(issuer=f"http://127.0.0.1:{free_port()}", client_id="fernamt-desk"))
