"""The ladder: at which distances from a due date a practitioner hears of it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import count

from training_tracker.calendar import add_months

# Not more than one digest a person in so many days.
QUIET = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """``name`` is part of the key that makes a reminder unique."""

    name: str
    on: date


@dataclass(frozen=True, slots=True)
class Ladder:
    """Days before and after a due date, put in the order in which they come; then, if ``monthly``, once a month.

    On the day itself there is always a step. What is overdue for longer than ``escalate_after`` days, the manager is
    told.
    """

    days_before: tuple[int, ...] = (90, 60, 30, 7)
    days_after: tuple[int, ...] = (7, 14)
    monthly: bool = True
    escalate_after: int = 30

    def __post_init__(self) -> None:
        object.__setattr__(self, "days_before", tuple(sorted({*self.days_before}, reverse=True)))
        object.__setattr__(self, "days_after", tuple(sorted({*self.days_after})))

    def __str__(self) -> str:
        before = ", ".join(map(str, self.days_before))
        after = ", ".join(map(str, self.days_after))
        parts = [f"{before} days before"] if before else []
        parts.append("on the day")
        parts += [f"{after} days after"] if after else []
        parts += ["then monthly"] if self.monthly else []
        parts.append(f"the manager after {self.escalate_after} days")
        return "; ".join(parts)

    @property
    def look_ahead(self) -> timedelta:
        return timedelta(days=max(self.days_before, default=0))

    def steps(self, due_on: date) -> Iterator[Step]:
        """In their order, until the calendar ends where they go on monthly."""
        with suppress(OverflowError, ValueError):
            yield from self._endless_steps(due_on)

    def _endless_steps(self, due_on: date) -> Iterator[Step]:
        for days in self.days_before:
            yield Step(f"{days} days before", due_on - timedelta(days=days))
        yield Step("on the day", due_on)
        last = due_on
        for days in self.days_after:
            last = due_on + timedelta(days=days)
            yield Step(f"{days} days after", last)
        for months in count(1) if self.monthly else ():
            on = add_months(due_on, months)
            if on > last:
                yield Step(f"{months} months after", on)


USUAL = Ladder()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a day stands on the ladder: missed steps collapse into the ``latest``; the next comes on ``next_on``."""

    latest: Step | None
    next_on: date | None


@lru_cache(maxsize=20_000)
def place(due_on: date, on: date, ladder: Ladder = USUAL) -> Place:
    latest = None
    for step in ladder.steps(due_on):
        if step.on > on:
            return Place(latest, step.on)
        latest = step
    return Place(latest, None)
