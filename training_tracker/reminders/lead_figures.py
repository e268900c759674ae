"""What the summaries for leads tell: lines by expectation, how long people are overdue, and what falls due."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.expectations.models import Expectation, ExpectationVersion, for_a_person
from training_tracker.people.models import Team
from training_tracker.reminders.figures import change, change_in_words
from training_tracker.reminders.named import SOON
from training_tracker.standing.status import OPEN, Status, standings_on
from training_tracker.uptake.overdue import BANDS, people_overdue
from training_tracker.uptake.suppression import PublishedCell, PublishedTable, in_steps

MOST_DUE = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One expectation. Where the figure rests on too few people, its ``cell`` has no counts; ``before`` is the percent
    a month ago, where it may be told."""

    title: str
    cell: PublishedCell
    before: float | None = None

    @property
    def percent(self) -> float | None:
        return self.cell.counts.percent if self.cell.counts else None

    @property
    def change_in_words(self) -> str:
        return change_in_words(change(self.percent, self.before))

    @property
    def gap(self) -> float:
        return 0.0 if self.percent is None else self.percent - self.cell.target_percent


@dataclass(frozen=True, slots=True)
class FallsDue:
    """What falls due soon, for how many people."""

    title: str
    people: int


def lines_of(agency: str, table: PublishedTable | None, earlier: PublishedTable | None) -> list[Line]:
    """What is furthest below its target first, and what may not be told last."""
    if table is None:
        return []
    before = earlier.rows.get(agency, {}) if earlier else {}
    return lines_between(table.expectations, table.rows.get(agency, {}), before)


def lines_between(
    expectations: Sequence[tuple[int, str, str]],
    cells: Mapping[int, PublishedCell],
    before: Mapping[int, PublishedCell],
) -> list[Line]:
    """Likewise of any column of a table, and the same column of an earlier one."""
    lines = []
    for expectation, _code, title in expectations:
        if (cell := cells.get(expectation)) is not None:
            then = before.get(expectation)
            lines.append(Line(title, cell, then.counts.percent if then and then.counts else None))
    return sorted(lines, key=lambda line: (line.percent is None, line.gap, line.title))


async def overdue_bands(
    session: AsyncSession, on: date, today: date, threshold: int
) -> dict[int, list[tuple[str, int | None]]]:
    """How many people of each agency are overdue for how long, by the longest; None for too few to say."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for row in await session.execute(people_overdue(on, today=today, by=[Team.agency_id])):
        counts[row.agency_id][row.band] = row.people
    return {
        agency: [
            (name, _enough(people[number], threshold)) for number, (_days, name) in enumerate(BANDS) if people[number]
        ]
        for agency, people in counts.items()
    }


async def falling_due_by_agency(
    session: AsyncSession, on: date, today: date, threshold: int
) -> dict[int, list[FallsDue]]:
    """What falls due soon for the most people of each agency, where it does for more than a few."""
    found: dict[int, list[FallsDue]] = defaultdict(list)
    for row in await session.execute(_soon(on, today, threshold, [Team.agency_id])):
        if len(found[row.agency_id]) < MOST_DUE:
            found[row.agency_id].append(FallsDue(row.title, row.people))
    return found


async def falling_due(
    session: AsyncSession, on: date, today: date, threshold: int, *, agencies: Collection[int]
) -> list[FallsDue]:
    """What falls due soon for the most people of all these agencies, for at least so many.

    In steps, and in their order, since the e-mail tells it live: a figure that is published stays for months.
    """
    rows = await session.execute(_soon(on, today, threshold, []).where(Team.agency_id.in_(agencies)))
    due = [FallsDue(row.title, in_steps(row.people, threshold)) for row in rows]
    return sorted(due, key=lambda one: (-one.people, one.title))[:MOST_DUE]


def _soon(on: date, today: date, threshold: int, by: list[Any]) -> Select[Any]:
    """How many people have to do or to renew something soon, by expectation and whatever else."""
    standing = standings_on(on, today=today)
    people = func.count(standing.c.practitioner_id.distinct())
    return (
        select(*by, Expectation.title, people.label("people"))
        .select_from(standing)
        .join(Team, Team.id == standing.c.team_id)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Expectation, Expectation.id == standing.c.expectation_id)
        .where(
            standing.c.status.in_([status.value for status in OPEN if status is not Status.OVERDUE]),
            standing.c.due_on.between(on, on + SOON),
            for_a_person(),
        )
        .group_by(*by, Expectation.title)
        .having(people >= threshold)
        .order_by(people.desc(), Expectation.title)
    )


def _enough(people: int, threshold: int) -> int | None:
    return people if people >= threshold else None
