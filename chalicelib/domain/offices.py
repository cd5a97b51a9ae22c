"""An office as its file describes it: hours, counters and services. Nothing here reads a file or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.errors import NoSuchService
from chalicelib.domain.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from zoneinfo import ZoneInfo

    # A text for citizens: language → words, in every language of the office.
    Text = Mapping[str, str]

DAY_MINUTES = 24 * 60


class Channel(StrEnum):
    """Where a matter is dealt with."""

    VIDEO = "video"
    ADVICE = "advice"  # talked through and prepared by video, finished at a terminal or on site
    TERMINAL = "terminal"
    ONSITE = "onsite"


class Delivery(StrEnum):
    """How the result reaches the citizen."""

    POST = "post"
    DOWNLOAD = "download"
    PICKUP = "pickup"
    NONE = "none"  # said of a case that closes without one; no service is described so


class Unencrypted(StrEnum):
    """What happens when a browser cannot encrypt end to end. There is one answer: docs/adr/0013 says why."""

    REFUSED = "refused"


@dataclass(frozen=True, slots=True, order=True)
class LocalSpan:
    """Part of a day on the office's own wall clock, in minutes after midnight: `opens` ≤ t < `closes`."""

    opens: int
    closes: int

    def __str__(self) -> str:
        """Write `08:00-12:00`, as the office file does."""
        return f"{wall_clock(self.opens)}-{wall_clock(self.closes)}"


@dataclass(frozen=True, slots=True)
class StaffedSpan:
    """How many counters are open during a part of a day."""

    span: LocalSpan
    counters: int


@dataclass(frozen=True, slots=True)
class HoursVersion:
    """Opening hours valid from a date until the next version; seven weekdays, Monday first."""

    valid_from: date
    weekdays: tuple[tuple[LocalSpan, ...], ...]
    example: bool = False  # not confirmed by the city


@dataclass(frozen=True, slots=True)
class CountersVersion:
    """Counters open by weekday, valid from a date until the next version; Monday first."""

    valid_from: date
    weekdays: tuple[tuple[StaffedSpan, ...], ...]


@dataclass(frozen=True, slots=True)
class ExceptionalDays:
    """Days `first` to `last`, both inclusive, with hours of their own; no spans: closed.

    An exception beats a public holiday. `counters` None keeps the weekday's own counters.
    """

    first: date
    last: date
    spans: tuple[LocalSpan, ...]
    counters: int | None
    reason: Text


@dataclass(frozen=True, slots=True)
class Paper:
    """One line of the checklist: what to have at hand. Not `required`: only in the case that `text` names."""

    key: str
    text: Text
    required: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the call, seen by both and ticked by the clerk."""

    key: str
    text: Text


@dataclass(frozen=True, slots=True)
class Department:
    """A department of the municipality; each service belongs to one."""

    key: str
    name: Text


@dataclass(frozen=True, slots=True)
class Group:
    """A heading under which matters stand on the entry page."""

    key: str
    name: Text


@dataclass(frozen=True, slots=True)
class Service:
    """A matter (*Anliegen*) that citizens can book."""

    key: str
    group: str
    department: str
    name: Text
    summary: Text
    words: Mapping[str, tuple[str, ...]]  # what people type when they look for it
    duration_minutes: int
    fee: Money | None  # None: free of charge
    fee_example: bool  # the amount is not confirmed by the city
    papers: tuple[Paper, ...]
    delivery: frozenset[Delivery]
    channel: Channel
    advice: Text | None  # what works by video and what follows on site
    steps: tuple[Step, ...]
    leika: str | None  # key in the federal catalogue of services; never invented
    most_used: int | None  # rank among the cards of the entry page, 1 first


@dataclass(frozen=True, slots=True)
class Office:
    """One virtual office of a municipality."""

    key: str
    name: Text
    city: str
    short: str  # prefix of references, e.g. HD
    colour: str  # "#rrggbb", dark enough for white text
    arms: str  # name of an image among the static files
    phone: str
    address: tuple[str, ...]  # lines, as on a letter
    time_zone: ZoneInfo
    land: str  # ISO 3166-2:DE code of the Land whose public holidays count, e.g. BW
    languages: tuple[str, ...]  # the first is the office's own
    grid_minutes: int
    hold_minutes: int
    horizon_days: int
    lead_minutes: int
    join_opens_minutes: int
    hours: tuple[HoursVersion, ...]  # ascending by valid_from, likewise counters
    counters: tuple[CountersVersion, ...]
    exceptions: tuple[ExceptionalDays, ...]
    departments: Mapping[str, Department]
    groups: Mapping[str, Group]
    services: Mapping[str, Service]
    without_encryption: Unencrypted = Unencrypted.REFUSED

    def service(self, key: str) -> Service:
        """Return the service; raise NoSuchService."""
        try:
            return self.services[key]
        except KeyError:
            raise NoSuchService(key) from None

    def matters(self, keys: Iterable[str]) -> tuple[Service, ...]:
        """Return the services in the order asked, repeated ones kept; raise NoSuchService."""
        return tuple(self.service(key) for key in keys)

    def minutes(self, keys: Iterable[str]) -> int:
        """Return how long an appointment for these matters lasts, rounded up to the grid."""
        minutes = sum(service.duration_minutes for service in self.matters(keys))
        return -(-minutes // self.grid_minutes) * self.grid_minutes

    def fees(self, keys: Iterable[str]) -> Money:
        """Return the sum of the fees of these matters; zero if all are free of charge."""
        total = Money(0)
        for service in self.matters(keys):
            total += service.fee or Money(0)
        return total

    def most_used(self) -> tuple[Service, ...]:
        """Return the services that stand as cards on the entry page, in their rank."""
        ranked = [(service.most_used, service) for service in self.services.values() if service.most_used]
        return tuple(service for _, service in sorted(ranked, key=lambda pair: pair[0]))

    def by_group(self) -> tuple[tuple[Group, tuple[Service, ...]], ...]:
        """Return every group that has services with them, in the order of the file."""
        found = (
            (group, tuple(service for service in self.services.values() if service.group == group.key))
            for group in self.groups.values()
        )
        return tuple((group, services) for group, services in found if services)


def wall_clock(minutes: int) -> str:
    """Write minutes after midnight as `08:05`; midnight at the end of a day is `24:00`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
