"""Where ports meet adapters. Built on the first request; whatever is slow is built when first needed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.case_signing import CaseSigner
from chalicelib.adapters.dynamodb.files import DynamoFiles
from chalicelib.adapters.dynamodb.workers import DynamoWorkers
from chalicelib.adapters.log import Log
from chalicelib.adapters.media_tickets import MediaTickets
from chalicelib.adapters.office_files import read_offices
from chalicelib.adapters.sessions import Sessions
from chalicelib.adapters.stripe_payments import StripePayments
from chalicelib.adapters.system import SystemChance, SystemClock
from chalicelib.services.acting import Acting
from chalicelib.services.booking import Booking
from chalicelib.services.calling import Calling
from chalicelib.services.casework import Casework
from chalicelib.services.joining import Joining
from chalicelib.services.paying import Paying
from chalicelib.settings import Settings
from chalicelib.web.faces import Faces
from chalicelib.web.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.offices import Office
    from chalicelib.services.ports import Chance, Clock

OFFICES = Path(__file__).parent / "offices"


@dataclass(frozen=True)
class Fernamt:
    """The whole installation, as the views see it: one attribute a use case."""

    settings: Settings
    clock: Clock
    chance: Chance

    @cached_property
    def offices(self) -> Mapping[str, Office]:
        """All offices by key."""
        return read_offices(OFFICES)

    @cached_property
    def acting(self) -> Acting:
        """The three movements over the real store."""
        files = DynamoFiles(self.client("dynamodb"), self.settings.office_table)
        return Acting(files, self.chance, CaseSigner(self.settings.case_private_key))

    @cached_property
    def booking(self) -> Booking:
        """Slots, holds, bookings."""
        return Booking(self.acting)

    @cached_property
    def joining(self) -> Joining:
        """Links and the waiting room."""
        return Joining(self.acting, self.settings.link_key)

    @cached_property
    def calling(self) -> Calling:
        """Calls."""
        workers = DynamoWorkers(self.client("dynamodb"), self.settings.workers_table)
        return Calling(self.acting, workers, MediaTickets(self.settings.ticket_private_key))

    @cached_property
    def casework(self) -> Casework:
        """Cases."""
        return Casework(self.acting)

    @cached_property
    def paying(self) -> Paying:
        """Fees."""
        provider = StripePayments(
            self.settings.stripe_api_key,
            self.settings.stripe_webhook_secrets,
            api_base=self.settings.stripe_api_base,
        )
        return Paying(self.acting, provider, self.offices.__getitem__, self.settings.public_url)

    @cached_property
    def sessions(self) -> Sessions:
        """Cookies' contents."""
        return Sessions(self.settings.session_key)

    @cached_property
    def faces(self) -> Faces:
        """Pages and texts."""
        return Faces()

    @cached_property
    def headers(self) -> Headers:
        """Headers of every answer."""
        settings = self.settings
        origin = (
            settings.endpoint_url
            or f"https://{settings.quarantine_bucket}.s3.{settings.region}.amazonaws.com"
        )
        return Headers(origin, secure=settings.public_url.startswith("https:"))

    @cached_property
    def log(self) -> Log:
        """The log."""
        return Log()

    @property
    def public_url(self) -> str:
        """The origin of our own pages."""
        return self.settings.public_url

    def client(self, service: str) -> Any:
        """One of boto3's clients."""
        return _client(service, self.settings.endpoint_url, self.settings.region)


@cache
def fernamt() -> Fernamt:
    """The installation of this process."""
    return Fernamt(Settings.from_env(os.environ), SystemClock(), SystemChance())


@cache
def _client(service: str, endpoint_url: str | None, region: str) -> Any:
    import boto3  # noqa: PLC0415 - 300 ms that the first page need not wait for

    from chalicelib.adapters.dynamodb.requests import CLIENT_CONFIG  # noqa: PLC0415 - imports botocore

    return boto3.client(  # type: ignore[call-overload]  # the service is a variable
        service, endpoint_url=endpoint_url, region_name=region, config=CLIENT_CONFIG
    )
