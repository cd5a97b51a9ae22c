"""What the office is told from outside: names, addresses and keys, read once and then frozen.

`from_env` takes any mapping; the composition passes the process's environment. Nothing else reads it.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from chalicelib.adapters.dynamodb.table import OFFICE_TABLE_NAME, WORKERS_TABLE_NAME

KEY_BYTES_MIN: Final = 32
"""HMAC-SHA-256 keys are as long as its output (RFC 2104, section 3)."""


class SettingsWrong(ValueError):
    """A variable is missing or unreadable; the text names it. The operator has to mend the environment."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between one machine and AWS. Keys never show in a repr."""

    public_url: str
    """Origin of the front door, no slash at the end: cookies, links and Origin checks hang on it."""
    media_url: str
    """Where browsers post their offers: `{media_url}/sessions`."""
    region: str
    endpoint_url: str | None
    """Address of the AWS stand-in; None on AWS."""
    office_table: str
    workers_table: str
    quarantine_bucket: str
    papers_bucket: str
    mail_from: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str | None = field(repr=False)
    """None for a public client, which PKCE alone protects."""
    link_key: bytes = field(repr=False)
    """HMAC key that the secrets of links are derived from."""
    session_key: bytes = field(repr=False)
    """HMAC key that signs the sessions in cookies."""
    ticket_private_key: str = field(repr=False)
    """PEM, P-256: signs media tickets (ES256)."""
    case_private_key: str = field(repr=False)
    """PEM, P-256: signs the heads of cases (ES256)."""
    stripe_api_base: str | None
    """Address of the payment stand-in; None for Stripe itself."""
    stripe_api_key: str = field(repr=False)
    stripe_webhook_secrets: tuple[str, ...] = field(repr=False)
    """One, or two while they are rotated: a notice signed by either is good."""

    turn_urls: tuple[str, ...] = ()
    """Where browsers find a TURN server: `turn:…?transport=udp`, `turns:…`. None: they reach workers themselves."""
    turn_secret: str = field(default="", repr=False)
    """Shared with it: passes follow from it."""
    always_open: bool = False
    """For demonstrations only: every office is open around the clock."""
    receipts_function: str | None = None
    """Name of the function that prints receipts; None prints them in process, which needs typst here."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        """Read the settings. Raises SettingsWrong and names the variable."""
        public_url = _origin(env, "PUBLIC_URL")
        return cls(
            public_url=public_url,
            media_url=env.get("MEDIA_URL") or f"{public_url}/media",
            region=env.get("AWS_REGION") or _text(env, "AWS_DEFAULT_REGION"),
            endpoint_url=env.get("AWS_ENDPOINT_URL") or None,
            office_table=env.get("OFFICE_TABLE") or OFFICE_TABLE_NAME,
            workers_table=env.get("WORKERS_TABLE") or WORKERS_TABLE_NAME,
            quarantine_bucket=_text(env, "QUARANTINE_BUCKET"),
            papers_bucket=_text(env, "PAPERS_BUCKET"),
            mail_from=_text(env, "MAIL_FROM"),
            turn_urls=turn_urls_of(env),
            turn_secret=env.get("TURN_SECRET", ""),
            oidc_issuer=_text(env, "OIDC_ISSUER").rstrip("/"),
            oidc_client_id=_text(env, "OIDC_CLIENT_ID"),
            oidc_client_secret=env.get("OIDC_CLIENT_SECRET") or None,
            link_key=_key(env, "LINK_KEY"),
            session_key=_key(env, "SESSION_KEY"),
            ticket_private_key=_pem(env, "TICKET_PRIVATE_KEY"),
            case_private_key=_pem(env, "CASE_PRIVATE_KEY"),
            stripe_api_base=env.get("STRIPE_API_BASE") or None,
            stripe_api_key=_text(env, "STRIPE_API_KEY"),
            stripe_webhook_secrets=_secrets(env, "STRIPE_WEBHOOK_SECRETS"),
            always_open=env.get("OFFICE_ALWAYS_OPEN") == "1",
            receipts_function=env.get("RECEIPTS_FUNCTION") or None,
        )


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise SettingsWrong(f"{name} is not set; the office cannot start without it.")
    return value


def _origin(env: Mapping[str, str], name: str) -> str:
    value = _text(env, name).rstrip("/")
    scheme, separator, host = value.partition("://")
    if scheme not in {"http", "https"} or not separator or not host or "/" in host:
        raise SettingsWrong(f"{name} is {value!r}; write an origin such as https://office.example.")
    return value


def _key(env: Mapping[str, str], name: str) -> bytes:
    """URL-safe base64 of at least 32 bytes; the value itself never reaches an error text."""
    text = _text(env, name)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SettingsWrong(f"{name} is not URL-safe base64.") from None
    if len(key) < KEY_BYTES_MIN:
        raise SettingsWrong(f"{name} holds {len(key)} bytes; at least {KEY_BYTES_MIN} are needed.")
    return key


def _pem(env: Mapping[str, str], name: str) -> str:
    text = _text(env, name)
    if not text.startswith("-----BEGIN "):
        raise SettingsWrong(f"{name} is not a PEM text; it has to start with -----BEGIN.")
    return text + "\n"


def _secrets(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """One secret, or two separated by a comma."""
    secrets = tuple(secret.strip() for secret in _text(env, name).split(",") if secret.strip())
    if not 1 <= len(secrets) <= 2:  # noqa: PLR2004  the old one and the new one
        raise SettingsWrong(f"{name} holds {len(secrets)} secrets; one or two are allowed.")
    return secrets


def turn_urls_of(env: Mapping[str, str]) -> tuple[str, ...]:
    """Read where the TURN server is. Raises SettingsWrong for half of one."""
    urls = tuple(env.get("TURN_URLS", "").split())
    if any(not url.startswith(("turn:", "turns:")) for url in urls):
        raise SettingsWrong("TURN_URLS holds addresses, with blanks between: turn:turn.example:3478?transport=udp")
    if bool(urls) != bool(env.get("TURN_SECRET")):
        raise SettingsWrong("TURN_URLS and TURN_SECRET belong together: set both, or none")
    return urls
