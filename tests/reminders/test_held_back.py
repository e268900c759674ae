"""Whether to write to somebody on a day, as a question about dates alone: any life, day by day."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from training_tracker.reminders.deciding import Held, held_back, look_again_on
from training_tracker.reminders.due import Due, Person
from training_tracker.reminders.ladder import QUIET, USUAL, place
from training_tracker.standing.status import Status

BEGIN = date(2026, 1, 5)
DAYS = 250

due_days = st.lists(
    st.integers(-200, 330).map(lambda n: BEGIN + timedelta(days=n)), min_size=1, max_size=6, unique=True
)


def due(post_id: int, due_on: date, on: date, said: set[tuple[int, str]]) -> Due:
    step = place(due_on, on).latest
    assert step is not None
    status = Status.OVERDUE if due_on < on else Status.DUE_SOON
    return Due(
        post_id=post_id,
        expectation_id=1,
        version_id=1,
        due_on=due_on,
        status=status,
        renewal=True,
        step=step,
        said=(post_id, step.name) in said,
    )


def letters(
    due_days: list[date], *, days_off: frozenset[int] = frozenset(), every_day: bool = True
) -> list[tuple[date, list[Due]]]:
    """The days on which somebody who never does anything is written to, and what makes us write, in some months.

    They are looked at every day or, as the planner does, on the days that the decisions name.
    """
    written: list[tuple[date, list[Due]]] = []
    said: set[tuple[int, str]] = set()
    look_on: date | None = BEGIN
    for n in range(DAYS):
        on = BEGIN + timedelta(days=n)
        if n % 7 in days_off or not (every_day or (look_on and look_on <= on)):
            continue
        person = Person(1, "Ann Reed", "ann@agency.example", written[-1][0] if written else None)
        person.due = [
            due(post, day, on, said) for post, day in enumerate(sorted(due_days)) if day <= on + USUAL.look_ahead
        ]
        person.turns = {turn for day in due_days if (turn := place(day, on).next_on)}
        held = held_back(person, on)
        look_on = look_again_on(person, held, on)
        if held is None:
            triggers = [each for each in person.due if not each.said]
            said |= {(each.post_id, each.step.name) for each in triggers}
            written.append((on, triggers))
    return written


@settings(deadline=None)
@given(due_days=due_days)
def test_nobody_is_written_to_twice_in_a_week_unless_something_became_overdue_in_it(due_days: list[date]) -> None:
    written = letters(due_days)
    for (earlier, _), (later, triggers) in pairwise(written):
        newly_overdue = any(earlier <= each.due_on < later for each in triggers)
        assert later - earlier >= QUIET or newly_overdue


@settings(deadline=None)
@given(due_days=due_days, days_off=st.frozensets(st.integers(0, 6), max_size=3))
def test_looking_only_on_the_days_that_decisions_name_writes_the_same_letters_on_the_same_days(
    due_days: list[date], days_off: frozenset[int]
) -> None:
    assert letters(due_days, days_off=days_off, every_day=False) == letters(due_days, days_off=days_off)


@settings(deadline=None)
@given(due_days=due_days)
def test_no_step_is_ever_said_twice(due_days: list[date]) -> None:
    said = [(each.post_id, each.step.name) for _, triggers in letters(due_days) for each in triggers]
    assert len(said) == len(set(said))


@settings(deadline=None)
@given(due_days=due_days, days_off=st.frozensets(st.integers(0, 6), max_size=3))
def test_no_more_than_a_month_and_a_half_passes_in_silence_over_something_overdue(
    due_days: list[date], days_off: frozenset[int]
) -> None:
    """A step a month, a quiet week, some days off: whoever is overdue goes on hearing of it."""
    on_days = [day for day, _ in letters(due_days, days_off=days_off)]
    overdue_from = max(min(due_days), BEGIN)
    for earlier, later in zip([overdue_from, *on_days], [*on_days, BEGIN + timedelta(days=DAYS)], strict=True):
        if earlier >= overdue_from:
            assert later - earlier <= timedelta(days=31 + 7 + 7)


@settings(deadline=None)
@given(due_days=due_days)
def test_who_gets_nothing_gets_it_for_one_reason(due_days: list[date]) -> None:
    on = BEGIN
    person = Person(1, "Ann Reed", None, None)
    person.due = [due(post, day, on, set()) for post, day in enumerate(due_days) if day <= on + USUAL.look_ahead]
    if not person.due:
        return
    assert held_back(person, on) is Held.NO_ADDRESS
    person.due = [replace(each, said=True) for each in person.due]
    assert held_back(person, on) is Held.NOTHING_NEW
    person.due = [replace(each, status=Status.EXEMPT) for each in person.due]
    person.waiting = {Status.EXEMPT}
    assert held_back(person, on) is Held.EXEMPT
    person.waiting.add(Status.ON_LEAVE)
    assert held_back(person, on) is Held.ON_LEAVE
