"""Who came to an agency, moved within it and left since a day, and what is missing of those who are there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, and_, exists, func, literal, null, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import LONDON
from training_tracker.database import add_days, as_date
from training_tracker.people.agencies import managing
from training_tracker.people.listing import team_in_full
from training_tracker.people.models import Post, PostHistory, Practitioner, Role, Team
from training_tracker.people.posts import in_post, not_over

# Whoever is back, or in the next post, within so many days has not been away.
GAP = 31


class Which(StrEnum):
    """The lists, by the word that addresses have for them."""

    JOINERS = "joiners"
    MOVERS = "movers"
    LEAVERS = "leavers"
    NO_MANAGER = "no-manager"
    NO_START = "no-start"
    NO_ADDRESS = "no-address"


# Of these the day since which is asked for.
SINCE = (Which.JOINERS, Which.MOVERS, Which.LEAVERS)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person with a post there. ``day`` is when they came, moved or left; ``before`` where they moved from."""

    practitioner_id: int
    name: str
    role: str
    team: str
    day: date | None
    before: str | None


@dataclass(frozen=True, slots=True)
class PersonPage:
    lines: tuple[PersonLine, ...]
    total: int


async def people_listed(
    session: AsyncSession,
    which: Which,
    agency_id: int,
    *,
    since: date,
    today: date,
    page: int = 1,
    page_size: int | None = 50,
) -> PersonPage:
    """A page of one of the lists, the newest first where it has days, else by name; all of it without a page size."""
    statement = _LISTS[which](agency_id, since, today)
    if page_size is not None:
        statement = statement.limit(page_size).offset((page - 1) * page_size)
    rows = (await session.execute(statement)).all()
    return PersonPage(tuple(_line(row) for row in rows), rows[0].total if rows else 0)


async def how_many_listed(session: AsyncSession, agency_id: int, *, since: date, today: date) -> dict[Which, int]:
    """How many lines each of the lists has. One statement."""
    counts = [
        select(literal(which.value).label("which"), func.count().label("lines")).select_from(
            statement(agency_id, since, today).order_by(None).subquery(which.name.lower())
        )
        for which, statement in _LISTS.items()
    ]
    return {Which(row.which): row.lines for row in await session.execute(union_all(*counts))}


def _line(row: Row[Any]) -> PersonLine:
    before = f"{row.role_before}, {row.team_before}" if row.role_before else None
    return PersonLine(row.practitioner_id, row.name, row.role, row.team, row.day, before)


def _joiners(agency_id: int, since: date, _today: date) -> Select[Any]:
    """Whoever began there since the day, or is to begin, and was not there in the month before."""
    before, at = aliased(Post), aliased(Team)
    there_already = exists().where(
        before.practitioner_id == Post.practitioner_id,
        before.team_id == at.id,
        at.agency_id == agency_id,
        or_(
            before.started_on.is_(None),
            before.started_on < Post.started_on,
            and_(before.started_on == Post.started_on, before.id < Post.id),
        ),
        or_(before.ended_on.is_(None), before.ended_on >= add_days(Post.started_on, -GAP)),
    )
    listed = _listed(agency_id, Post.started_on).where(Post.started_on >= since, ~there_already)
    return listed.order_by(Post.started_on.desc(), Practitioner.name, Post.id)


def _leavers(agency_id: int, since: date, _today: date) -> Select[Any]:
    """Whoever's last post there ended since the day, or is to end, and who is in no other within the month after."""
    after, at = aliased(Post), aliased(Team)
    there_still = exists().where(
        after.practitioner_id == Post.practitioner_id,
        after.team_id == at.id,
        at.agency_id == agency_id,
        or_(after.started_on.is_(None), after.started_on <= add_days(Post.ended_on, GAP)),
        or_(
            after.ended_on.is_(None),
            after.ended_on > Post.ended_on,
            and_(after.ended_on == Post.ended_on, after.id > Post.id),
        ),
    )
    listed = _listed(agency_id, Post.ended_on).where(Post.ended_on >= since, ~there_still)
    return listed.order_by(Post.ended_on.desc(), Practitioner.name, Post.id)


