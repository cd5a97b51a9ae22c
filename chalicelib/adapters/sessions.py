"""Sessions in cookies: signed, short, of one kind each. Nothing of a session is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import NotSignedIn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ISSUER = "fernamt"
ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Sessions:
    """Issues and reads session tokens (JWT, HS256). `kind` is the audience: one never passes for another."""

    key: bytes = field(repr=False)

    def issue(self, kind: str, claims: Mapping[str, Any], *, expires_at: datetime, now: datetime) -> str:
        """A token of that kind, good until `expires_at`."""
        import jwt  # noqa: PLC0415 - 60 ms that a page for the public need not pay

        registered = {
            "iss": ISSUER,
            "aud": kind,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode({**claims, **registered}, self.key, algorithm=ALGORITHM)

    def read(self, kind: str, token: str, *, now: datetime) -> Mapping[str, Any]:
        """The claims. Raises NotSignedIn for anything but an unexpired token of this kind by this office."""
        import jwt  # noqa: PLC0415 - as above

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.key,
                algorithms=[ALGORITHM],
                audience=kind,
                issuer=ISSUER,
                # Expiry is judged by the office's clock, which is an argument here.
                options={
                    "require": ["iss", "aud", "iat", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "strict_aud": True,  # one kind and no list of several: a session is of one kind
                },
            )
        # A cookie is anybody's text: lone surrogates and deep nesting fail outside the library's own errors.
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            raise NotSignedIn(kind) from error
        if not isinstance(claims["exp"], int) or claims["exp"] <= now.timestamp():
            raise NotSignedIn(kind)
        return claims
