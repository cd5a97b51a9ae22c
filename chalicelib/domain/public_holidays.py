"""Public holidays of the sixteen Länder, by their laws as of 2024. Computed: no table to renew each year.

Only days that are free in a whole Land: what single municipalities add (Augsburg's peace feast, Assumption
in catholic Bavaria, Corpus Christi in parts of Saxony and Thuringia) is an exception in an
office file, and so is a single anniversary of a Land (Berlin 2025 and 2028).
"""

from __future__ import annotations

from datetime import date, timedelta

LAENDER = frozenset(["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"])

# days from Easter Sunday → Länder
_MOVABLE = {
    -2: LAENDER,  # Good Friday
    0: frozenset({"BB"}),  # Easter Sunday: a Sunday anyway, named by Brandenburg's law
    1: LAENDER,  # Easter Monday
    39: LAENDER,  # Ascension
    49: frozenset({"BB"}),  # Whit Sunday, likewise
    50: LAENDER,  # Whit Monday
    60: frozenset({"BW", "BY", "HE", "NW", "RP", "SL"}),  # Corpus Christi
}
# (month, day) → Länder
_FIXED = {
    (1, 1): LAENDER,  # New Year
    (1, 6): frozenset({"BW", "BY", "ST"}),  # Epiphany
    (3, 8): frozenset({"BE", "MV"}),  # Women's Day
    (5, 1): LAENDER,  # Labour Day
    (8, 15): frozenset({"SL"}),  # Assumption
    (9, 20): frozenset({"TH"}),  # Children's Day
    (10, 3): LAENDER,  # German Unity
    (10, 31): frozenset(["BB", "HB", "HH", "MV", "NI", "SH", "SN", "ST", "TH"]),  # Reformation Day
    (11, 1): frozenset({"BW", "BY", "NW", "RP", "SL"}),  # All Saints
    (12, 25): LAENDER,
    (12, 26): LAENDER,
}


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_public_holiday(day: date, *, land: str) -> bool:
    """Tell whether `day` is free in the whole of `land` (two capitals, e.g. BW)."""
    if land in _FIXED.get((day.month, day.day), ()) or land in _repentance_day(day):
        return True
    return land in _MOVABLE.get((day - easter_sunday(day.year)).days, ())


def _repentance_day(day: date) -> frozenset[str]:
    """Return the Länder that keep `day` as Buß- und Bettag: the Wednesday before 23 November."""
    last = date(day.year, 11, 22)
    wednesday = last - timedelta(days=(last.weekday() - 2) % 7)
    return frozenset({"SN"}) if day == wednesday else frozenset()
