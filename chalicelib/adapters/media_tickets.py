"""Media tickets: signed with the office's private key, verified by workers that hold the public one only."""

from chalicelib.domain.calls import TICKET_AUDIENCE, TICKET_ISSUER, MediaTicketClaims

ALGORITHM = "ES256"


class MediaTickets:
    """Mints media tickets: JSON Web Tokens (RFC 7519) with ES256 signatures (RFC 7518, 3.4)."""

    def __init__(self, private_key_pem: str) -> None:
        """Take the P-256 private key as PEM (PKCS #8 or SEC 1). Nothing is parsed until the first ticket."""
        self._private_key_pem = private_key_pem

    def mint(self, claims: MediaTicketClaims) -> str:
        """Return the signed ticket in compact form. Raises ValueError if the key is no P-256 key."""
        import jwt  # noqa: PLC0415  # most requests need no ticket: keep it out of the cold start

        payload: dict[str, str | int | list[str]] = {
            "iss": TICKET_ISSUER,
            "aud": TICKET_AUDIENCE,
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
            "jti": claims.ticket_id,
            "office": claims.office,
            "room": claims.room,
            "seat": claims.seat.value,
            "generation": claims.generation,
            "worker": claims.worker,
        }
        if claims.opens:
            payload["opens"] = sorted(seat.value for seat in claims.opens)
        try:
            return jwt.encode(payload, self._private_key_pem, algorithm=ALGORITHM)
        except (jwt.InvalidKeyError, TypeError, ValueError) as error:
            raise ValueError("media tickets are signed with a P-256 private key in PEM") from error
