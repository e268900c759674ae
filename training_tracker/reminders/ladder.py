"""The ladder: at which distances from a due date a practitioner hears of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from training_tracker.calendar import add_months

DAYS_BEFORE = (90, 60, 30, 7)
DAYS_AFTER = (7, 14)
LOOK_AHEAD = timedelta(days=max(DAYS_BEFORE))
# No step lasts longer: after two weeks there is one a month.
LONGEST_STEP = timedelta(days=31)
# Not more than one digest a person in so many days.
QUIET = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """``name`` is part of the key that makes a reminder unique."""

    name: str
    on: date


@lru_cache(maxsize=20_000)
def latest_step(due_on: date, on: date) -> Step | None:
    """The step a due date has reached: missed ones collapse into the latest. None before the ladder begins."""
    reached = None
    for step in _fixed_steps(due_on):
        if step.on <= on:
            reached = step
    months = 1
    while reached and reached.on >= due_on + timedelta(days=DAYS_AFTER[-1]):
        following = Step(f"{months} months after", add_months(due_on, months))
        if following.on > on:
            break
        reached = following
        months += 1
    return reached


def _fixed_steps(due_on: date) -> list[Step]:
    before = [Step(f"{days} days before", due_on - timedelta(days=days)) for days in DAYS_BEFORE]
    after = [Step(f"{days} days after", due_on + timedelta(days=days)) for days in DAYS_AFTER]
    return [*before, Step("on the day", due_on), *after]
