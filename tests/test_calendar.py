"""Civil dates: today in London, months that clamp, working days of England."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from training_tracker.calendar import add_months, first_working_day, in_words, is_working_day, today


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2026, 5, 31), -3, date(2026, 2, 28)),
        (date(2025, 11, 30), 1, date(2025, 12, 30)),
        (date(2025, 1, 15), -1, date(2024, 12, 15)),
    ],
)
def test_months_are_cut_to_the_end_of_a_shorter_month(day: date, months: int, result: date) -> None:
    assert add_months(day, months) == result


@given(day=st.dates(date(1950, 1, 1), date(2100, 1, 1)), months=st.integers(-600, 600))
def test_a_month_later_is_the_same_day_or_the_last_of_its_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and add_months(later, 0).day == _last_day(later))


def _last_day(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - date(day.year, day.month, 1)).days


@given(
    days=st.tuples(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.dates(date(1950, 1, 1), date(2100, 1, 1))),
    months=st.integers(-600, 600),
)
def test_a_later_day_never_lands_earlier(days: tuple[date, date], months: int) -> None:
    earlier, later = sorted(days)
    assert add_months(earlier, months) <= add_months(later, months)


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        (2026, 1, 2),  # New Year's Day
        (2022, 1, 4),  # New Year's Day on a Saturday, kept on the Monday
        (2024, 4, 2),  # Easter Monday
        (2023, 5, 2),  # early May bank holiday
        (2026, 8, 3),  # a Saturday; the first Monday of August is a holiday in Scotland only
        (2025, 6, 2),  # a Sunday
        (2026, 9, 1),
    ],
)
def test_the_first_working_day_passes_over_weekends_and_bank_holidays(year: int, month: int, day: int) -> None:
    assert first_working_day(year, month) == date(year, month, day)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 12, 24), True),
        (date(2026, 12, 25), False),
        (date(2026, 12, 28), False),  # Boxing Day falls on a Saturday and is kept on the Monday
        (date(2026, 12, 29), True),
        (date(2022, 12, 27), False),  # Christmas Day fell on a Sunday
        (date(2026, 3, 17), True),  # St Patrick's Day is a holiday in Northern Ireland only
        (date(2026, 4, 3), False),  # Good Friday
        (date(2026, 5, 2), False),  # a Saturday
    ],
)
def test_the_bank_holidays_are_those_of_england(day: date, *, working: bool) -> None:
    assert is_working_day(day) is working


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 1, 31, 23, 30, tzinfo=UTC), date(2026, 1, 31)),
    ],
)
def test_the_day_turns_at_midnight_in_london(moment: datetime, day: date) -> None:
    with time_machine.travel(moment, tick=False):
        assert today() == day


def test_a_day_in_words_has_no_leading_zero() -> None:
    assert in_words(date(2026, 5, 3)) == "3 May 2026"
