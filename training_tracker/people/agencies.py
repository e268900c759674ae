"""Agencies and their teams: making them, and walking up and down the tree of teams."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, delete, insert, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import now
from training_tracker.database import Day, touch, wait_for_turn
from training_tracker.errors import Refused
from training_tracker.naming import refuse_vague_name, tidy
from training_tracker.people.leave import at_work
from training_tracker.people.models import (
    Agency,
    AgencyHistory,
    AgencyPartnership,
    Delegation,
    Partnership,
    Post,
    Team,
    TeamDeputy,
    TeamHistory,
    TeamManager,
)
from training_tracker.people.posts import holds_post

# Between the names of nested teams in a spreadsheet: "Children's Services > MASH".
NESTED = ">"


async def create_agency(
    session: AsyncSession, name: str, sector_id: int, *, partnership_id: int | None = None
) -> tuple[Agency, Team]:
    """Make a named agency, its top team, and its membership of one partnership, or else of all that are configured.

    Raises :class:`Refused` for "Health", "NHS" and the like.
    """
    refuse_vague_name(name, "agency")
    agency = Agency(name=tidy(name), sector_id=sector_id)
    session.add(agency)
    await session.flush()
    top = Team(agency_id=agency.id, parent_id=None, name=agency.name)
    session.add(top)
    partnerships = [partnership_id] if partnership_id else await session.scalars(select(Partnership.id))
    session.add_all(AgencyPartnership(agency_id=agency.id, partnership_id=partnership) for partnership in partnerships)
    await session.flush()
    return agency, top


async def create_team(session: AsyncSession, agency_id: int, parent_id: int, name: str) -> Team:
    """Raises :class:`Refused` for "Health", "NHS" and the like."""
    refuse_vague_name(name, "team")
    team = Team(agency_id=agency_id, parent_id=parent_id, name=tidy(name))
    session.add(team)
    await session.flush()
    return team


async def name_managers(session: AsyncSession, pairs: Iterable[tuple[int, int]]) -> int:
    """Make practitioners managers of teams, given as (team, practitioner); returns how many were new."""
    wanted = set(pairs)
    if not wanted:
        return 0
    teams = {team for team, _ in wanted}
    known = {
        (row.team_id, row.practitioner_id)
        for row in await session.execute(
            select(TeamManager.team_id, TeamManager.practitioner_id).where(TeamManager.team_id.in_(teams))
        )
    }
    new = sorted(wanted - known)
    if new:
        await session.execute(
            insert(TeamManager), [{"team_id": team, "practitioner_id": person} for team, person in new]
        )
    return len(new)


async def stop_managing(session: AsyncSession, team_id: int, practitioner_id: int) -> bool:
    """Let somebody manage a team no longer; says whether they did."""
    link = (TeamManager.team_id == team_id, TeamManager.practitioner_id == practitioner_id)
    if await session.scalar(select(TeamManager.team_id).where(*link)) is None:
        return False
    await session.execute(delete(TeamManager).where(*link))
    return True


async def name_deputy(session: AsyncSession, team_id: int, practitioner_id: int) -> bool:
    """Let somebody answer for a team while all who manage it are away; says whether that is new."""
    if await session.get(TeamDeputy, (team_id, practitioner_id)) is not None:
        return False
    session.add(TeamDeputy(team_id=team_id, practitioner_id=practitioner_id))
    return True


async def stop_deputising(session: AsyncSession, team_id: int, practitioner_id: int) -> bool:
    """Let somebody be a team's deputy no longer; says whether they were."""
    deputy = await session.get(TeamDeputy, (team_id, practitioner_id))
    if deputy is None:
        return False
    await session.delete(deputy)
    return True


async def set_partnerships(session: AsyncSession, agency_id: int, partnership_ids: set[int]) -> None:
    """Say which partnerships an agency belongs to; what they expect follows at once, and what was known then stays."""
    moment = now()
    memberships = select(AgencyPartnership).where(
        AgencyPartnership.agency_id == agency_id, AgencyPartnership.withdrawn_at.is_(None)
    )
    for membership in await session.scalars(memberships):
        if membership.partnership_id in partnership_ids:
            partnership_ids = partnership_ids - {membership.partnership_id}
        else:
            membership.withdrawn_at = moment
    session.add_all(
        AgencyPartnership(agency_id=agency_id, partnership_id=p, recorded_at=moment) for p in partnership_ids
    )
    await _touch_people_of(session, agency_id)


