"""Who manages whom on a day: everybody who gets a summary, with all teams below theirs."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import CTE, Select, Subquery, case, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import is_one_of
from training_tracker.mail.undeliverable import undeliverable
from training_tracker.people.agencies import managing
from training_tracker.people.leave import at_work
from training_tracker.people.models import Agency, Delegation, Post, Practitioner, Team, TeamDeputy, TeamManager
from training_tracker.people.posts import in_post


@dataclass(frozen=True, slots=True)
class Manager:
    """``teams`` are all they manage; ``topmost`` those of them that stand below none of the others, by name.

    ``people`` work in the teams today. Of teams in agencies from whose posts they are all on leave they are told
    nothing: those count only for who is ``on_leave`` everywhere.
    """

    practitioner_id: int
    name: str
    email: str | None
    people: int
    on_leave: bool
    unreachable: bool
    teams: frozenset[int]
    topmost: tuple[int, ...]

    @property
    def told(self) -> bool:
        """Whoever is away, or has no address that works, is told nothing."""
        return not self.on_leave and bool(self.email) and not self.unreachable


@dataclass(frozen=True, slots=True)
class Tree:
    """Every team: its own name, its agency's, the team above it, and the teams right below it, by name."""

    names: dict[int, str]
    agencies: dict[int, str]
    above: dict[int, int | None]
    below: dict[int, list[int]]

    def around(self, teams: Collection[int]) -> set[int]:
        """These teams, with every team below and above them."""
        found: set[int] = set()
        waiting = list(teams)
        while waiting:
            team = waiting.pop()
            if team not in found:
                found.add(team)
                waiting += self.below.get(team, ())
        return found.union(*(self.upwards(team) for team in teams))

    def upwards(self, team: int | None) -> list[int]:
        """A team and those above it, and none where there is no team."""
        path: list[int] = []
        while team is not None and team not in path:
            path.append(team)
            team = self.above[team]
        return path

    def bottom_up(self) -> list[int]:
        """Every team after all of those below it."""
        order = [team for team, parent in self.above.items() if parent is None]
        for team in order:  # grows while it is walked
            order.extend(self.below[team])
        return order[::-1]


class Managers:
    """Everybody who manages somebody on a day, and who of them knows whom by name.

    People are known to the managers of the nearest team, upwards from their own, one of whom can be told. Whoever
    manages the team in which they work, or one above it, is not their own person, nor that of anybody below them: they
    are known to the next manager above.
    """

    def __init__(self, everybody: list[Manager], direct: Mapping[int, set[int]], tree: Tree) -> None:
        self.everybody = everybody
        self._tree = tree
        self._direct = direct
        self._of_team: dict[int, list[int]] = defaultdict(list)
        for manager, teams in direct.items():
            for team in teams:
                self._of_team[team].append(manager)
        self._told = {manager.practitioner_id for manager in everybody if manager.told}
        self._knowing: dict[int, list[int]] = {}

    def knowing(self, team: int, practitioner_id: int) -> Sequence[int]:
        """Who knows somebody with a post in a team by name."""
        nearest = self._nearest(team, practitioner_id)
        return self._knowing_others(team) if nearest == team else self._from(nearest)

    def over(self, team: int, practitioner_id: int) -> set[int]:
        """Who manages somebody with a post in a team, whether or not they know them by name."""
        return {
            one for above in self._tree.upwards(self._nearest(team, practitioner_id)) for one in self._of_team[above]
        }

    def _nearest(self, team: int, practitioner_id: int) -> int | None:
        """The lowest team whose managers can be somebody's, none where they manage the highest."""
        managed = self._direct.get(practitioner_id, ())
        highest = next((above for above in reversed(self._tree.upwards(team)) if above in managed), None)
        return team if highest is None else self._tree.above[highest]

    def by_name(self, manager: Manager) -> frozenset[int]:
        """The teams whose people a manager knows by name."""
        return frozenset(team for team in manager.teams if manager.practitioner_id in self._knowing_others(team))

    def _knowing_others(self, team: int) -> list[int]:
        """Who knows those by name who manage nobody: asked of most people, and so kept."""
        if team not in self._knowing:
            self._knowing[team] = self._from(team)
        return self._knowing[team]

    def _from(self, team: int | None) -> list[int]:
        """The managers of the nearest team one of whom can be told, and of those passed on the way."""
        found: list[int] = []
        for above in self._tree.upwards(team):
            found += self._of_team[above]
            if not self._told.isdisjoint(self._of_team[above]):
                break
        return found


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


