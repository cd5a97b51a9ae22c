"""Media tickets, verified: one algorithm, one key, one issuer, one audience. Only this module knows jwt."""

from collections.abc import Callable
from datetime import UTC, datetime

import jwt

from chalicelib.domain.calls import TICKET_AUDIENCE, TICKET_ISSUER, MediaTicketClaims, Seat

ALGORITHMS = ["ES256"]
REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "jti", "office", "room", "seat", "generation", "worker"]
CLOCK_SKEW_S = 5
TICKET_MAX_CHARS = 4_096


class TicketRefused(Exception):  # the event, as everywhere: the caller's ticket was refused
    """The ticket is missing, forged, expired or meant for somebody else. The message may be shown."""


class TicketVerifier:
    """Checks tickets against the office's public key."""

    def __init__(self, public_key_pem: str, *, now: Callable[[], datetime]) -> None:
        """Take the P-256 public key as PEM, and a clock that returns aware UTC."""
        self._public_key_pem = public_key_pem
        self._now = now

    def verify(self, token: str, *, may_be_expired: bool = False) -> MediaTicketClaims:
        """Return what the ticket says. Raises TicketRefused.

        `may_be_expired` is for leaving: whoever hangs up after an hour holds an old ticket.
        """
        if len(token) > TICKET_MAX_CHARS:
            raise TicketRefused("The ticket is too long")
        try:
            payload = jwt.decode(
                token,
                self._public_key_pem,
                algorithms=ALGORITHMS,
                audience=TICKET_AUDIENCE,
                issuer=TICKET_ISSUER,
                # Times are checked below, by the clock that we were given.
                options={"require": REQUIRED_CLAIMS, "verify_exp": False, "verify_iat": False},
            )
            claims = _claims(payload)
        except jwt.PyJWTError as error:
            raise TicketRefused("The ticket is not signed by this office for this purpose") from error
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise TicketRefused("The ticket's claims are malformed") from error
        now = self._now()
        if (now - claims.expires_at).total_seconds() >= CLOCK_SKEW_S and not may_be_expired:
            raise TicketRefused("The ticket has expired")
        if (claims.issued_at - now).total_seconds() > CLOCK_SKEW_S:
            raise TicketRefused("The ticket is not valid yet")
        return claims


def _claims(payload: dict[str, object]) -> MediaTicketClaims:
    return MediaTicketClaims(
        ticket_id=_text(payload["jti"]),
        office=_text(payload["office"]),
        room=_text(payload["room"]),
        seat=Seat(payload["seat"]),
        generation=_whole(payload["generation"]),
        worker=_text(payload["worker"]),
        issued_at=datetime.fromtimestamp(_whole(payload["iat"]), UTC),
        expires_at=datetime.fromtimestamp(_whole(payload["exp"]), UTC),
        opens=_seats(payload.get("opens", [])),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a claim is no text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a claim is no whole number")
    return value


def _seats(value: object) -> frozenset[Seat]:
    if not isinstance(value, list) or len(value) > len(Seat):
        raise TypeError("a claim is no list of seats")
    return frozenset(Seat(name) for name in value)
