"""Media tickets under fire: broken as texts, and broken inside by somebody who can sign."""

from __future__ import annotations

import json
import random
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from benchmarks.hostile.mutations import ODD_WORDS, Seed, mutated
from benchmarks.hostile.parsers import Plain, expecting
from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.domain.calls import MediaTicketClaims, Seat
from media_worker.tickets import TicketRefused, TicketVerifier

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SIGNED_SHARE = 0.2
ODD_VALUES: tuple[Any, ...] = (
    *ODD_WORDS,
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    float("inf"),
    float("nan"),
    [],
    ["citizen", "citizen"],
    [None],
    [[]],
    {"a": 1},
)


class TicketParser(Plain):
    """The verifier of tickets."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self._private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self._verifier = TicketVerifier(public, now=lambda: NOW)
        self._ticket = MediaTickets(self._private).mint(
            MediaTicketClaims(
                ticket_id="t-1",
                office="heidelberg",
                room="b-1",
                seat=Seat.CLERK,
                generation=1,
                worker="http://127.0.0.1:8702",
                issued_at=NOW,
                expires_at=NOW + timedelta(minutes=5),
                opens=frozenset({Seat.CITIZEN}),
            )
        )
        self._parts = [part.encode() for part in self._ticket.split(".")]
        self._payload: dict[str, Any] = jwt.decode(self._ticket, options={"verify_signature": False})
        self._header: dict[str, Any] = jwt.get_unverified_header(self._ticket)

    def broken(self, chance: random.Random) -> str:
        """Return a text that was a ticket; some are signed after they were broken."""
        if chance.random() < SIGNED_SHARE:
            inside = json.dumps(self._odd(chance, self._payload)).encode()
            return jwt.PyJWS().encode(inside, self._private, algorithm="ES256")
        if chance.random() < 0.5:
            return bytes(mutated(chance, [Seed(self._ticket.encode())])).decode(errors="replace")
        parts = list(self._parts)
        place = int(chance.random() * 2)
        inside = json.dumps(self._odd(chance, (self._header, self._payload)[place])).encode()
        broken = bytes(mutated(chance, [Seed(inside)])) if chance.random() < 0.5 else inside
        parts[place] = urlsafe_b64encode(broken).rstrip(b"=")
        return b".".join(parts).decode()

    def take(self, packet: str) -> None:
        """Verify it."""
        expecting(TicketRefused, lambda: self._verifier.verify(packet))

    def take_unguarded(self, packet: str) -> None:
        """A reader that takes what it finds, and expects what jwt's documentation names."""
        expecting(jwt.PyJWTError, lambda: _read(packet))

    def _odd(self, chance: random.Random, claims: dict[str, Any]) -> dict[str, Any]:
        changed = dict(claims)
        for _ in range(chance.randint(1, 2)):
            name = chance.choice(list(claims))
            if chance.random() < 0.2:
                changed.pop(name, None)
            else:
                changed[name] = chance.choice(ODD_VALUES)
        return changed


def _read(packet: str) -> tuple[Seat, datetime]:
    found = jwt.decode(packet, options={"verify_signature": False})
    return Seat(found["seat"]), datetime.fromtimestamp(found["exp"], UTC)