def _movers(agency_id: int, since: date, today: date) -> Select[Any]:
    """Whoever went from one post to another there since the day, or whose post was said to be another one's."""
    before, team_before, role_before = aliased(Post), aliased(Team), aliased(Role)
    moved = (
        _listed(agency_id, Post.started_on, role_before.name, team_before.name)
        .join(before, and_(before.practitioner_id == Post.practitioner_id, before.id != Post.id))
        .join(team_before, and_(team_before.id == before.team_id, team_before.agency_id == agency_id))
        .join(role_before, role_before.id == before.role_id)
        .where(
            Post.started_on >= since,
            before.started_on < Post.started_on,
            before.ended_on >= add_days(Post.started_on, -GAP),
            before.ended_on <= add_days(Post.started_on, GAP),
        )
    )
    corrected_on = as_date(func.date(PostHistory.superseded_at))
    said_to_be = (
        _listed(agency_id, corrected_on, role_before.name, team_before.name)
        .join(PostHistory, PostHistory.post_id == Post.id)
        .join(team_before, team_before.id == PostHistory.team_id)
        .join(role_before, role_before.id == PostHistory.role_id)
        .where(
            PostHistory.superseded_at >= datetime.combine(since, time.min, LONDON),
            or_(PostHistory.team_id != Post.team_id, PostHistory.role_id != Post.role_id),
            not_over(today),
        )
    )
    both = union_all(moved, said_to_be).subquery("moved")
    columns = [column for column in both.c if column.name != "total"]
    return select(*columns, func.count().over().label("total")).order_by(both.c.day.desc(), both.c.name, both.c.post_id)


def _no_manager(agency_id: int, _since: date, today: date) -> Select[Any]:
    """Whoever is in a team that nobody manages, nor any team above it: nobody is told how they stand."""
    named = managing(today).subquery("named")
    managed = select(Team.id).where(Team.id.in_(select(named.c.team_id))).cte("managed", recursive=True)
    managed = managed.union(select(Team.id).join(managed, Team.parent_id == managed.c.id))
    listed = _listed(agency_id, null()).where(in_post(today), Post.team_id.not_in(select(managed.c.id)))
    return listed.order_by(Team.name, Practitioner.name, Post.id)


def _no_start(agency_id: int, _since: date, today: date) -> Select[Any]:
    """Posts of which nobody has said when they began: nothing asked of them has a day by which it is due."""
    listed = _listed(agency_id, null()).where(Post.started_on.is_(None), not_over(today))
    return listed.order_by(Practitioner.name, Post.id)


def _no_address(agency_id: int, _since: date, today: date) -> Select[Any]:
    """Whoever has no e-mail address: they are reminded of nothing, and cannot sign in."""
    listed = _listed(agency_id, null()).where(Practitioner.email.is_(None), in_post(today))
    return listed.order_by(Practitioner.name, Post.id)


def _listed(agency_id: int, day: Any, role_before: Any = None, team_before: Any = None) -> Select[Any]:
    return (
        select(
            Post.id.label("post_id"),
            Post.practitioner_id,
            Practitioner.name,
            Role.name.label("role"),
            team_in_full().label("team"),
            as_date(day).label("day"),
            (null() if role_before is None else role_before).label("role_before"),
            (null() if team_before is None else team_before).label("team_before"),
            func.count().over().label("total"),
        )
        .select_from(Post)
        .join(Practitioner, Practitioner.id == Post.practitioner_id)
        .join(Team, Team.id == Post.team_id)
        .join(Role, Role.id == Post.role_id)
        .where(Team.agency_id == agency_id, Practitioner.erased_at.is_(None))
    )


_LISTS: dict[Which, Callable[[int, date, date], Select[Any]]] = {
    Which.JOINERS: _joiners,
    Which.MOVERS: _movers,
    Which.LEAVERS: _leavers,
    Which.NO_MANAGER: _no_manager,
    Which.NO_START: _no_start,
    Which.NO_ADDRESS: _no_address,
}
