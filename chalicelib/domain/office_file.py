"""From the tables of an office file to an Office, or to the full list of what is wrong with the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.domain.office_hours_file import read_hours
from chalicelib.domain.office_reader import KEY, Report, Section, shown
from chalicelib.domain.offices import (
    Channel,
    Delivery,
    Department,
    Group,
    Office,
    Paper,
    Service,
    Step,
    Unencrypted,
)
from chalicelib.domain.public_holidays import LAENDER
from chalicelib.domain.slots import MAX_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SHORT = re.compile(r"[A-Z]{1,4}\Z")
_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
_IMAGE = re.compile(r"[a-z0-9-]+\.(svg|png)\Z")
_LEIKA = re.compile(r"99[0-9]{12}\Z")
_LANGUAGE = re.compile(r"[a-z]{2}\Z")
_CONTRAST_MIN = 4.5  # WCAG 2.2, 1.4.3: white text on the office's colour
_GRIDS = (5, 10, 15, 20, 30, 60)


def parse_office(document: Mapping[str, Any], *, key: str) -> Office:
    """Return the office that the parsed file `{key}.toml` describes. Raise OfficeFileRefused."""
    report = Report(f"{key}.toml")
    root = Section(document, place="", report=report)
    if not KEY.match(key):
        report.add("", "the file's name cannot stand in an address; use a-z, 0-9 and single hyphens")
    about = root.section("office", example="{ … }")
    report.languages = _languages(about)
    booking = root.section("booking", example="{ grid_minutes = 10 }")
    grid = _grid(booking)
    hours = read_hours(root, grid=grid)
    groups = {name: Group(name, table.text("name")) for name, table in _closed(root, "groups")}
    departments = {name: Department(name, table.text("name")) for name, table in _closed(root, "departments")}
    office = Office(
        key=key,
        name=about.text("name"),
        city=about.string("city", example='"Heidelberg"'),
        short=about.string("short", example='"HD"', pattern=_SHORT),
        colour=_colour(about),
        arms=about.string("arms", example=f'"{key}.svg"', pattern=_IMAGE),
        phone=about.string("phone", example='"115"'),
        address=about.strings("address", example='["Marktplatz 10", "69117 Heidelberg"]'),
        time_zone=_time_zone(about),
        land=about.choice("holidays", LAENDER),
        languages=report.languages,
        grid_minutes=grid,
        hold_minutes=booking.number("hold_minutes", low=1, high=60, example=10),
        horizon_days=booking.number("horizon_days", low=1, high=366, example=28),
        lead_minutes=booking.number("lead_minutes", low=0, high=7 * 24 * 60, example=30),
        join_opens_minutes=booking.number("join_opens_minutes", low=5, high=24 * 60, example=30),
        hours=hours.hours,
        counters=hours.counters,
        exceptions=hours.exceptions,
        departments=departments,
        groups=groups,
        services=_services(root, groups=groups, departments=departments, grid=grid),
        without_encryption=_without_encryption(root),
    )
    for section in (about, booking, root):
        section.close()
    report.verdict()
    return office


def _languages(about: Section) -> tuple[str, ...]:
    found = about.strings("languages", example='["de", "en"]')
    for language in found:
        if not _LANGUAGE.match(language):
            about.refuse("languages", f"{shown(language)} is no language; write two letters such as de")
    return found


def _grid(booking: Section) -> int:
    found = booking.number("grid_minutes", low=5, high=60, example=10)
    if found in _GRIDS:
        return found
    booking.refuse("grid_minutes", f"{found} does not divide the hour; write one of 5, 10, 15, 20, 30, 60")
    return _GRIDS[0]


def _without_encryption(root: Section) -> Unencrypted:
    """Read the table of calls, which a file may leave out."""
    if not root.has("calls"):
        return Unencrypted.REFUSED
    calls = root.section("calls", example='{ without_encryption = "refused" }')
    if calls.has("without_encryption") and calls.value("without_encryption", example="") == "allowed":
        # It was possible once: whoever updates an old file should read why, not that the word is unknown.
        calls.refuse(
            "without_encryption",
            '"allowed" is no longer possible: every call is encrypted end to end; write "refused"',
        )
    else:
        calls.choice("without_encryption", [str(choice) for choice in Unencrypted])
    calls.close()
    return Unencrypted.REFUSED


def _time_zone(about: Section) -> ZoneInfo:
    found = about.string("time_zone", example='"Europe/Berlin"')
    try:
        return ZoneInfo(found or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        about.refuse("time_zone", f"{shown(found)} is no time zone; write for example Europe/Berlin")
        return ZoneInfo("UTC")


def _colour(about: Section) -> str:
    found = about.string("colour", example='"#8a1538"', pattern=_COLOUR)
    if found and (contrast := 1.05 / (_luminance(found) + 0.05)) < _CONTRAST_MIN:
        about.refuse(
            "colour",
            f"{found} is too light: white text on it has a contrast of {contrast:.1f}; "
            f"choose a darker colour with at least {_CONTRAST_MIN}",
        )
    return found


def _luminance(colour: str) -> float:
    """Return the relative luminance, 0..1, as WCAG defines it, of `#rrggbb`."""
    shares = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)  # noqa: PLR2004 - the sRGB curve
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _closed(root: Section, key: str) -> Iterable[tuple[str, Section]]:
    """Yield every table under `key` and close it once its one text was read."""
    for name, table in root.sections(key, example="{ … }"):
        yield name, table
        table.close()


def _services(
    root: Section, *, groups: Mapping[str, Group], departments: Mapping[str, Department], grid: int
) -> Mapping[str, Service]:
    papers = {name: table.translations() for name, table in root.sections("papers", example="{ … }")}
    steps = {name: Step(name, table.translations()) for name, table in root.sections("steps", example="{ … }")}
    ranks: dict[int, str] = {}
    services = {}
    for key, table in root.sections("services", example="{ … }"):
        service = _service(
            table, key=key, groups=groups, departments=departments, papers=papers, steps=steps, grid=grid
        )
        if service.most_used:
            other = ranks.setdefault(service.most_used, key)
            if other != key:
                table.refuse("most_used", f"{service.most_used} is the rank of {other} too; write another")
        services[key] = service
    if not services:
        root.refuse("services", "is empty; write at least one [services.name]")
    return services


def _service(
    table: Section,
    *,
    key: str,
    groups: Mapping[str, Group],
    departments: Mapping[str, Department],
    papers: Mapping[str, Mapping[str, str]],
    steps: Mapping[str, Step],
    grid: int,
) -> Service:
    channel = table.choice("channel", [str(channel) for channel in Channel])
    fee = table.amount("fee")
    service = Service(
        key=key,
        group=table.choice("group", groups),
        department=table.choice("department", departments),
        name=table.text("name"),
        summary=table.text("summary"),
        words=table.words("words"),
        duration_minutes=_duration(table, grid=grid),
        fee=fee,
        fee_example=table.flag("example"),
        papers=(
            *(Paper(name, papers[name], required=True) for name in table.choices("papers", papers)),
            *(Paper(name, papers[name], required=False) for name in table.choices("papers_if", papers)),
        ),
        delivery=frozenset(
            map(Delivery, table.choices("delivery", [way.value for way in Delivery if way is not Delivery.NONE]))
        ),
        channel=Channel(channel or "video"),
        advice=table.text("advice") if channel == Channel.ADVICE or table.has("advice") else None,
        steps=tuple(steps[name] for name in table.choices("steps", steps)),
        leika=table.string("leika", example='"99115005104000"', pattern=_LEIKA) if table.has("leika") else None,
        most_used=table.number("most_used", low=1, high=99, example=1) if table.has("most_used") else None,
    )
    _refuse_contradictions(table, service)
    table.close()
    return service


def _duration(table: Section, *, grid: int) -> int:
    longest = MAX_UNITS * grid
    found = table.number("duration_minutes", low=1, high=longest, example=2 * grid)
    if found % grid:
        table.refuse(
            "duration_minutes",
            f"{found} is no multiple of grid_minutes ({grid}); write {found - found % grid + grid}",
        )
    return found


def _refuse_contradictions(table: Section, service: Service) -> None:
    if service.channel is Channel.VIDEO:
        if not service.steps:
            table.refuse("steps", 'is empty; write what happens in the call, for example ["card-shown"]')
        if not service.delivery:
            table.refuse("delivery", 'is empty; write how the result comes, for example ["post"]')
    if service.channel is Channel.ADVICE and service.fee:
        table.refuse("fee", "advice is free of charge; delete the fee, or change the channel")
    if service.fee_example and not table.has("fee"):
        table.refuse("example", "marks an unconfirmed fee, but there is none; delete it, or add fee = 5.50")
