"""What people have due on a day, what of it they have been told, and when that will change: read for many at once."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    bindparam,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import Many, is_one_of
from training_tracker.expectations.models import Exemption, ExpectationVersion, for_a_person
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.undeliverable import undeliverable
from training_tracker.people.models import Absence, Post, Practitioner, Team
from training_tracker.reminders.ladder import USUAL, Step, place
from training_tracker.reminders.ladders import ladders_by_agency
from training_tracker.reminders.models import Reminder, Welcome
from training_tracker.standing.known import asking
from training_tracker.standing.models import Standing
from training_tracker.standing.status import OPEN, PAUSED, Status, standings_asked

# What may open again on a day that no date of the standing tells.
WAITING = (*PAUSED, Status.UNKNOWN)
# Whom a statement that is kept asks for.
PEOPLE: BindParameter[Any] = bindparam("people", type_=Many(Integer()))
ONE_DAY = timedelta(days=1)
# To whom, of which post, expectation and due day.
About = tuple[int, int, int, date]
# Which steps, and on which day the last of them.
Said = tuple[frozenset[str], date | None]
NOTHING_SAID: Said = (frozenset(), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One standing with a due date. ``renewal``: it was met before. ``said``: an earlier e-mail told of it."""

    post_id: int
    expectation_id: int
    version_id: int
    due_on: date
    status: Status
    renewal: bool
    grace_until: date | None = None
    said: bool = False

    @property
    def last_day(self) -> date:
        """The last day before it counts as overdue."""
        return self.grace_until or self.due_on

    @property
    def open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Due(Expected):
    """One whose due date has come onto the ladder, and whether an earlier digest carried the step.

    The ladder hangs on ``due_on``, whatever grace follows it.
    """

    step: Step


@dataclass(slots=True)
class Person:
    """``written_on`` is the day of their latest digest or welcome, ``unreachable`` whether their address does not work.

    ``turns`` are the days to come on which more may be due, and ``waiting`` why something is not asked of them now.
    """

    practitioner_id: int
    name: str
    email: str | None
    written_on: date | None
    unreachable: bool = False
    due: list[Due] = field(default_factory=list)
    turns: set[date] = field(default_factory=set)
    waiting: set[Status] = field(default_factory=set)


async def what_is_due(
    session: AsyncSession, people: Sequence[int], on: date, *, today: date, unsent: Container[int] = ()
) -> list[Person]:
    """What these people have due, earliest first, in their order. On account of ``unsent`` messages, which are being
    written, they have not been written to."""
    said, written_on = await _said(session, people, on, unsent)
    ladders = await ladders_by_agency(session)
    found = {
        row.id: Person(row.id, row.name, row.email, written_on.get(row.id), row.unreachable)
        for row in await session.execute(
            select(
                Practitioner.id,
                Practitioner.name,
                Practitioner.email,
                Practitioner.email.in_(undeliverable()).label("unreachable"),
            ).where(is_one_of(Practitioner.id, people))
        )
    }
    for row in await session.execute(_standings(on >= today), {PEOPLE.key: people, **asking(on, None)}):
        person = found[row.practitioner_id]
        reached = place(row.due_on, on, ladders.get(row.agency_id, USUAL))
        # Before its renewal opens there is nothing to do yet, whatever step has come.
        person.turns.update(day for day in (reached.next_on, row.renewal_opens_on) if day and day > on)
        status = Status(row.status)
        if status in WAITING:
            person.waiting.add(status)
        if reached.latest and status in (*OPEN, *WAITING):
            person.due.append(
                Due(
                    post_id=row.post_id,
                    expectation_id=row.expectation_id,
                    version_id=row.version_id,
                    due_on=row.due_on,
                    status=status,
                    renewal=row.met_from is not None,
                    step=reached.latest,
                    said=_is_said(
                        said, (person.practitioner_id, row.post_id, row.expectation_id, row.due_on), reached.latest
                    ),
                    grace_until=row.grace_until,
                )
            )
    for beginning in await session.execute(_beginnings(people, on)):
        found[beginning.practitioner_id].turns.add(beginning.begins_on)
    waiting = [person.practitioner_id for person in found.values() if person.waiting]
    for ending in await session.execute(_endings(waiting, on)) if waiting else ():
        found[ending.practitioner_id].turns.add(ending.last_day + ONE_DAY)
    return [found[practitioner_id] for practitioner_id in people]


