"""Teams, roles and groups by name, as filters, forms and headings show them; somebody's posts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.people.models import (
    Agency,
    AgencyPartnership,
    Audience,
    Partnership,
    Post,
    Role,
    RoleGroup,
    Sector,
    Team,
)
from training_tracker.people.posts import not_over


@cache
def team_in_full() -> ColumnElement[str]:
    """The name of the statement's team, after that of the team above where its agency has another of its name."""
    above, twin = aliased(Team), aliased(Team)
    has_twin = exists().where(twin.agency_id == Team.agency_id, twin.name == Team.name, twin.id != Team.id)
    before = select(above.name + ", ").where(above.id == Team.parent_id, has_twin.correlate(Team)).correlate(Team)
    return func.coalesce(before.scalar_subquery(), "") + Team.name


@dataclass(frozen=True, slots=True)
class AgencyLine:
    id: int
    name: str
    sector: str


@dataclass(frozen=True, slots=True)
class TeamLine:
    """``depth`` counts the levels above it within the list, so that a list can show the tree."""

    id: int
    name: str
    agency_id: int
    agency: str
    depth: int


async def teams_of(session: AsyncSession, teams: Select[int]) -> list[TeamLine]:
    """Teams as a tree, each followed by those below it, by name."""
    rows = (
        await session.execute(
            select(Team.id, Team.parent_id, Team.name, Team.agency_id, Agency.name.label("agency"))
            .join(Agency, Agency.id == Team.agency_id)
            .where(Team.id.in_(teams))
            .order_by(Agency.name, Team.name, Team.id)
        )
    ).all()
    known = {row.id for row in rows}
    below: dict[int | None, list[TeamLine]] = {}
    for row in rows:
        parent = row.parent_id if row.parent_id in known else None
        below.setdefault(parent, []).append(TeamLine(row.id, row.name, row.agency_id, row.agency, 0))
    return _walk(below, None, 0)


def _walk(below: dict[int | None, list[TeamLine]], parent: int | None, depth: int) -> list[TeamLine]:
    found: list[TeamLine] = []
    for team in below.get(parent, []):
        found.append(TeamLine(team.id, team.name, team.agency_id, team.agency, depth))
        found += _walk(below, team.id, depth + 1)
    return found


async def partnerships_of(session: AsyncSession, partnerships: Sequence[int]) -> list[Partnership]:
    found = select(Partnership).where(Partnership.id.in_(partnerships)).order_by(Partnership.name)
    return list(await session.scalars(found))


async def every_partnership(session: AsyncSession) -> list[Partnership]:
    return list(await session.scalars(select(Partnership).order_by(Partnership.name)))


async def agencies_of(session: AsyncSession, agencies: Sequence[int]) -> list[AgencyLine]:
    rows = await session.execute(
        select(Agency.id, Agency.name, Sector.name)
        .join(Sector, Sector.id == Agency.sector_id)
        .where(Agency.id.in_(agencies))
        .order_by(Agency.name)
    )
    return [AgencyLine(*row) for row in rows]


async def teams_of_agency(session: AsyncSession, agency_id: int) -> list[TeamLine]:
    return await teams_of(session, select(Team.id).where(Team.agency_id == agency_id))


@dataclass(frozen=True, slots=True)
class RoleLine:
    id: int
    code: str
    name: str
    sector: str


@dataclass(frozen=True, slots=True)
class ReferenceRole:
    id: int
    code: str
    name: str
    sector: str
    group: str


async def every_role(session: AsyncSession) -> list[ReferenceRole]:
    """As spreadsheets name them, by sector and name."""
    rows = await session.execute(
        select(Role.id, Role.code, Role.name, Sector.name, RoleGroup.name)
        .join(Sector, Sector.id == Role.sector_id)
        .join(RoleGroup, RoleGroup.id == Role.role_group_id)
        .where(Role.withdrawn_at.is_(None))
        .order_by(Sector.name, Role.name)
    )
    return [ReferenceRole(*row) for row in rows]


async def roles_held(session: AsyncSession, agencies: Select[int], on: date) -> list[RoleLine]:
    """The roles that somebody in these agencies holds and has not left, by sector and name."""
    held = select(Post.role_id).join(Team, Team.id == Post.team_id).where(Team.agency_id.in_(agencies), not_over(on))
    rows = await session.execute(
        select(Role.id, Role.code, Role.name, Sector.name)
        .join(Sector, Sector.id == Role.sector_id)
        .where(Role.id.in_(held))
        .order_by(Sector.name, Role.name)
    )
    return [RoleLine(*row) for row in rows]


async def roles_of_sectors(session: AsyncSession, agencies: Select[int]) -> list[RoleLine]:
    """The roles that there are in the sectors of these agencies, whoever holds one, by sector and name."""
    rows = await session.execute(
        select(Role.id, Role.code, Role.name, Sector.name)
        .join(Sector, Sector.id == Role.sector_id)
        .where(Sector.id.in_(select(Agency.sector_id).where(Agency.id.in_(agencies))), Role.withdrawn_at.is_(None))
        .order_by(Sector.name, Role.name)
    )
    return [RoleLine(*row) for row in rows]


async def roles_of_agency(session: AsyncSession, agency_id: int, on: date) -> list[RoleLine]:
    return await roles_held(session, select(Agency.id).where(Agency.id == agency_id), on)


@dataclass(frozen=True, slots=True)
class GroupLine:
    id: int
    code: str
    name: str
    audience: Audience


async def role_groups(session: AsyncSession) -> list[GroupLine]:
    """The groups of roles that are in use, in the order of the framework."""
    rows = await session.execute(
        select(RoleGroup.id, RoleGroup.code, RoleGroup.name, RoleGroup.audience)
        .where(RoleGroup.withdrawn_at.is_(None))
        .order_by(RoleGroup.position, RoleGroup.id)
    )
    return [GroupLine(number, code, name, Audience(audience)) for number, code, name, audience in rows]


@dataclass(frozen=True, slots=True)
class HeldPost:
    id: int
    role: str
    team: str
    agency: str


async def held_posts(session: AsyncSession, posts: Collection[int], *, since: date) -> list[HeldPost]:
    """Those of the posts that have not ended before a day, by team."""
    rows = await session.execute(
        select(Post.id, Role.name, team_in_full(), Agency.name)
        .join(Role, Role.id == Post.role_id)
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .where(Post.id.in_(posts), not_over(since))
        .order_by(Agency.name, Team.name, Post.id)
    )
    return [HeldPost(*row) for row in rows]


async def sectors_without_agency(session: AsyncSession, partnership_id: int) -> list[str]:
    """The sectors of which no agency belongs to a partnership, by name."""
    members = select(AgencyPartnership.agency_id).where(
        AgencyPartnership.partnership_id == partnership_id, AgencyPartnership.withdrawn_at.is_(None)
    )
    there = select(Agency.sector_id).where(Agency.id.in_(members))
    return list(await session.scalars(select(Sector.name).where(Sector.id.not_in(there)).order_by(Sector.name)))
