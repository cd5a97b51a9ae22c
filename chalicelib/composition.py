"""Where ports meet adapters. Built on the first request; each part, and its imports, when first needed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.adapters.log import Log
from chalicelib.adapters.office_files import read_offices
from chalicelib.adapters.system import SystemChance, SystemClock
from chalicelib.settings import Settings
from chalicelib.web.faces import Faces
from chalicelib.web.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.adapters.oidc import OidcSignIn
    from chalicelib.adapters.sessions import Sessions
    from chalicelib.domain.ids import FileKey
    from chalicelib.domain.offices import Office
    from chalicelib.services.acting import Acting
    from chalicelib.services.anterooms import Anterooms
    from chalicelib.services.booking import Booking
    from chalicelib.services.calling import Calling
    from chalicelib.services.casework import Casework
    from chalicelib.services.guests import Guests
    from chalicelib.services.joining import Joining
    from chalicelib.services.mailing import Mailing
    from chalicelib.services.papers import Papers
    from chalicelib.services.paying import Paying
    from chalicelib.services.ports import Chance, Clock, Receipts
    from chalicelib.services.ticking import Ticking

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
        offices = read_offices(OFFICES)
        if not self.settings.always_open:
            return offices
        from chalicelib.domain.hours import around_the_clock

        return {key: around_the_clock(office) for key, office in offices.items()}

    @cached_property
    def acting(self) -> Acting:
        """The three movements over the real store."""
        from chalicelib.adapters.case_signing import CaseSigner
        from chalicelib.adapters.dynamodb.files import DynamoFiles
        from chalicelib.services.acting import Acting

        files = DynamoFiles(self.client("dynamodb"), self.settings.office_table)
        return Acting(files, self.chance, CaseSigner(self.settings.case_private_key))

    @cached_property
    def booking(self) -> Booking:
        """Slots, holds, bookings."""
        from chalicelib.services.booking import Booking

        return Booking(self.acting)

    @cached_property
    def joining(self) -> Joining:
        """Links and the waiting room."""
        from chalicelib.services.joining import Joining

        return Joining(self.acting, self.settings.link_key)

    @cached_property
    def calling(self) -> Calling:
        """Calls."""
        from chalicelib.adapters.dynamodb.workers import DynamoWorkers
        from chalicelib.adapters.media_tickets import MediaTickets
        from chalicelib.services.calling import Calling

        workers = DynamoWorkers(self.client("dynamodb"), self.settings.workers_table)
        return Calling(self.acting, workers, MediaTickets(self.settings.ticket_private_key))

    @cached_property
    def anterooms(self) -> Anterooms:
        """Connections made before they are needed."""
        from chalicelib.services.anterooms import Anterooms

        return Anterooms(self.calling.placing)

    @cached_property
    def guests(self) -> Guests:
        """The third person in a call."""
        from chalicelib.services.guests import Guests

        return Guests(self.acting, self.settings.link_key)

    @cached_property
    def casework(self) -> Casework:
        """Cases."""
        from chalicelib.services.casework import Casework

        return Casework(self.acting)

    @cached_property
    def papers(self) -> Papers:
        """Papers both ways."""
        from chalicelib.adapters.paper_check import PaperCheck
        from chalicelib.adapters.s3_papers import S3Papers
        from chalicelib.services.papers import Papers

        settings = self.settings
        store = S3Papers(self.client("s3"), settings.quarantine_bucket, settings.papers_bucket)
        # All that the checking process sees of the environment: on Lambda, Python itself is found by it.
        library_path = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        return Papers(self.acting, store, PaperCheck(library_path))

    @cached_property
    def paying(self) -> Paying:
        """Fees."""
        from chalicelib.adapters.stripe_payments import StripePayments
        from chalicelib.services.paying import Paying

        settings = self.settings
        provider = StripePayments(
            settings.stripe_api_key, settings.stripe_webhook_secrets, api_base=settings.stripe_api_base
        )
        return Paying(self.acting, provider, self.offices.__getitem__, settings.public_url)

    @cached_property
    def receipts(self) -> Receipts:
        """Who prints receipts: a function of its own where there is one, else this process."""
        from chalicelib.adapters.pdf import TypstReceipts
        from chalicelib.adapters.receipts_remote import LambdaReceipts

        function = self.settings.receipts_function
        return LambdaReceipts(self.client("lambda"), function) if function else TypstReceipts()

    @cached_property
    def mailing(self) -> Mailing:
        """Letters."""
        from chalicelib.adapters.ses_mail import SesMailer
        from chalicelib.services.mailing import Mailing

        settings = self.settings
        return Mailing(
            self.acting,
            SesMailer(self.client("sesv2"), sender=settings.mail_from),
            self.receipts,
            settings.public_url,
            settings.link_key,
        )

    @cached_property
    def ticking(self) -> Ticking:
        """The minute's work."""
        from chalicelib.services.ticking import Ticking

        def failed(work: str, error: Exception) -> None:
            self.log.work_failed(work=work, error=error)

        return Ticking(self.acting.files, self.booking, self.mailing, self.paying, failed)

    @cached_property
    def signin(self) -> OidcSignIn:
        """How clerks sign in."""
        from chalicelib.adapters.oidc import OidcSignIn

        settings = self.settings
        return OidcSignIn(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)

    @cached_property
    def sessions(self) -> Sessions:
        """What cookies hold."""
        from chalicelib.adapters.sessions import Sessions

        return Sessions(self.settings.session_key)

    @cached_property
    def faces(self) -> Faces:
        """Pages and texts."""
        return Faces()

    @cached_property
    def headers(self) -> Headers:
        """Headers of every answer."""
        settings = self.settings

        def origin(bucket: str) -> str:
            return settings.endpoint_url or f"https://{bucket}.s3.{settings.region}.amazonaws.com"

        media = urlsplit(settings.media_url)
        media_origin = f"{media.scheme}://{media.netloc}"
        return Headers(
            media_origin="" if settings.public_url == media_origin else media_origin,
            upload_origin=origin(settings.quarantine_bucket),
            download_origin=origin(settings.papers_bucket),
            secure=settings.public_url.startswith("https:"),
        )

    @cached_property
    def log(self) -> Log:
        """The log."""
        return Log()

    @property
    def public_url(self) -> str:
        """The origin of our own pages."""
        return self.settings.public_url

    def new_letters(self, event: Mapping[str, Any]) -> Iterator[tuple[FileKey, str]]:
        """Which letters a batch of the table's stream put into the outbox."""
        from chalicelib.adapters.dynamodb.stream import new_letters

        return new_letters(event)

    def client(self, service: str) -> Any:
        """One of boto3's clients."""
        return _client(service, self.settings.endpoint_url, self.settings.region)


_installed: list[Fernamt] = []


def fernamt() -> Fernamt:
    """The installation of this process, made of its environment on the first request."""
    if not _installed:
        install(Fernamt(Settings.from_env(os.environ), SystemClock(), SystemChance()))
    return _installed[0]


def install(house: Fernamt) -> None:
    """Let this process's requests be served by `house`: with another clock, say, or another store."""
    _installed[:] = [house]


@cache
def _client(service: str, endpoint_url: str | None, region: str) -> Any:
    import boto3
    from botocore.config import Config

    from chalicelib.adapters.dynamodb.requests import CLIENT_CONFIG

    # Only the store has a repeat loop of its own; the others keep the library's.
    # "virtual" makes S3 sign addresses in its own region: the global one answers a form with a redirect.
    other = Config(connect_timeout=2, read_timeout=10, s3={"addressing_style": "path" if endpoint_url else "virtual"})
    config = CLIENT_CONFIG if service == "dynamodb" else other
    return boto3.client(  # type: ignore[call-overload]  # the service is a variable
        service, endpoint_url=endpoint_url, region_name=region, config=config
    )