def of_people(post: FromClause) -> ColumnElement[bool]:
    """The posts of those for whom a kept statement asks."""
    return is_one_of(post.c.practitioner_id, PEOPLE)


@cache
def _standings(kept: bool) -> Select[tuple[int, ...]]:
    """Put together once: for a thousand people that takes as long as to run it."""
    standing = standings_asked(kept, None, of_people).subquery("standing_on")
    return (
        select(
            standing.c.practitioner_id,
            standing.c.post_id,
            standing.c.expectation_id,
            standing.c.version_id,
            standing.c.due_on,
            standing.c.grace_until,
            standing.c.met_from,
            standing.c.renewal_opens_on,
            standing.c.status,
            Team.agency_id,
        )
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Post, Post.id == standing.c.post_id)
        .join(Team, Team.id == standing.c.team_id)
        .where(
            standing.c.due_on.is_not(None),
            # Who leaves before the day need not hear of it.
            or_(Post.ended_on.is_(None), Post.ended_on >= standing.c.due_on),
            for_a_person(),
        )
        .order_by(standing.c.due_on, standing.c.expectation_id, standing.c.post_id)
    )


def _beginnings(people: Sequence[int], on: date) -> Select[int, date]:
    """The first day to come on which something else is in force for each of these people."""
    return (
        select(Post.practitioner_id, func.min(Standing.in_force_from).label("begins_on"))
        .join(Standing, Standing.post_id == Post.id)
        .where(is_one_of(Post.practitioner_id, people), Standing.in_force_from > on)
        .group_by(Post.practitioner_id)
    )


def _endings(people: Sequence[int], on: date) -> CompoundSelect[int, date]:
    """The last days of what is not asked of these people now: leave and exemptions."""
    kinds: tuple[tuple[type[Absence | Exemption], Any], ...] = (
        (Absence, Absence.ends_on),
        (Exemption, Exemption.until),
    )
    return union_all(
        *(
            select(Post.practitioner_id, last_day.label("last_day"))
            .join(kind, kind.post_id == Post.id)
            .where(
                is_one_of(Post.practitioner_id, people),
                kind.starts_on <= on,
                last_day >= on,
                kind.withdrawn_at.is_(None),
            )
            for kind, last_day in kinds
        )
    )


def _is_said(said: Mapping[About, Said], about: About, step: Step) -> bool:
    """Whether the step was said, or another of the same due day when this one had come already: an agency that changes
    its ladder does not say everything once more."""
    steps, last_on = said.get(about, NOTHING_SAID)
    return step.name in steps or (last_on is not None and last_on >= step.on)


async def _said(
    session: AsyncSession, people: Sequence[int], on: date, unsent: Container[int]
) -> tuple[dict[About, Said], dict[int, date]]:
    """The steps these people have been told of, and the day on which each of them was last written to.

    A digest of a day that is yet to come makes no day before it a quiet one.
    """
    said: dict[About, Said] = {}
    written_on: dict[int, date] = {}
    rows = await session.execute(
        select(
            Reminder.practitioner_id,
            Reminder.post_id,
            Reminder.expectation_id,
            Reminder.due_on,
            Reminder.step,
            Reminder.planned_on,
            Reminder.message_id,
        )
        .join(Message, Message.id == Reminder.message_id)
        # What never arrived was not said.
        .where(is_one_of(Reminder.practitioner_id, people), Message.state != MessageState.FAILED)
    )
    for practitioner_id, post_id, expectation_id, due_on, step, planned_on, message_id in rows:
        about = practitioner_id, post_id, expectation_id, due_on
        steps, last_on = said.get(about, NOTHING_SAID)
        if planned_on <= on:
            if message_id not in unsent:
                written_on[practitioner_id] = max(written_on.get(practitioner_id, planned_on), planned_on)
            last_on = max(last_on or planned_on, planned_on)
        said[about] = (steps | {step}, last_on)
    # A welcome says everything that is expected.
    welcomes = (
        select(Welcome.practitioner_id, Welcome.planned_on)
        .join(Message, Message.id == Welcome.message_id)
        .where(is_one_of(Welcome.practitioner_id, people), Message.state != MessageState.FAILED)
    )
    for practitioner_id, planned_on in await session.execute(welcomes):
        if planned_on <= on:
            written_on[practitioner_id] = max(written_on.get(practitioner_id, planned_on), planned_on)
    return said, written_on
