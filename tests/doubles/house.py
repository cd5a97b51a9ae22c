"""The whole installation with everything outside of it doubled: for tests of the doors."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.composition import Fernamt
from chalicelib.domain.calls import WorkerBeat
from chalicelib.services.acting import Acting
from chalicelib.services.calling import Calling
from chalicelib.settings import Settings
from tests.doubles.chance import PlainSigner, SeededChance, SetClock
from tests.doubles.files import InMemoryFiles

ORIGIN = "https://office.example"


def _pem() -> str:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


SETTINGS = Settings.from_env(
    {
        "PUBLIC_URL": ORIGIN,
        "AWS_REGION": "eu-central-1",
        "QUARANTINE_BUCKET": "quarantine",
        "PAPERS_BUCKET": "papers",
        "MAIL_FROM": "office@office.example",
        "OIDC_ISSUER": "https://signin.example",
        "OIDC_CLIENT_ID": "fernamt",
        "LINK_KEY": "bGlua2tleWxpbmtrZXlsaW5ra2V5bGlua2tleWxpbmtrZXk",
        "SESSION_KEY": "c2Vzc2lvbmtleXNlc3Npb25rZXlzZXNzaW9ua2V5c2Vzc2lvbg",
        "TICKET_PRIVATE_KEY": _pem(),
        "CASE_PRIVATE_KEY": _pem(),
        "STRIPE_API_KEY": "sk_test_key",
        "STRIPE_WEBHOOK_SECRETS": "whsec_test",
    }
)


class LivingWorker:
    """One media worker whose heart beats at any moment."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock

    def beats(self) -> list[WorkerBeat]:
        now_ms = int(self.clock.now().timestamp() * 1000)
        return [WorkerBeat(worker_id="w1", address="http://10.0.0.1:8080", calls=0, beat_ms=now_ms)]


class House(Fernamt):
    """Fernamt over files in memory and a clock that goes when told."""

    def __init__(self) -> None:
        super().__init__(SETTINGS, SetClock(), SeededChance())

    @cached_property
    def acting(self) -> Acting:
        return Acting(InMemoryFiles(), self.chance, PlainSigner())

    @cached_property
    def calling(self) -> Calling:
        clock: Any = self.clock
        tickets: Any = super().calling.tickets
        return Calling(self.acting, LivingWorker(clock), tickets)

    def client(self, service: str) -> Any:
        """No client of AWS: whoever asks for one has left the doubles."""
        return _NoClient(service)


class _NoClient:
    def __init__(self, service: str) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{self._service}.{name} was asked for in a test without AWS")
