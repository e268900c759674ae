"""Who manages whom on a day: everybody who gets a summary, with all teams below theirs."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.people.agencies import managing
from training_tracker.people.leave import away
from training_tracker.people.models import Agency, Post, Practitioner, Team


@dataclass(frozen=True, slots=True)
class Manager:
    """``teams`` are all they manage; ``topmost`` those of them that stand below none of the others, by name.

    ``own`` are those whose people they know by name: where no other manager who is at work stands between them.
    ``people`` work in the teams today. ``on_leave`` if from all of the manager's own posts.
    """

    practitioner_id: int
    name: str
    email: str | None
    people: int
    on_leave: bool
    teams: frozenset[int]
    topmost: tuple[int, ...]
    own: frozenset[int]


@dataclass(frozen=True, slots=True)
class Tree:
    """Every team: its own name, its agency's, the team above it, and the teams right below it, by name."""

    names: dict[int, str]
    agencies: dict[int, str]
    above: dict[int, int | None]
    below: dict[int, list[int]]

    def bottom_up(self) -> list[int]:
        """Every team after all of those below it."""
        order = [team for team, parent in self.above.items() if parent is None]
        for team in order:  # grows while it is walked
            order.extend(self.below[team])
        return order[::-1]


def in_post(on: date) -> ColumnElement[bool]:
    return and_(
        or_(Post.started_on.is_(None), Post.started_on <= on),
        or_(Post.ended_on.is_(None), Post.ended_on >= on),
    )


async def tree_of_teams(session: AsyncSession) -> Tree:
    names, agencies, above = {}, {}, {}
    below: dict[int, list[int]] = defaultdict(list)
    rows = await session.execute(
        select(Team.id, Team.name, Team.parent_id, Agency.name)
        .join(Agency, Agency.id == Team.agency_id)
        .order_by(Team.name, Team.id)
    )
    for team, name, parent, agency in rows:
        names[team], agencies[team], above[team] = name, agency, parent
        if parent is not None:
            below[parent].append(team)
    return Tree(names, agencies, above, below)


async def managers_on(session: AsyncSession, on: date, tree: Tree) -> list[Manager]:
    """Everybody in a current post who manages a team with somebody else in it, or in a team below it.

    Whoever has no post in the team's agency any more does not manage it, wherever they work now.
    """
    managed = _managed(on)
    teams: dict[int, set[int]] = defaultdict(set)
    for manager, team in await session.execute(select(managed.c.manager_id, managed.c.team_id)):
        teams[manager].add(team)
    direct: dict[int, set[int]] = defaultdict(set)
    for manager, team in await session.execute(managing(on)):
        direct[manager].add(team)
    rows = (await session.execute(_with_people(managed, on))).all()
    # Whoever is away, or has no address, is told nothing: then the manager above knows the names.
    led = {team for row in rows if row.at_work and row.email for team in direct[row.id]}
    return [
        Manager(
            practitioner_id=row.id,
            name=row.name,
            email=row.email,
            people=row.people,
            on_leave=not row.at_work,
            teams=frozenset(teams[row.id]),
            topmost=_topmost(teams[row.id], tree),
            own=_own(direct[row.id], led, tree),
        )
        for row in rows
    ]


def _own(direct: set[int], led: set[int], tree: Tree) -> frozenset[int]:
    """The teams that somebody manages directly, and below them those that nobody at work does."""
    own = sorted(direct)
    for team in own:  # grows while it is walked
        own.extend(below for below in tree.below.get(team, ()) if below not in led and below not in own)
    return frozenset(own)


def _managed(on: date) -> CTE:
    """Each manager with each team they manage, the teams below included, once."""
    links = managing(on).subquery("links")
    own = select(links.c.practitioner_id.label("manager_id"), links.c.team_id).cte("managed", recursive=True)
    return own.union(select(own.c.manager_id, Team.id).join(Team, Team.parent_id == own.c.team_id))


def _with_people(managed: CTE, on: date) -> Any:
    others = case((Post.practitioner_id != managed.c.manager_id, Post.practitioner_id))
    people = (
        select(managed.c.manager_id, func.count(Post.practitioner_id.distinct()).label("people"))
        .join(Post, Post.team_id == managed.c.team_id)
        .where(in_post(on))
        .group_by(managed.c.manager_id)
        .having(func.count(others) > 0)
        .subquery("people")
    )
    own = (
        select(Post.practitioner_id, func.max(case((away(Post.id, on), 0), else_=1)).label("at_work"))
        .where(in_post(on), Post.practitioner_id.in_(select(managed.c.manager_id)))
        .group_by(Post.practitioner_id)
        .subquery("own")
    )
    return (
        select(Practitioner.id, Practitioner.name, Practitioner.email, people.c.people, own.c.at_work)
        .join(people, people.c.manager_id == Practitioner.id)
        .join(own, own.c.practitioner_id == Practitioner.id)
        .order_by(Practitioner.id)
    )


def _topmost(teams: set[int], tree: Tree) -> tuple[int, ...]:
    return tuple(sorted((team for team in teams if tree.above[team] not in teams), key=lambda team: tree.names[team]))