async def managers_on(session: AsyncSession, on: date, tree: Tree, only: Collection[int] | None = None) -> Managers:
    """Everybody who manages a team with somebody else in it, or in a team below it; or, of ``only`` some, those and
    whoever manages a team below or above theirs, who may know whom they do not.

    Whoever has no post in the team's agency any more does not manage it, wherever they work now.
    """
    links = _links(on, None if only is None else await _beside(session, only, tree))
    direct: dict[int, set[int]] = defaultdict(set)
    on_leave: dict[int, bool] = {}
    for row in await session.execute(select(links)):
        direct[row.manager_id].add(row.team_id)
        on_leave[row.manager_id] = not row.at_work
    managed = _managed(links)
    teams: dict[int, set[int]] = defaultdict(set)
    for manager, team in await session.execute(select(managed.c.manager_id, managed.c.team_id)):
        teams[manager].add(team)
    everybody = [
        Manager(
            practitioner_id=row.id,
            name=row.name,
            email=row.email,
            people=row.people,
            on_leave=on_leave[row.id],
            unreachable=row.unreachable,
            teams=frozenset(teams[row.id]),
            topmost=_topmost(teams[row.id], tree),
        )
        for row in await session.execute(_with_people(managed, on))
    ]
    return Managers(everybody, direct, tree)


async def _beside(session: AsyncSession, some: Collection[int], tree: Tree) -> Sequence[int]:
    """Who is named for a team of theirs, or for one below or above, and who stands in for them, on whatever day."""
    standing_in = select(TeamManager.team_id, Delegation.practitioner_id).join(
        Delegation, Delegation.manager_id == TeamManager.practitioner_id
    )
    links = (select(link.team_id, link.practitioner_id) for link in (TeamManager, TeamDeputy))
    named = union(*links, standing_in).subquery()
    theirs = await session.scalars(select(named.c.team_id).where(is_one_of(named.c.practitioner_id, some)).distinct())
    around = is_one_of(named.c.team_id, tree.around(theirs.all()))
    return (await session.scalars(select(named.c.practitioner_id).where(around).distinct())).all()


def _links(on: date, people: Collection[int] | None) -> Subquery:
    """Who manages which team, of the teams in whose agency they are at work; of all where they are at work in none."""
    named = managing(on)
    if people is not None:
        named = named.where(is_one_of(named.selected_columns.practitioner_id, people))
    links = named.subquery("links")
    there = case((at_work(links.c.practitioner_id, on, Team.agency_id), 1), else_=0)
    each = (
        select(
            links.c.practitioner_id.label("manager_id"),
            links.c.team_id,
            there.label("there"),
            func.max(there).over(partition_by=links.c.practitioner_id).label("at_work"),
        )
        .join(Team, Team.id == links.c.team_id)
        .subquery("each")
    )
    return select(each.c.manager_id, each.c.team_id, each.c.at_work).where(each.c.there == each.c.at_work).subquery()


def _managed(links: Subquery) -> CTE:
    """Each manager with each team they manage, the teams below included, once."""
    own = select(links.c.manager_id, links.c.team_id).cte("managed", recursive=True)
    return own.union(select(own.c.manager_id, Team.id).join(Team, Team.parent_id == own.c.team_id))


def _with_people(managed: CTE, on: date) -> Select[int, str, str | None, bool, int]:
    others = case((Post.practitioner_id != managed.c.manager_id, Post.practitioner_id))
    people = (
        select(managed.c.manager_id, func.count(Post.practitioner_id.distinct()).label("people"))
        .join(Post, Post.team_id == managed.c.team_id)
        .where(in_post(on))
        .group_by(managed.c.manager_id)
        .having(func.count(others) > 0)
        .subquery("people")
    )
    return (
        select(
            Practitioner.id,
            Practitioner.name,
            Practitioner.email,
            Practitioner.email.in_(undeliverable()).label("unreachable"),
            people.c.people,
        )
        .join(people, people.c.manager_id == Practitioner.id)
        .order_by(Practitioner.id)
    )


def _topmost(teams: set[int], tree: Tree) -> tuple[int, ...]:
    return tuple(sorted((team for team in teams if tree.above[team] not in teams), key=lambda team: tree.names[team]))
