"""What the office on one machine consists of: each part's module, port and environment, as data."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from local.aws.names import ACCESS_KEY, PAPERS_BUCKET, QUARANTINE_BUCKET, SECRET_KEY
from local.keys import public_half
from local.ports import HOST, READY_PATH

REGION: Final = "eu-central-1"
MAIL_FROM: Final = "buergeramt@fernamt.example"
CLIENT_ID: Final = "fernamt-desk"
MEDIA_PARTS: Final = {"media": "worker-1", "media-2": "worker-2"}
"""The media workers, part by part with the id that each beats under: a call outlives one of them."""
PORT_BASE: Final = 8700
PORTS: Final = ("front", "aws", "media", "payments", "signin", "mailbox", "media-2")
"""Which part listens where, counted from the base."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The ports of one office, counted from its base."""

    base: int = PORT_BASE

    def port(self, part: str) -> int:
        """The port of a part."""
        return self.base + PORTS.index(part)

    def origin(self, part: str) -> str:
        """The address of a part, without a slash at the end."""
        return f"http://{HOST}:{self.port(part)}"


@dataclass(frozen=True, slots=True)
class Part:
    """One process. `port` None: it listens nowhere, and works as soon as it lives."""

    name: str
    module: str
    port: int | None
    environment: Mapping[str, str] = field(repr=False)
    ready_path: str | None = READY_PATH
    """Asked until it answers 200; None: it is enough that the port takes connections."""
    ending: signal.Signals = signal.SIGTERM
    """Ends it without delay."""


def parts(addresses: Addresses, *, folder: Path, keys: Mapping[str, str]) -> tuple[Part, ...]:
    """All parts, in the order in which they start; each gets the keys it needs and no others."""
    front, aws = addresses.origin("front"), addresses.origin("aws")
    common = {
        "OFFICE_DIR": str(folder),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": f"{HOST},localhost",
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MAIL_FROM": MAIL_FROM,
    }
    app = {
        **common,
        **{name: keys[name] for name in ("LINK_KEY", "SESSION_KEY", "TICKET_PRIVATE_KEY", "CASE_PRIVATE_KEY")},
        "PUBLIC_URL": front,
        "QUARANTINE_BUCKET": QUARANTINE_BUCKET,
        "PAPERS_BUCKET": PAPERS_BUCKET,
        "STRIPE_API_KEY": keys["STRIPE_API_KEY"],
        "STRIPE_API_BASE": addresses.origin("payments"),
        "STRIPE_WEBHOOK_SECRETS": keys["STRIPE_WEBHOOK_SECRET"],
        "OIDC_ISSUER": addresses.origin("signin"),
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": keys["OIDC_CLIENT_SECRET"],
        "FRONT_PORT": str(addresses.port("front")),
        "MEDIA_PORTS": ",".join(str(addresses.port(part)) for part in MEDIA_PARTS),
        "OFFICE_ALWAYS_OPEN": "1",  # whoever tries the office at night finds it open
        "POWERTOOLS_SERVICE_NAME": "fernamt",
        "POWERTOOLS_METRICS_NAMESPACE": "Fernamt",
    }
    media = {
        **common,
        "MEDIA_HOST": HOST,
        "PUBLIC_ADDRESS": HOST,
        "WORKERS_TABLE": "fernamt-workers",
        "TICKET_PUBLIC_KEY": public_half(keys["TICKET_PRIVATE_KEY"]),
        "ALLOWED_ORIGIN": front,
    }
    payments = {
        **common,
        "PAYMENTS_PORT": str(addresses.port("payments")),
        "PAYMENTS_NOTICE_URL": f"{front}/notices/payment",
        "STRIPE_API_KEY": keys["STRIPE_API_KEY"],
        "STRIPE_WEBHOOK_SECRET": keys["STRIPE_WEBHOOK_SECRET"],
        "PAYMENTS_STATE": str(folder / "payments.json"),
    }
    signin = {
        **common,
        "SIGNIN_PORT": str(addresses.port("signin")),
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": keys["OIDC_CLIENT_SECRET"],
        "OIDC_REDIRECT_URIS": f"{front}/desk/callback",
        "OIDC_SIGNING_KEY": keys["OIDC_SIGNING_KEY"],
    }
    stand_in = {**common, "AWS_STAND_IN_PORT": str(addresses.port("aws")), "ALLOWED_ORIGIN": front}
    mailbox = {**common, "MAILBOX_PORT": str(addresses.port("mailbox"))}
    return (
        Part("aws", "local.aws", addresses.port("aws"), stand_in),
        *(_worker(part, addresses, media) for part in MEDIA_PARTS),
        Part("payments", "local.payments", addresses.port("payments"), payments, ready_path=None),
        Part("signin", "local.signin", addresses.port("signin"), signin),
        Part("mailbox", "local.mailbox", addresses.port("mailbox"), mailbox),
        Part("front", "local.front", addresses.port("front"), app),
        Part("pump", "local.pump", None, app),
    )


def _worker(part: str, addresses: Addresses, common: Mapping[str, str]) -> Part:
    own = {
        "MEDIA_PORT": str(addresses.port(part)),
        "WORKER_ID": MEDIA_PARTS[part],
        "WORKER_ADDRESS": addresses.origin(part),
    }
    return Part(part, "media_worker", addresses.port(part), {**common, **own}, ready_path=None, ending=signal.SIGINT)
