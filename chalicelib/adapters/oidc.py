"""Sign-in of the office's people: OpenID Connect, code flow with PKCE. Cognito on AWS, a stand-in locally.

The ID token is believed only if the provider's own key signed it with the one algorithm we take, for us,
for this very sign-in, and not long ago (OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725).
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from chalicelib.domain.access import Role
from chalicelib.domain.errors import NoDeskForAccount, SignInRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import jwt
    import urllib3

ALGORITHM: Final = "RS256"  # what Cognito signs with; a token cannot choose another
CLOCK_SKEW_SECONDS: Final = 60
TIMEOUT_SECONDS: Final = 5.0
ANSWER_BYTES_MAX: Final = 256 * 1024
KEY_REFETCH_SECONDS: Final = 60
"""An unknown key id asks the provider again, but a flood of forged tokens asks it once a minute."""
_OK: Final = 200
_REQUIRED: Final = ("iss", "aud", "exp", "iat", "sub", "nonce")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, as the provider vouches: the desk shows `name`, the case keeps `subject`."""

    subject: str
    office: str
    role: Role
    name: str


@dataclass(slots=True)
class OidcSignIn:
    """A client of one provider. Keeps its configuration and keys as long as the process lives."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None for a public client."""
    _http: urllib3.PoolManager | None = field(default=None, init=False, repr=False)
    _configuration: Mapping[str, Any] | None = field(default=None, init=False, repr=False)
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict, init=False, repr=False)
    _keys_asked_at: float = field(default=0.0, init=False, repr=False)

    def begin(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Give the address that the browser is sent to. Raises SignInRefused if the provider is away.

        `state`, `nonce` and `verifier` (43..128 characters, RFC 7636) are fresh, and kept by the caller.
        """
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return f"{self._endpoint('authorization_endpoint')}?{urlencode(query)}"

    def finish(self, *, code: str, redirect_uri: str, verifier: str, nonce: str, now: datetime) -> Identity:
        """Exchange the code and check the token. Raises SignInRefused; its text says why, never the token."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.client_secret is not None:
            # RFC 6749, section 2.3.1: both halves are form-encoded before they are joined.
            pair = urlencode({"": self.client_id})[1:] + ":" + urlencode({"": self.client_secret})[1:]
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        answer = self._ask("POST", self._endpoint("token_endpoint"), body=urlencode(form).encode(), headers=headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInRefused("the provider gave no ID token")
        return _identity(self._claims(token, nonce=nonce, now=now))

    def _claims(self, token: str, *, nonce: str, now: datetime) -> Mapping[str, Any]:
        import jwt  # noqa: PLC0415 - only who signs in needs it

        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != ALGORITHM:
                raise SignInRefused("the ID token is signed with another algorithm")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(str(header.get("kid", "")), now=now),
                algorithms=[ALGORITHM],
                audience=self.client_id,
                issuer=self.issuer,
                # Times are checked below, against the clock that is an argument.
                options={
                    "require": list(_REQUIRED),
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "strict_aud": True,
                },
            )
        except jwt.PyJWTError as refusal:
            raise SignInRefused(f"the ID token does not hold: {type(refusal).__name__}") from None
        _check_moment(claims, now=now)
        if claims["nonce"] != nonce:
            raise SignInRefused("the ID token belongs to another sign-in")
        if claims.get("token_use", "id") != "id":
            raise SignInRefused("the token is not an ID token")
        if "mfa" not in claims.get("amr", ["mfa"]):
            # Cognito does not say how somebody signed in: its pool demands the second factor from everybody.
            raise SignInRefused("signed in without a second factor")
        return claims

    def _key(self, kid: str, *, now: datetime) -> jwt.PyJWK:
        """Give the provider's key of that id, asking for new ones if it is unknown. Raises SignInRefused."""
        if kid not in self._keys and now.timestamp() - self._keys_asked_at >= KEY_REFETCH_SECONDS:
            import jwt  # noqa: PLC0415 - only who signs in needs it

            self._keys_asked_at = now.timestamp()
            published = self._ask("GET", self._endpoint("jwks_uri")).get("keys", [])
            self._keys = {
                key["kid"]: jwt.PyJWK(key, algorithm=ALGORITHM)
                for key in published
                if key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("kid")
            }
        if kid not in self._keys:
            raise SignInRefused("the ID token is signed with a key that the provider does not publish")
        return self._keys[kid]

    def _endpoint(self, name: str) -> str:
        if self._configuration is None:
            found = self._ask("GET", f"{self.issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise SignInRefused("the provider calls itself by another name")
            self._configuration = found
        address = self._configuration.get(name)
        if not isinstance(address, str):
            raise SignInRefused(f"the provider has no {name}")
        return address

    def _ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One request, one JSON object; no redirect is followed. Raises SignInRefused for everything else."""
        import urllib3  # noqa: PLC0415 - only who signs in needs it

        if self._http is None:
            self._http = urllib3.PoolManager(timeout=TIMEOUT_SECONDS, retries=False)
        try:
            answer = self._http.request(
                method, url, body=body, headers=dict(headers or {}), redirect=False, preload_content=False
            )
            content = answer.read(ANSWER_BYTES_MAX + 1, decode_content=True)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as lost:
            raise SignInRefused(f"the provider does not answer: {type(lost).__name__}") from None
        if answer.status != _OK or len(content) > ANSWER_BYTES_MAX:
            raise SignInRefused(f"the provider answered {answer.status}{_error_name(content)}")
        return _object(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SignInRefused("the provider's answer is no JSON object")
    return found


def _error_name(content: bytes) -> str:
    """The error code of RFC 6749, section 5.2, if there is one of a known shape."""
    try:
        name = json.loads(content)["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f" ({name})" if isinstance(name, str) and name.isascii() and name.isidentifier() else ""


def _check_moment(claims: Mapping[str, Any], *, now: datetime) -> None:
    issued_at, expires_at = claims["iat"], claims["exp"]
    if not all(isinstance(moment, int | float) for moment in (issued_at, expires_at)):
        raise SignInRefused("the ID token's times are no numbers")
    seconds = now.timestamp()
    if seconds >= expires_at:
        raise SignInRefused("the ID token is over")
    if max(issued_at, claims.get("nbf", issued_at)) > seconds + CLOCK_SKEW_SECONDS:
        raise SignInRefused("the ID token comes from the future")


def _identity(claims: Mapping[str, Any]) -> Identity:
    subject, office = claims["sub"], claims.get("custom:office")
    if not (isinstance(subject, str) and subject and isinstance(office, str) and office):
        raise NoDeskForAccount("the provider names no office for this person")
    try:
        role = Role(str(claims.get("custom:role")))
    except ValueError:
        raise NoDeskForAccount("the provider names no role for this person") from None
    name = claims.get("name") or claims.get("cognito:username") or subject
    return Identity(subject=subject, office=office, role=role, name=str(name))
