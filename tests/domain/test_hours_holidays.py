"""Public holidays, held against an independent library."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest

from chalicelib.domain.public_holidays import LAENDER, easter_sunday, is_public_holiday

YEARS = range(2024, 2051)
SINGLE_ANNIVERSARIES = {("BE", date(2025, 5, 8)), ("BE", date(2028, 6, 17))}


@pytest.mark.parametrize("land", sorted(LAENDER))
def test_every_day_of_every_land_agrees(land: str) -> None:
    known = holidays.country_holidays("DE", subdiv=land, years=YEARS)
    first = date(YEARS[0], 1, 1)
    days = [first + timedelta(days=number) for number in range((date(YEARS[-1] + 1, 1, 1) - first).days)]
    ours = {day for day in days if is_public_holiday(day, land=land)}
    assert ours == {day for day in days if day in known and (land, day) not in SINGLE_ANNIVERSARIES}


def test_baden_wuerttemberg_has_twelve() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert sum(is_public_holiday(day, land="BW") for day in days) == 12


def test_easter_of_known_years() -> None:
    assert [easter_sunday(2024), easter_sunday(2026), easter_sunday(2038)] == [
        date(2024, 3, 31),
        date(2026, 4, 5),
        date(2038, 4, 25),
    ]
