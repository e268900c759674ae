"""What the changed facts of a transaction would do to where an agency's people stand, before it is taken back."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, FromClause, MetaData, Select, Table, and_, exists, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.database import Touched
from training_tracker.expectations.models import Expectation, ExpectationVersion
from training_tracker.people.models import Post, Team
from training_tracker.standing.models import Standing
from training_tracker.standing.refreshing import refresh_touched
from training_tracker.standing.rehearsing import compared


@dataclass(frozen=True, slots=True)
class Consequence:
    """How many people would be overdue by it on the day, no longer would be, or would have it and have it not now."""

    title: str
    overdue: int
    relieved: int
    met: int


async def newest_post(session: AsyncSession) -> int:
    """The id of the post that was opened last, to be asked for before anything is changed."""
    return await session.scalar(select(func.max(Post.id))) or 0


async def consequences(session: AsyncSession, agency_id: int, on: date, *, known: int) -> list[Consequence]:
    """By expectation that is required, of those who had a post in the agency when the post ``known`` was the newest.

    Who is new to it is left out: what they have done elsewhere is not told before they are there. For
    :meth:`Database.rehearsing`, in which the kept standings are brought up to date as by a commit.
    """
    await session.flush()
    touched: Touched | None = session.info.get("touched")
    if not touched:
        return []
    ours = select(Post.practitioner_id).join(Team, Team.id == Post.team_id).where(Team.agency_id == agency_id)
    posts = (
        select(Post.id)
        .join(Team, Team.id == Post.team_id)
        .where(Team.agency_id == agency_id, Post.practitioner_id.in_(ours.where(Post.id <= known)))
    )
    kept = Standing.__table__
    before = await _as_it_stood(session, posts)
    await refresh_touched(session, touched)
    after = select(kept).where(kept.c.post_id.in_(posts)).subquery("after")
    found = await compared(session, before, after, on, on)
    overdue = {line.title: line.people for line in found.turning}
    relieved = {line.title: line.people for line in found.relieved}
    met = dict((await session.execute(_newly_met(before, after, on))).all())
    return [
        Consequence(title, overdue.get(title, 0), relieved.get(title, 0), met.get(title, 0))
        for title in sorted(overdue.keys() | relieved.keys() | met.keys())
    ]


async def _as_it_stood(session: AsyncSession, posts: Select[int]) -> Table:
    """A copy that goes when the transaction is rolled back."""
    kept = Standing.__table__
    table = Table(
        "stood",
        MetaData(),
        *(Column(column.name, column.type, index=column.name == "post_id") for column in kept.c),
        prefixes=["TEMPORARY"],
    )
    connection = await session.connection()
    await connection.run_sync(table.create)
    names = [column.name for column in table.c]
    await connection.execute(insert(table).from_select(names, select(kept).where(kept.c.post_id.in_(posts))))
    return table


def _newly_met(before: FromClause, after: FromClause, on: date) -> Select[str, int]:
    had = exists().where(
        before.c.post_id == after.c.post_id, before.c.expectation_id == after.c.expectation_id, _met(before, on)
    )
    return (
        select(Expectation.title, func.count(Post.practitioner_id.distinct()))
        .select_from(after)
        .join(Post, Post.id == after.c.post_id)
        .join(Expectation, Expectation.id == after.c.expectation_id)
        .join(ExpectationVersion, ExpectationVersion.id == after.c.version_id)
        .where(_met(after, on), ~had, ExpectationVersion.required, ExpectationVersion.people_in_setting.is_(None))
        .group_by(Expectation.title)
    )


def _met(standing: FromClause, on: date) -> Any:
    return and_(
        standing.c.in_force_from <= on,
        standing.c.in_force_until >= on,
        standing.c.met_from <= on,
        or_(standing.c.met_until.is_(None), standing.c.met_until >= on),
    )
