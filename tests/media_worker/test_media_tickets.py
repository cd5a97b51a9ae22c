"""Who may sit down: tickets minted by the office, verified by the worker, and a table of forgeries."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.domain.calls import MediaTicketClaims, Seat
from media_worker.tickets import TicketRefused, TicketVerifier

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CLAIMS = MediaTicketClaims(
    ticket_id="t-1",
    office="heidelberg",
    room="b-1",
    seat=Seat.CITIZEN,
    generation=1,
    worker="http://127.0.0.1:8702",
    issued_at=NOW,
    expires_at=NOW + timedelta(minutes=5),
)


def key_pair() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


PRIVATE, PUBLIC = key_pair()


def verify(token: str, *, now: datetime = NOW, may_be_expired: bool = False) -> MediaTicketClaims:
    return TicketVerifier(PUBLIC, now=lambda: now).verify(token, may_be_expired=may_be_expired)


def payload() -> dict[str, Any]:
    token = MediaTickets(PRIVATE).mint(CLAIMS)
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def signed(**changes: Any) -> str:
    claims = {name: value for name, value in {**payload(), **changes}.items() if value is not ...}
    return jwt.encode(claims, PRIVATE, algorithm="ES256")


def unsigned() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, payload()]
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."


def signed_with_the_public_key_as_secret() -> str:
    """The classic confusion: HMAC with what everybody knows."""
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    parts = [{"alg": "HS256", "typ": "JWT"}, payload()]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
    mac = hmac.digest(PUBLIC.encode(), text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def tampered() -> str:
    head, body, signature = MediaTickets(PRIVATE).mint(CLAIMS).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "seat": "clerk"}).encode()).decode().rstrip("=")
    return f"{head}.{forged}.{signature}"


def test_what_the_office_mints_the_worker_reads() -> None:
    assert verify(MediaTickets(PRIVATE).mint(CLAIMS)) == CLAIMS


FORGERIES: dict[str, Callable[[], str]] = {
    "no token": lambda: "",
    "no token at all": lambda: "a.b.c",
    "too long": lambda: "a" * 5_000,
    "unsigned": unsigned,
    "HMAC with the public key": signed_with_the_public_key_as_secret,
    "tampered": tampered,
    "foreign key": lambda: MediaTickets(key_pair()[0]).mint(CLAIMS),
    "foreign audience": lambda: signed(aud="fernamt-desk"),
    "foreign issuer": lambda: signed(iss="somebody"),
    "no audience": lambda: signed(aud=...),
    "no expiry": lambda: signed(exp=...),
    "no issue": lambda: signed(iat=...),
    "no id": lambda: signed(jti=...),
    "no room": lambda: signed(room=...),
    "empty room": lambda: signed(room=""),
    "no worker": lambda: signed(worker=...),
    "unknown seat": lambda: signed(seat="mayor"),
    "generation as text": lambda: signed(generation="1"),
    "generation zero": lambda: signed(generation=0),
    "generation as truth": lambda: signed(generation=True),
    "room as list": lambda: signed(room=["b-1"]),
    "lives an hour": lambda: signed(exp=int((NOW + timedelta(hours=1)).timestamp())),
    "expired": lambda: signed(
        iat=int((NOW - timedelta(minutes=9)).timestamp()), exp=int((NOW - timedelta(seconds=5)).timestamp())
    ),
    "of the future": lambda: signed(
        iat=int((NOW + timedelta(minutes=1)).timestamp()), exp=int((NOW + timedelta(minutes=2)).timestamp())
    ),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_forgeries_are_refused(forge: Callable[[], str]) -> None:
    with pytest.raises(TicketRefused):
        verify(forge())


def test_whoever_leaves_may_show_an_old_ticket_but_no_forged_one() -> None:
    late = NOW + timedelta(hours=2)
    assert verify(MediaTickets(PRIVATE).mint(CLAIMS), now=late, may_be_expired=True) == CLAIMS
    with pytest.raises(TicketRefused):
        verify(tampered(), now=late, may_be_expired=True)


def test_a_wrong_signing_key_is_said_clearly() -> None:
    with pytest.raises(ValueError, match="P-256"):
        MediaTickets("no key").mint(CLAIMS)


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": NOW + timedelta(minutes=16)},
        {"expires_at": NOW},
        {"issued_at": NOW.replace(tzinfo=None)},
        {"generation": 0},
        {"room": ""},
    ],
)
def test_claims_that_cannot_be_meant_are_no_claims(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"ticket|generations"):
        replace(CLAIMS, **change)
