"""The keys of the office on this machine: made once, kept in one file that only its owner reads."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from local.atomic import write_atomically

_PRIVATE: Final = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


def load_or_make(path: Path) -> Mapping[str, str]:
    """Give the keys as environment variables; what is missing in the file is made and written."""
    kept: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
    missing = {name: make() for name, make in _MAKERS.items() if name not in kept}
    if missing:
        kept |= missing
        write_atomically(path, json.dumps(kept, indent=1).encode())
    return kept


def public_half(private_pem: str) -> str:
    """PEM of the public key that belongs to a private one."""
    key = serialization.load_pem_private_key(private_pem.encode(), password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _hmac_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def _p256_key() -> str:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(*_PRIVATE).decode()


def _rsa_key() -> str:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*_PRIVATE).decode()


_MAKERS: Final[Mapping[str, Callable[[], str]]] = {
    "LINK_KEY": _hmac_key,
    "SESSION_KEY": _hmac_key,
    "TICKET_PRIVATE_KEY": _p256_key,
    "CASE_PRIVATE_KEY": _p256_key,
    "OIDC_SIGNING_KEY": _rsa_key,
    "OIDC_CLIENT_SECRET": lambda: secrets.token_urlsafe(32),
    "STRIPE_API_KEY": lambda: f"sk_test_{secrets.token_hex(16)}",
    "STRIPE_WEBHOOK_SECRET": lambda: f"whsec_{secrets.token_hex(16)}",
}
