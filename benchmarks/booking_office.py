"""The office that the booking proof fights for, its fast clock, and the clients that reach its store."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from chalicelib.adapters.dynamodb.requests import CLIENT_CONFIG
from chalicelib.domain.office_file import parse_office

if TYPE_CHECKING:
    from chalicelib.domain.offices import Office

COUNTERS: Final = 2
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")
WEEK: Final = "2026-W48"
START: Final = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # the Friday before
MATTERS: Final = (("short",), ("short",), ("long",), ("short", "long"))  # 10, 10, 20 and 30 minutes

POOL: Final = Config(max_pool_connections=96)  # every booker and tick of this one process keeps a connection


def bench_office(key: str, *, slots: int, counters: int = COUNTERS) -> Office:
    """Return an office that gives `slots` places of 10 minutes in WEEK, spread over its counters."""
    if slots % (counters * len(DAYS)):
        raise ValueError(f"{slots} places do not divide by {counters} counters and {len(DAYS)} days")
    minutes = 8 * 60 + slots // (counters * len(DAYS)) * 10
    span = f"08:00-{minutes // 60:02d}:{minutes % 60:02d}"
    text = {"de": "Probe", "en": "proof"}
    service = {
        "group": "all",
        "department": "main",
        "name": text,
        "summary": text,
        "words": {"de": ["Probe"], "en": ["proof"]},
        "papers": [],
        "delivery": ["post"],
        "channel": "video",
        "steps": ["card-shown"],
    }
    document = {
        "office": {
            "name": text,
            "city": "Probe",
            "short": "PR",
            "colour": "#003366",
            "arms": "proof.svg",
            "phone": "115",
            "address": ["Markt 1"],
            "time_zone": "Europe/Berlin",
            "holidays": "BW",
            "languages": ["de", "en"],
        },
        "booking": {
            "grid_minutes": 10,
            "hold_minutes": 10,
            "horizon_days": 28,
            "lead_minutes": 20,
            "join_opens_minutes": 30,
        },
        "hours": [{"valid_from": date(2026, 1, 1), **{day: [span] for day in DAYS}}],
        "counters": [{"valid_from": date(2026, 1, 1), **{day: {span: counters} for day in DAYS}}],
        "departments": {"main": {"name": text}},
        "groups": {"all": {"name": text}},
        "papers": {},
        "steps": {"card-shown": text},
        "services": {
            "short": service | {"duration_minutes": 10},
            "long": service | {"duration_minutes": 20},
        },
    }
    return parse_office(document, key=key)


@dataclass(slots=True)
class FastClock:
    """A clock on which a hold of ten minutes is over within seconds."""

    factor: float
    begun: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """Return the office's time, aware UTC."""
        return START + timedelta(seconds=(time.monotonic() - self.begun) * self.factor)

    def seconds_until(self, moment: datetime) -> float:
        """Return how many real seconds it takes until `moment`."""
        return (moment - self.now()).total_seconds() / self.factor


def dynamodb(endpoint_url: str) -> Any:
    """Return a client as the office configures it, without the repeats of the library."""
    session = boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the stand-in's, which opens nothing
        region_name="eu-central-1",
    )
    return session.client("dynamodb", endpoint_url=endpoint_url, config=CLIENT_CONFIG.merge(POOL))


@dataclass(slots=True)
class CountingClient:
    """Counts the requests that reach for the store, by what each thread says it is doing."""

    client: Any
    requests: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _doing: threading.local = field(default_factory=threading.local)

    def doing(self, act: str) -> None:
        """Count what this thread asks from now on as part of one more `act`."""
        self._doing.act = act
        with self._lock:
            self.acts[act] += 1

    def query(self, **request: Any) -> Any:
        """As boto3's."""
        return self._counted(self.client.query, request)

    def get_item(self, **request: Any) -> Any:
        """As boto3's."""
        return self._counted(self.client.get_item, request)

    def transact_write_items(self, **request: Any) -> Any:
        """As boto3's; those that were answered with success are counted besides, as `committed`."""
        answer = self._counted(self.client.transact_write_items, request)
        with self._lock:
            self.requests["committed"] += 1
        return answer

    def per_act(self, act: str) -> float:
        """Return how many requests one such act took on average, repeats after faults included."""
        return self.requests[act] / max(1, self.acts[act])

    def _counted(self, ask: Any, request: dict[str, Any]) -> Any:
        with self._lock:
            self.requests[getattr(self._doing, "act", "other")] += 1
        return ask(**request)