async def change_sector(session: AsyncSession, agency_id: int, sector_id: int) -> None:
    """Say that an agency is of another sector, keeping what was known until now."""
    agency = await session.get_one(Agency, agency_id)
    session.add(AgencyHistory(agency_id=agency_id, sector_id=agency.sector_id, superseded_at=now()))
    agency.sector_id = sector_id
    await _touch_people_of(session, agency_id)


async def _touch_people_of(session: AsyncSession, agency_id: int) -> None:
    """What is expected follows an agency's sector and partnerships for its own posts, and for no others."""
    posts = select(Post.id).join(Team, Team.id == Post.team_id).where(Team.agency_id == agency_id)
    touch(session, posts=await session.scalars(posts))


async def move_team(session: AsyncSession, team_id: int, parent_id: int) -> None:
    """Put a team, with those below it, under another team of its agency, keeping what was known until now.

    Raises :class:`Refused` for a top team, another agency's, and a team that is itself below this one.
    """
    # Two that go at once must not put each team below the other.
    await wait_for_turn(session, "teams")
    team = await session.get_one(Team, team_id, populate_existing=True)
    parent = await session.get_one(Team, parent_id, populate_existing=True)
    if team.parent_id is None:
        raise Refused(f"{team.name} is the top team of its agency", "Move one that is below it.", "team")
    if parent.agency_id != team.agency_id or parent_id in set(await session.scalars(below(team_id))):
        problem = f"{team.name} cannot stand below {parent.name}"
        raise Refused(problem, "Name a team of the same agency that is not below it.", "parent")
    session.add(TeamHistory(team_id=team_id, parent_id=team.parent_id, superseded_at=now()))
    team.parent_id = parent_id
    touch(session, everything=True)


def below(*teams: int | ColumnElement[int]) -> Select[int]:
    """Select the ids of these teams and of every team below them."""
    tree = select(Team.id).where(Team.id.in_(teams)).cte("below", recursive=True)
    tree = tree.union(select(Team.id).join(tree, Team.parent_id == tree.c.id))
    return select(tree.c.id)


def managing(today: Day, practitioner_id: int | ColumnElement[int] | None = None) -> Select[int, int]:
    """Select who manages which team, as (practitioner, team), or which teams one person manages.

    Teams name their managers without a date, so a name counts while its bearer holds a post in the team's agency. A
    team's deputy manages it while everybody who does is away: on leave from all their posts in the agency. Whoever a
    manager has named for an absence manages those teams from its first day to its last, as long as the manager would.
    """
    present, at = aliased(TeamManager), aliased(Team)
    somebody_is_there = (
        select(present.team_id)
        .join(at, at.id == present.team_id)
        .where(present.team_id == TeamDeputy.team_id, at_work(present.practitioner_id, today, at.agency_id))
        .exists()
    )
    named = _links(TeamManager, today, practitioner_id)
    deputies = _links(TeamDeputy, today, practitioner_id).where(~somebody_is_there)
    standing_in = _standing_in(today)
    if practitioner_id is not None:
        standing_in = standing_in.where(Delegation.practitioner_id == practitioner_id)
    links = union(named, deputies, standing_in).subquery("managing")
    return select(links.c.practitioner_id, links.c.team_id)


def _links(
    link: type[TeamManager | TeamDeputy], today: Day, practitioner_id: int | ColumnElement[int] | None
) -> Select[int, int]:
    statement = (
        select(link.practitioner_id, link.team_id)
        .join(Team, Team.id == link.team_id)
        .where(holds_post(link.practitioner_id, Team.agency_id, today))
    )
    return statement if practitioner_id is None else statement.where(link.practitioner_id == practitioner_id)


def _standing_in(today: Day) -> Select[int, int]:
    return (
        select(Delegation.practitioner_id, TeamManager.team_id)
        .join(TeamManager, TeamManager.practitioner_id == Delegation.manager_id)
        .join(Team, Team.id == TeamManager.team_id)
        .where(
            Delegation.starts_on <= today,
            Delegation.ends_on >= today,
            Delegation.withdrawn_at.is_(None),
            holds_post(Delegation.practitioner_id, Team.agency_id, today),
            holds_post(Delegation.manager_id, Team.agency_id, today),
        )
    )


def managed_by(practitioner_id: int | ColumnElement[int], today: Day) -> Select[tuple[int]]:
    """Select the ids of the teams a practitioner manages, the teams below them included."""
    own = managing(today, practitioner_id).subquery("own")
    tree = select(Team.id).where(Team.id.in_(select(own.c.team_id))).cte("managed", recursive=True)
    tree = tree.union(select(Team.id).join(tree, Team.parent_id == tree.c.id))
    return select(tree.c.id)
