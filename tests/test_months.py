"""Months as an independent calendar library counts them: every day of sixty years, 1 to 60 months, both ways."""

from datetime import date, timedelta
from functools import cache

import pytest
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from sqlalchemy import Date, Integer, String, cast, func, literal, select

from training_tracker import calendar
from training_tracker.database import Database, add_days, add_months

FIRST, LAST, MOST = date(2000, 1, 1), date(2060, 12, 31), 60
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
ONWARD, BACK = 1, -1


@cache
def wanted(direction: int) -> dict[int, str]:
    """For each number of months the days that follow from every day, in order."""
    steps = {months: relativedelta(months=direction * months) for months in range(1, MOST + 1)}
    return {months: ",".join([(day + step).isoformat() for day in DAYS]) for months, step in steps.items()}


@pytest.mark.parametrize("direction", [ONWARD, BACK])
def test_months_in_python(direction: int) -> None:
    for months, days in wanted(direction).items():
        assert ",".join([calendar.add_months(day, direction * months).isoformat() for day in DAYS]) == days, months


@pytest.mark.parametrize("direction", [ONWARD, BACK])
async def test_months_in_the_database(empty: Database, direction: int) -> None:
    """One statement over a series of days and one of months."""
    number = select(literal(0, Integer).label("n")).cte("number", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < len(DAYS) - 1))
    day = select(number.c.n, add_days(literal(FIRST, Date), number.c.n).label("day")).cte("day")
    months = select(number.c.n.label("months")).where(number.c.n.between(1, MOST)).cte("months")
    moved = (
        select(
            months.c.months, day.c.n, cast(add_months(day.c.day, direction * months.c.months), String).label("moved")
        )
        .select_from(day.join(months, literal(True)))
        .order_by(months.c.months, day.c.n)
        .subquery("moved_day")
    )
    statement = select(moved.c.months, func.aggregate_strings(moved.c.moved, ",")).group_by(moved.c.months)
    async with empty.reading() as session:
        found = {row[0]: row[1] for row in await session.execute(statement)}
    for count, days in wanted(direction).items():
        assert found[count] == days, f"{count} months"
