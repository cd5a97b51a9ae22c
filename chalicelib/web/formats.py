"""Dates, times, money and spans of time as a citizen reads them, in Europe/Berlin and the page's language.

Babel is imported where it is used: its tables cost a cold start 60 ms, and a redirect needs none of them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from chalicelib.web.catalogues import Texts

BERLIN: Final = ZoneInfo("Europe/Berlin")
# British conventions: day before month and a 24-hour clock, as every clock in the office shows.
LOCALES: Final = {"de": "de_DE", "en": "en_GB"}


def local(moment: datetime | str) -> datetime:
    """Give an aware moment (or its ISO 8601 text) on Berlin's clock. Raises ValueError for a naive one."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be shown")
    return moment.astimezone(BERLIN)


def as_date(day: date | datetime | str) -> date:
    """Give the Berlin date of a date, a moment, or either as ISO 8601 text."""
    if isinstance(day, str):
        day = datetime.fromisoformat(day) if "T" in day else date.fromisoformat(day)
    return local(day).date() if isinstance(day, datetime) else day


@dataclass(frozen=True, slots=True)
class Formats:
    """The filters of the templates, for one language."""

    texts: Texts

    @property
    def _locale(self) -> str:
        return LOCALES.get(self.texts.language, self.texts.language)

    def _dated(self, day: date, pattern: str) -> str:
        from babel.dates import format_date  # noqa: PLC0415 - cold start, see above

        return format_date(day, pattern, locale=self._locale)

    def day(self, day: date | datetime | str) -> str:
        """Dienstag, 24. November 2026."""
        return self._dated(as_date(day), "full")

    def day_short(self, day: date | datetime | str) -> str:
        """24. November."""
        return self._dated(as_date(day), "d. MMMM" if self.texts.language == "de" else "d MMMM")

    def weekday(self, day: date | datetime | str) -> str:
        """Dienstag."""
        return self._dated(as_date(day), "EEEE")

    def time(self, moment: datetime | str) -> str:
        """10:20 Uhr."""
        return self.texts("format.clock", time=self.clock(moment))

    def clock(self, moment: datetime | str) -> str:
        """10:20."""
        return local(moment).strftime("%H:%M")

    def moment(self, moment: datetime | str) -> str:
        """Dienstag, 24. November 2026, 10:20 Uhr."""
        return f"{self.day(moment)}, {self.time(moment)}"

    def near_day(self, day: date | datetime | str, today: date | str) -> str:
        """Heute, morgen, or Dienstag, 24. November."""
        apart = (as_date(day) - as_date(today)).days
        if apart in (0, 1):
            return self.texts("format.today" if apart == 0 else "format.tomorrow")
        return f"{self.weekday(day)}, {self.day_short(day)}"

    def money(self, amount: Any) -> str:
        """5,50 €. `amount` has (or is a mapping with) `minor_units` and `currency`."""
        from babel.numbers import format_currency  # noqa: PLC0415 - cold start, see above

        units, currency = (
            (amount["minor_units"], amount["currency"])
            if isinstance(amount, dict)
            else (amount.minor_units, amount.currency)
        )
        return format_currency(units / 100, currency, locale=self._locale)

    def minutes(self, count: int) -> str:
        """15 Minuten."""
        return self.texts.plural("format.minutes", count)

    def minutes_short(self, count: int) -> str:
        """15 Min."""
        return self.texts("format.minutes_short", count=count)

    def iso(self, moment: datetime | str) -> str:
        """2026-11-24T09:20:00Z: as forms and programs carry it."""
        return local(moment).astimezone(UTC).isoformat().replace("+00:00", "Z")

    def sentence(self, text: str) -> str:
        """Begin with a capital: heute becomes Heute."""
        return text[:1].upper() + text[1:]
