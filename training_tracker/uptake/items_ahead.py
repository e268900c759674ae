"""What a change of the catalogue would do, as a partnership's lead may be told it: all agencies together, in steps.

A look can be taken as often as one likes, with any day. So its numbers are cut to whole steps of the threshold, and
nobody is told from few.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import add_months
from training_tracker.standing.foreseeing_items import Asks, Steps, foresee_items
from training_tracker.standing.known import posts_of_partnerships
from training_tracker.uptake.suppression import in_steps

# So far ahead a look goes, from the day of the change.
MONTHS_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Number:
    """At least ``people``; fewer than ``step``, or nobody, where that is 0."""

    people: int
    step: int

    def __str__(self) -> str:
        return f"at least {self.people:,} people" if self.people else f"fewer than {self.step} people, if any"


@dataclass(frozen=True, slots=True)
class ByMonth:
    """How many in all by the end of a month, given as its first day; only months that bring a step more."""

    month: date
    people: Number


@dataclass(frozen=True, slots=True)
class ItemsAhead:
    """``asked_again`` and ``spared`` on ``changes_on``; ``turning`` and ``relieved`` from today ``until`` a day."""

    changes_on: date
    until: date
    asked_again: Number
    spared: Number
    turning: Number
    turning_by: list[ByMonth]
    relieved: Number
    asking: list[Asks]
    agencies_own: int


async def items_ahead(
    session: AsyncSession, partnerships: Collection[int], *, changes_on: date, today: date, threshold: int
) -> ItemsAhead:
    """For :meth:`Database.rehearsing`, once the catalogue is changed there."""
    until = add_months(changes_on, MONTHS_AHEAD)
    posts = posts_of_partnerships(partnerships)
    found = await foresee_items(session, posts, changes_on=changes_on, on=today, until=until)

    def told(people: int) -> Number:
        return Number(in_steps(people, threshold), threshold)

    return ItemsAhead(
        changes_on,
        until,
        told(found.asked_again),
        told(found.spared),
        told(sum(people for _day, people in found.turning)),
        by_month(found.turning, threshold),
        told(sum(people for _day, people in found.relieved)),
        found.asking,
        found.agencies_own,
    )


def by_month(steps: Steps, threshold: int) -> list[ByMonth]:
    """Added up from month to month, and cut to whole steps."""
    months: dict[date, int] = {}
    total = 0
    for day, people in steps:
        total += people
        months[day.replace(day=1)] = in_steps(total, threshold)
    lines: list[ByMonth] = []
    for month, people in months.items():
        if people > (lines[-1].people.people if lines else 0):
            lines.append(ByMonth(month, Number(people, threshold)))
    return lines
