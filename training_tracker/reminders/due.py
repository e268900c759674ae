"""Who has what due on a day, and what of it they have been told: read for many people at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, FromClause, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.expectations.models import ExpectationVersion
from training_tracker.people.models import Post, Practitioner
from training_tracker.reminders.asked import for_a_person
from training_tracker.reminders.ladder import LONGEST_STEP, LOOK_AHEAD, Step, latest_step
from training_tracker.reminders.models import Reminder
from training_tracker.standing.status import PAUSED, Status, standings_on

OPEN = (Status.OVERDUE, Status.IN_GRACE, Status.DUE_SOON, Status.NOT_YET_DUE)


@dataclass(frozen=True, slots=True)
class Due:
    """One standing that is overdue or falls due within the look-ahead. ``renewal``: it was met before.

    ``said``: an earlier digest carried the step. The ladder hangs on ``due_on``, whatever grace follows it.
    """

    post_id: int
    expectation_id: int
    version_id: int
    due_on: date
    status: Status
    renewal: bool
    step: Step
    said: bool
    grace_until: date | None = None

    @property
    def last_day(self) -> date:
        """The last day before it counts as overdue."""
        return self.grace_until or self.due_on

    @property
    def open(self) -> bool:
        return self.status in OPEN


@dataclass(slots=True)
class Person:
    """``written_on`` is the day of their latest digest, if that was not long ago."""

    practitioner_id: int
    name: str
    email: str | None
    written_on: date | None
    due: list[Due] = field(default_factory=list)


async def people_with_something_due(session: AsyncSession, on: date, *, today: date) -> list[int]:
    """The ids of everybody with something overdue, or due within the look-ahead; those on leave or exempt too."""
    statement = due_statement(on, today, None)
    person = statement.selected_columns.practitioner_id
    return list(await session.scalars(statement.with_only_columns(person).distinct().order_by(person)))


async def what_is_due(session: AsyncSession, people: Sequence[int], on: date, *, today: date) -> list[Person]:
    """What these people have due, earliest first. Few enough people for one statement."""
    said, written_on = await _said(session, people, on)
    found: dict[int, Person] = {}
    statement = due_statement(on, today, people)
    columns = statement.selected_columns
    for row in await session.execute(statement.order_by(columns.due_on, columns.expectation_id, columns.post_id)):
        step = latest_step(row.due_on, on)
        assert step is not None, "nothing is due beyond the look-ahead"
        person = found.get(row.practitioner_id)
        if person is None:
            person = Person(row.practitioner_id, row.name, row.email, written_on.get(row.practitioner_id))
            found[row.practitioner_id] = person
        person.due.append(
            Due(
                post_id=row.post_id,
                expectation_id=row.expectation_id,
                version_id=row.version_id,
                due_on=row.due_on,
                status=Status(row.status),
                renewal=row.met_from is not None,
                step=step,
                said=(row.post_id, row.expectation_id, row.due_on, step.name) in said,
                grace_until=row.grace_until,
            )
        )
    return list(found.values())


def due_statement(on: date, today: date, people: Sequence[int] | None) -> Select[tuple[int, ...]]:
    def of_people(post: FromClause) -> ColumnElement[bool]:
        return post.c.practitioner_id.in_(people or ())

    standing = standings_on(on, today=today, posts=None if people is None else of_people)
    return (
        select(
            standing.c.practitioner_id,
            standing.c.post_id,
            standing.c.expectation_id,
            standing.c.version_id,
            standing.c.due_on,
            standing.c.grace_until,
            standing.c.met_from,
            standing.c.status,
            Practitioner.name,
            Practitioner.email,
        )
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Post, Post.id == standing.c.post_id)
        .join(Practitioner, Practitioner.id == standing.c.practitioner_id)
        .where(
            standing.c.due_on <= on + LOOK_AHEAD,
            standing.c.status.in_([status.value for status in (*OPEN, *PAUSED)]),
            # Who leaves before the day need not hear of it.
            or_(Post.ended_on.is_(None), Post.ended_on >= standing.c.due_on),
            for_a_person(),
        )
    )


async def _said(
    session: AsyncSession, people: Sequence[int], on: date
) -> tuple[set[tuple[int, int, date, str]], dict[int, date]]:
    """The steps these people have been told of, and the day of each person's latest digest.

    A step lasts a month at most, so what was said before then is no latest step any more. A digest of a day that is
    yet to come makes no day before it a quiet one.
    """
    said: set[tuple[int, int, date, str]] = set()
    written_on: dict[int, date] = {}
    rows = await session.execute(
        select(
            Reminder.practitioner_id,
            Reminder.planned_on,
            Reminder.post_id,
            Reminder.expectation_id,
            Reminder.due_on,
            Reminder.step,
        ).where(Reminder.practitioner_id.in_(people), Reminder.planned_on >= on - LONGEST_STEP)
    )
    for practitioner_id, planned_on, post_id, expectation_id, due_on, step in rows:
        said.add((post_id, expectation_id, due_on, step))
        if planned_on <= on:
            written_on[practitioner_id] = max(written_on.get(practitioner_id, planned_on), planned_on)
    return said, written_on
