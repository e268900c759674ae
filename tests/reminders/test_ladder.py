"""At which distances from a due date a practitioner hears of it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_tracker.calendar import add_months
from training_tracker.reminders.ladder import USUAL, Ladder, Step, place

DUE = date(2026, 5, 31)


def latest_step(due_on: date, on: date, ladder: Ladder = USUAL) -> Step | None:
    return place(due_on, on, ladder).latest


due_days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("on", "step"),
    [
        (date(2026, 3, 1), None),
        (date(2026, 3, 2), "90 days before"),
        (date(2026, 3, 31), "90 days before"),
        (date(2026, 4, 1), "60 days before"),
        (date(2026, 5, 1), "30 days before"),
        (date(2026, 5, 24), "7 days before"),
        (date(2026, 5, 30), "7 days before"),
        (date(2026, 5, 31), "on the day"),
        (date(2026, 6, 6), "on the day"),
        (date(2026, 6, 7), "7 days after"),
        (date(2026, 6, 14), "14 days after"),
        (date(2026, 6, 29), "14 days after"),
        (date(2026, 6, 30), "1 months after"),
        (date(2026, 7, 30), "1 months after"),
        (date(2026, 7, 31), "2 months after"),
        (date(2027, 2, 28), "9 months after"),
        (date(2028, 5, 31), "24 months after"),
    ],
)
def test_the_step_is_the_latest_that_has_come(on: date, step: str | None) -> None:
    found = latest_step(DUE, on)
    assert (found.name if found else None) == step


@pytest.mark.parametrize(("due_on", "latest"), [(DUE, date.max), (date(9999, 12, 20), date(9999, 12, 27))])
def test_the_steps_end_with_the_calendar(due_on: date, latest: date) -> None:
    found = place(due_on, date.max)
    assert found.latest is not None
    assert (found.latest.on, found.next_on) == (latest, None)


def test_who_hears_of_it_late_hears_of_the_latest_step_only() -> None:
    """Somebody imported today with a course that lapsed last year gets one reminder, not twelve."""
    found = latest_step(date(2025, 1, 10), date(2026, 1, 9))
    assert found is not None
    assert (found.name, found.on) == ("11 months after", date(2025, 12, 10))


@given(due=due_days, distance=st.integers(-400, 1500))
def test_a_step_is_never_in_the_future_and_nothing_lies_between_it_and_today(due: date, distance: int) -> None:
    on = due + timedelta(days=distance)
    step = latest_step(due, on)
    if step is None:
        assert on < due - USUAL.look_ahead
        return
    assert step.on <= on
    assert latest_step(due, step.on) == step
    between = {latest_step(due, step.on + timedelta(days=n)) for n in range((on - step.on).days + 1)}
    assert between == {step}


@given(due=due_days, distances=st.tuples(st.integers(-400, 1500), st.integers(-400, 1500)))
def test_the_ladder_only_goes_up(due: date, distances: tuple[int, int]) -> None:
    earlier, later = (latest_step(due, due + timedelta(days=distance)) for distance in sorted(distances))
    assert earlier is None or (later is not None and earlier.on <= later.on)
    assert (earlier == later) or earlier is None or earlier.name != later.name  # type: ignore[union-attr]


@given(due=due_days, months=st.integers(1, 60))
def test_after_two_weeks_there_is_one_step_a_month_counted_from_the_due_date(due: date, months: int) -> None:
    step = latest_step(due, add_months(due, months))
    assert step is not None
    assert (step.name, step.on) == (f"{months} months after", add_months(due, months))
