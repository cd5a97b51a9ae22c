"""An OpenID provider: code flow with PKCE, as strict as a real one; only the password is missing.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749 (OAuth 2), RFC 7636 (PKCE), RFC 9700 (its best practice).
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.pages import page, style
from local.signin.clerks import CLERKS, DemoClerk
from local.wire import Answer, Call, problem

CODE_SECONDS: Final = 60
TOKEN_SECONDS: Final = 600
CODES_MAX: Final = 1000
_JSON: Final = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
_CHALLENGE_CHARACTERS: Final = 43  # SHA-256 in base64url without padding


@dataclass(frozen=True, slots=True)
class Client:
    """The one application that may use this provider. `secret` None: a public client."""

    id: str
    redirect_uris: frozenset[str]
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Code:
    clerk: DemoClerk
    redirect_uri: str
    nonce: str
    challenge: str
    issued_at: float


class _Refused(Exception):
    """An error of RFC 6749: its name, and the status that says it."""

    def __init__(self, error: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


class Provider:
    """Answers calls as an OpenID provider; `now` gives seconds since 1970."""

    def __init__(self, *, issuer: str, client: Client, signing_key: str, now: Callable[[], float]) -> None:
        key = load_pem_private_key(signing_key.encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("OIDC_SIGNING_KEY has to be an RSA key: the provider signs with RS256.")
        self._issuer = issuer
        self._client = client
        self._key = key
        self._now = now
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self._kid = hashlib.sha256(public["n"].encode()).hexdigest()[:16]
        self._jwk = {**public, "kid": self._kid, "use": "sig", "alg": "RS256"}
        self._documents = {
            "/": _about(),
            "/style.css": style(),
            "/.well-known/openid-configuration": _as_json(self._configuration()),
            "/jwks.json": _as_json({"keys": [self._jwk]}),
        }
        self._codes: dict[str, _Code] = {}
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        match call.method, call.path:
            case "GET" | "HEAD", path if path in self._documents:
                return self._documents[path]
            case (("GET" | "POST"), "/authorize"):
                return self._authorize(call)
            case "POST", "/token":
                return self._token(call)
        return problem(404, "There is nothing at this address.")

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self._issuer,
            "authorization_endpoint": f"{self._issuer}/authorize",
            "token_endpoint": f"{self._issuer}/token",
            "jwks_uri": f"{self._issuer}/jwks.json",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "scopes_supported": ["openid", "profile"],
            "claims_supported": ["sub", "name", "custom:office", "custom:role", "amr"],
        }

    def _authorize(self, call: Call) -> Answer:
        """Show the clerks on GET; on POST sign the chosen one in and go back with a code."""
        pairs = parse_qsl(call.query if call.method == "GET" else call.body.decode(errors="replace"))
        asked = dict(pairs)
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != self._client.id or redirect_uri not in self._client.redirect_uris:
            # Never redirect to an address that is not registered (RFC 6749, section 4.1.2.1).
            text = "Die Anwendung oder die Rücksprungadresse ist hier nicht eingetragen."
            title = "Anmeldung nicht möglich"
            return page("nothing.html", status=400, route="/authorize", title=title, text=text)
        wrong = "invalid_request" if len(asked) != len(pairs) else _wrong_with(asked)
        if wrong:
            return _redirect(redirect_uri, error=wrong, state=asked.get("state", ""))
        if call.method == "GET":
            kept = {name: value for name, value in asked.items() if name != "clerk"}
            return page("signin.html", route="/authorize", asked=kept, clerks=list(CLERKS.values()))
        clerk = CLERKS.get(asked.get("clerk", ""))
        if clerk is None:
            return _redirect(redirect_uri, error="access_denied", state=asked["state"])
        code = self._issue(_Code(clerk, redirect_uri, asked["nonce"], asked["code_challenge"], self._now()))
        return _redirect(redirect_uri, code=code, state=asked["state"])

    def _issue(self, code: _Code) -> str:
        secret = secrets.token_urlsafe(32)
        with self._lock:
            if len(self._codes) >= CODES_MAX:
                self._codes.pop(next(iter(self._codes)))
            self._codes[secret] = code
        return secret

    def _token(self, call: Call) -> Answer:
        try:
            form = dict(parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True))
            self._authenticate(call.headers, form)
            return _as_json(self._tokens(self._redeem(form)))
        except _Refused as refusal:
            body = json.dumps({"error": refusal.error}).encode()
            challenge = (("WWW-Authenticate", "Basic"),) if refusal.status == 401 else ()  # noqa: PLR2004  HTTP
            return Answer(refusal.status, (*_JSON, *challenge), body, "/token")

    def _authenticate(self, headers: Mapping[str, str], form: Mapping[str, str]) -> None:
        client_id, secret = form.get("client_id", ""), form.get("client_secret")
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
            except ValueError:
                raise _Refused("invalid_client", status=401) from None
            client_id, secret = unquote_plus(user), unquote_plus(password)
        expected = self._client.secret
        known = client_id == self._client.id
        if not known or not hmac.compare_digest((secret or "").encode(), (expected or "").encode()):
            raise _Refused("invalid_client", status=401)

    def _redeem(self, form: Mapping[str, str]) -> _Code:
        """Give what the code stands for; it is spent, whatever comes of it."""
        if form.get("grant_type") != "authorization_code":
            raise _Refused("unsupported_grant_type")
        with self._lock:
            code = self._codes.pop(form.get("code", ""), None)
        if code is None or self._now() - code.issued_at >= CODE_SECONDS:
            raise _Refused("invalid_grant")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not hmac.compare_digest(challenge, code.challenge) or form.get("redirect_uri") != code.redirect_uri:
            raise _Refused("invalid_grant")
        return code

    def _tokens(self, code: _Code) -> dict[str, Any]:
        now = int(self._now())
        claims = {
            "iss": self._issuer,
            "aud": self._client.id,
            "sub": code.clerk.id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": now,
            "nonce": code.nonce,
            "token_use": "id",
            "amr": ["pwd", "mfa"],
            "name": f"{code.clerk.city} · {code.clerk.name}",
            "custom:office": code.clerk.office,
            "custom:role": code.clerk.role,
        }
        return {
            "id_token": jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._kid}),
            "access_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
        }


def _wrong_with(asked: Mapping[str, str]) -> str:
    """The error of RFC 6749, section 4.1.2.1; empty if the request is whole."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    if "openid" not in asked.get("scope", "").split():
        return "invalid_scope"
    whole = asked.get("state") and asked.get("nonce") and asked.get("code_challenge_method") == "S256"
    if not whole or len(asked.get("code_challenge", "")) != _CHALLENGE_CHARACTERS:
        return "invalid_request"
    return ""


def _redirect(uri: str, **query: str) -> Answer:
    separator = "&" if "?" in uri else "?"
    headers = (
        ("Location", f"{uri}{separator}{urlencode(query)}"),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    )
    return Answer(303, headers, route="/authorize")


def _as_json(found: Mapping[str, Any]) -> Answer:
    return Answer(200, _JSON, json.dumps(found).encode(), "json")


def _about() -> Answer:
    text = "Diese Seite meldet Demo-Personen am Arbeitsplatz an. Sie wird vom Amt aus aufgerufen."
    return page("nothing.html", title="Anmeldung (Ersatz für Cognito)", text=text, route="/")
