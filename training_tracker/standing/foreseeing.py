"""What a change of one expectation would do: of whom it would be asked, of whom no longer, and who turns overdue when.

For :meth:`Database.rehearsing`, in the transaction that changes it and is taken back.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, case, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.people.models import Post, Team
from training_tracker.standing.known import PostFilter
from training_tracker.standing.models import Standing
from training_tracker.standing.rehearsing import Rehearsal, compared, rehearsed


@dataclass(frozen=True, slots=True)
class Reach:
    """Different people on one day: of whom it is asked, of whom it was not before, and of whom no longer.

    Of the ``newly`` asked so many have it already, and of so many no due day is known, since their start is not.
    """

    asked: int
    newly: int
    have_it: int
    undated: int
    freed: int


@dataclass(frozen=True, slots=True)
class TeamReach:
    team: str
    newly: int
    freed: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """``teams`` are those in which it is asked of somebody anew, or no longer; ``rehearsal`` says who turns overdue."""

    reach: Reach
    teams: list[TeamReach]
    rehearsal: Rehearsal


async def foresee(
    session: AsyncSession, expectation_id: int, posts: PostFilter, *, changes_on: date, on: date, until: date
) -> Foreseen:
    """Compare what is kept of an expectation with what the facts of this transaction come to.

    ``changes_on`` is the day on which people are counted, ``posts`` all that it can apply to; who turns overdue is
    looked for between ``on`` and ``until``.
    """
    await session.flush()
    kept = Standing.__table__
    old = select(kept).where(kept.c.expectation_id == expectation_id).subquery("kept")
    new = await rehearsed(session, posts=posts, expectations=[expectation_id])
    people = _people(old, new, changes_on)
    return Foreseen(
        reach=await _reach(session, people),
        teams=await _teams(session, people),
        rehearsal=await compared(session, old, new, on, until),
    )


def _people(old: FromClause, new: FromClause, day: date) -> CTE:
    """Every person and team with whether it is asked of them there on a day, before and after."""
    met = and_(new.c.met_from <= day, or_(new.c.met_until.is_(None), new.c.met_until >= day))
    undated = and_(new.c.due_on.is_(None), new.c.met_from.is_(None))
    asked = union_all(
        _asked(old, day, after=0, met=literal(0), undated=literal(0)),
        _asked(new, day, after=1, met=case((met, 1), else_=0), undated=case((undated, 1), else_=0)),
    ).subquery("asked")
    return (
        select(
            Post.practitioner_id,
            Post.team_id,
            *(func.max(asked.c[name]).label(name) for name in ("before", "after", "met", "undated")),
        )
        .join(Post, Post.id == asked.c.post_id)
        .group_by(Post.practitioner_id, Post.team_id)
        .cte("person_asked")
    )


def _asked(standings: FromClause, day: date, *, after: int, met: Any, undated: Any) -> Any:
    return select(
        standings.c.post_id,
        literal(1 - after).label("before"),
        literal(after).label("after"),
        met.label("met"),
        undated.label("undated"),
    ).where(standings.c.in_force_from <= day, standings.c.in_force_until >= day)


async def _reach(session: AsyncSession, people: CTE) -> Reach:
    names = ("before", "after", "met", "undated")
    one = (
        select(*(func.max(people.c[name]).label(name) for name in names))
        .group_by(people.c.practitioner_id)
        .subquery("one")
    )
    newly = and_(one.c.after == 1, one.c.before == 0)
    row = (
        await session.execute(
            select(
                _count(one.c.after == 1),
                _count(newly),
                _count(and_(newly, one.c.met == 1)),
                _count(and_(newly, one.c.undated == 1)),
                _count(and_(one.c.before == 1, one.c.after == 0)),
            )
        )
    ).one()
    return Reach(*row)


async def _teams(session: AsyncSession, people: CTE) -> list[TeamReach]:
    newly, freed = people.c.after > people.c.before, people.c.after < people.c.before
    rows = await session.execute(
        select(Team.name, _count(newly), _count(freed))
        .join(people, people.c.team_id == Team.id)
        .where(people.c.after != people.c.before)
        .group_by(Team.id, Team.name)
        .order_by(Team.name, Team.id)
    )
    return [TeamReach(*row) for row in rows]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
