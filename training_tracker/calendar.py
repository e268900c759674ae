"""Civil dates in Europe/London: today, months that clamp to the month's end, working days of England.

There is no time of day in any status, so everything here is a plain ``date``.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """The moment, in UTC, as facts record it."""
    return datetime.now(UTC)


def today(zone: ZoneInfo = LONDON) -> date:
    return datetime.now(zone).date()


def add_months(day: date, months: int) -> date:
    """``day`` moved by whole months, clamped to the month's end: 31 August + 6 is the last of February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    import holidays  # slow to read in, and most commands ask for none

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def first_working_day(year: int, month: int) -> date:
    return working_day(year, month, 1)


def next_first_working_day(day: date) -> date:
    """The first working day of this month, or of the next if that is past."""
    this = first_working_day(day.year, day.month)
    then = add_months(day.replace(day=1), 1)
    return this if day <= this else first_working_day(then.year, then.month)


def working_day(year: int, month: int, number: int) -> date:
    """The first, second … working day of a month."""
    day = date(year, month, 1)
    while not is_working_day(day) or (number := number - 1):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=10_000)
def in_words(day: date) -> str:
    """3 May 2026."""
    return f"{day.day} {day:%B %Y}"


# The first day of what happened "before 2023": long enough ago that nothing which lapses is met by it.
SOME_TIME_AGO = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """A day that is known, or else the first and the last that it can have been; ``last`` is None for one day."""

    first: date
    last: date | None = None

    def __str__(self) -> str:
        """3 May 2026; May 2026 (approximate); 2026 (approximate); before 3 May 2026 (approximate)."""
        if self.last is None:
            return in_words(self.first)
        return f"{self._range()} (approximate)"

    def _range(self) -> str:
        last = self.last or self.first
        if self.first == SOME_TIME_AGO:
            return f"before {in_words(last + timedelta(days=1))}"
        if self == month_of(self.first.year, self.first.month):
            return f"{self.first:%B %Y}"
        if (self.first, last) == (date(last.year, 1, 1), date(last.year, 12, 31)):
            return str(last.year)
        return f"between {in_words(self.first)} and {in_words(last)}"


def month_of(year: int, month: int) -> Days:
    return Days(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
