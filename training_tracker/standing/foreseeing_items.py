"""What a change of the catalogue would do to people's standings, before it is done.

For :meth:`Database.rehearsing`, in the transaction that changes it and is taken back.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import FromClause, and_, case, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.database import touched_in
from training_tracker.expectations.models import Expectation, ExpectationVersion
from training_tracker.people.models import Post
from training_tracker.standing.catalogue_causes import expectations_led_to
from training_tracker.standing.known import PostFilter
from training_tracker.standing.models import Standing
from training_tracker.standing.rehearsing import people_turning, rehearsed

Steps = list[tuple[date, int]]


@dataclass(frozen=True, slots=True)
class Asks:
    """A partnership's expectation that leads to the item. ``by`` is until when whoever is there already has for the
    edition that is current from the day of the change, where it asks for the current one.
    """

    title: str
    by: date | None


@dataclass(frozen=True, slots=True)
class ItemsForeseen:
    """Different people: those who have on ``changes_on`` what a required expectation asks and would not have it any
    more (``asked_again``), those who would have it then and have not (``spared``), and how many turn overdue for the
    first time by the change, or are no longer, by the day.

    ``asking`` are the partnerships' expectations that lead to it; of agencies' own there are so many.
    """

    asked_again: int
    spared: int
    turning: Steps
    relieved: Steps
    asking: list[Asks]
    agencies_own: int


async def foresee_items(
    session: AsyncSession, posts: PostFilter, *, changes_on: date, on: date, until: date
) -> ItemsForeseen:
    """Of the expectations that the items lead to which this transaction has touched, and of these posts.

    Who turns overdue is looked for between ``on`` and ``until``.
    """
    await session.flush()
    expectations = sorted(await expectations_led_to(session, touched_in(session).items))
    kept = Standing.__table__
    here = select(Post.id).where(posts(Post.__table__))
    old = select(kept).where(kept.c.expectation_id.in_(expectations), kept.c.post_id.in_(here)).subquery("kept")
    new = await rehearsed(session, posts=posts, expectations=expectations)
    asked_again, spared = await _met_otherwise(session, old, new, changes_on)
    turning, relieved = await people_turning(session, old, new, on, until)
    asking, own = await _asking(session, expectations, changes_on)
    return ItemsForeseen(asked_again, spared, turning, relieved, asking, own)


async def _asking(session: AsyncSession, expectations: list[int], day: date) -> tuple[list[Asks], int]:
    version = ExpectationVersion
    rows = await session.execute(
        select(Expectation.id, Expectation.title, Expectation.agency_id, version.current_version_only)
        .add_columns(version.first_due_days, version.effective_from)
        .join(version, version.expectation_id == Expectation.id)
        .where(
            Expectation.id.in_(expectations),
            version.withdrawn_at.is_(None),
            version.effective_from <= day,
            or_(version.effective_until.is_(None), version.effective_until >= day),
        )
        .order_by(Expectation.title, version.effective_from)
    )
    in_force = {row.id: row for row in rows}  # of each expectation the last to begin
    asking = [
        Asks(row.title, day + timedelta(days=row.first_due_days) if row.current_version_only else None)
        for row in in_force.values()
        if row.agency_id is None
    ]
    return asking, len(in_force) - len(asking)


async def _met_otherwise(session: AsyncSession, old: FromClause, new: FromClause, day: date) -> tuple[int, int]:
    read = union_all(_met(old, day, after=0), _met(new, day, after=1)).subquery("read")
    one = (
        select(
            Post.practitioner_id,
            func.max(case((read.c.after == 0, read.c.met), else_=0)).label("before"),
            func.max(case((read.c.after == 1, read.c.met), else_=0)).label("now"),
            func.max(read.c.after).label("asked"),
        )
        .join(Post, Post.id == read.c.post_id)
        .group_by(Post.practitioner_id, read.c.expectation_id)
        .subquery("one")
    )
    again = and_(one.c.before == 1, one.c.now == 0, one.c.asked == 1)
    spared = and_(one.c.before == 0, one.c.now == 1)
    row = (
        await session.execute(
            select(
                func.count(one.c.practitioner_id.distinct()).filter(again),
                func.count(one.c.practitioner_id.distinct()).filter(spared),
            )
        )
    ).one()
    return row[0], row[1]


def _met(standings: FromClause, day: date, *, after: int) -> Any:
    met = and_(
        standings.c.met_from <= day,
        or_(standings.c.met_until.is_(None), standings.c.met_until >= day),
    )
    return (
        select(
            standings.c.post_id,
            standings.c.expectation_id,
            literal(after).label("after"),
            case((met, 1), else_=0).label("met"),
        )
        .join(ExpectationVersion, ExpectationVersion.id == standings.c.version_id)
        .where(
            standings.c.in_force_from <= day,
            standings.c.in_force_until >= day,
            ExpectationVersion.required,
            ExpectationVersion.people_in_setting.is_(None),
        )
    )
