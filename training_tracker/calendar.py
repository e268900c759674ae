"""Civil dates in Europe/London: today, months that clamp to the month's end, working days of England.

There is no time of day in any status, so everything here is a plain ``date``.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache
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
    day = date(year, month, 1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def in_words(day: date) -> str:
    """3 May 2026."""
    return f"{day.day} {day:%B %Y}"
