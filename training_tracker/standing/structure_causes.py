"""Roles, agencies and teams that were moved between two moments, in sentences, and which expectations that touches."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from training_tracker.calendar import in_words
from training_tracker.expectations.models import Expectation, ExpectationScope, ExpectationVersion
from training_tracker.people.models import (
    Agency,
    AgencyHistory,
    AgencyPartnership,
    Partnership,
    Role,
    RoleGroup,
    RoleHistory,
    Sector,
    Team,
    TeamHistory,
)

# What a post is in, and an expectation.
Placed = tuple[int, int]


@dataclass(frozen=True)
class StructureCauses:
    """Sentences by what a post is in and the expectation; a team that was moved took those below it along."""

    parents: dict[int, int | None]
    by_role: dict[Placed, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_agency: dict[Placed, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_team: dict[Placed, list[str]] = field(default_factory=lambda: defaultdict(list))

    def of(self, post: Any, expectation: int) -> Iterator[str]:
        yield from self.by_role.get((post.role_id, expectation), ())
        yield from self.by_agency.get((post.agency_id, expectation), ())
        for team in self.upwards(post.team_id):
            yield from self.by_team.get((team, expectation), ())

    def upwards(self, team: int | None) -> Iterator[int]:
        while team is not None:
            yield team
            team = self.parents[team]


async def structure_causes(session: AsyncSession, between: Callable[[Any], ColumnElement[bool]]) -> StructureCauses:
    """Only expectations whose scopes name where something was moved from or to, or that a partnership it joined or left
    owns.
    """
    teams = {team.id: team for team in await session.scalars(select(Team))}
    causes = StructureCauses({team.id: team.parent_id for team in teams.values()})
    asked = await _asked(session)
    titles = {group.id: group.name for group in await session.scalars(select(RoleGroup))}
    moved = _moved(Role, Role.role_group_id, RoleHistory, RoleHistory.role_id, RoleHistory.role_group_id, between)
    for role, before, after, moment in await session.execute(moved):
        told = f"The role “{role.name}” was moved from “{titles[before]}” to “{titles[after]}” on {_day(moment)}."
        for expectation in sorted(asked["role_group_id", before] | asked["role_group_id", after]):
            causes.by_role[role.id, expectation].append(told)
    names = {sector.id: sector.name for sector in await session.scalars(select(Sector))}
    moved = _moved(Agency, Agency.sector_id, AgencyHistory, AgencyHistory.agency_id, AgencyHistory.sector_id, between)
    for agency, before, after, moment in await session.execute(moved):
        told = f"{agency.name} was moved from the sector “{names[before]}” to “{names[after]}” on {_day(moment)}."
        for expectation in sorted(asked["sector_id", before] | asked["sector_id", after]):
            causes.by_agency[agency.id, expectation].append(told)
    moved = _moved(Team, Team.parent_id, TeamHistory, TeamHistory.team_id, TeamHistory.parent_id, between)
    for team, before, after, moment in await session.execute(moved):
        told = f"“{team.name}” was moved from “{teams[before].name}” to “{teams[after].name}” on {_day(moment)}."
        places = set(causes.upwards(before)) ^ set(causes.upwards(after))
        for expectation in sorted({one for place in places for one in asked["team_id", place]}):
            causes.by_team[team.id, expectation].append(told)
    for agency_id, expectation, sentence in await _memberships(session, between):
        causes.by_agency[agency_id, expectation].append(sentence)
    return causes


async def _asked(session: AsyncSession) -> dict[tuple[str, int], set[int]]:
    """The expectations whose scopes have ever named a role group, a sector or a team."""
    asked: dict[tuple[str, int], set[int]] = defaultdict(set)
    scope = ExpectationScope
    for expectation, *parts in await session.execute(
        select(ExpectationVersion.expectation_id, scope.role_group_id, scope.sector_id, scope.team_id).join(
            scope, scope.version_id == ExpectationVersion.id
        )
    ):
        for name, part in zip(("role_group_id", "sector_id", "team_id"), parts, strict=True):
            if part is not None:
                asked[name, part].add(expectation)
    return asked


def _moved(
    model: type[Role] | type[Agency] | type[Team],
    now: InstrumentedAttribute[Any],
    history: type[RoleHistory] | type[AgencyHistory] | type[TeamHistory],
    whose: InstrumentedAttribute[int],
    then: InstrumentedAttribute[int],
    between: Callable[[Any], ColumnElement[bool]],
) -> Select[Any, int, int, datetime]:
    """What was moved, from where, where to and when: to where it stood before the next move, or stands now."""
    following = func.lead(then).over(partition_by=whose, order_by=(history.superseded_at, history.id))
    move = select(
        history.id, whose.label("whose"), then.label("then"), following.label("following"), history.superseded_at
    ).subquery("move")
    return (
        select(model, move.c.then, func.coalesce(move.c.following, now), move.c.superseded_at)
        .join(move, move.c.whose == model.id)
        .where(between(move.c.superseded_at))
        .order_by(move.c.superseded_at, move.c.id)
    )


async def _memberships(
    session: AsyncSession, between: Callable[[Any], ColumnElement[bool]]
) -> list[tuple[int, int, str]]:
    """Agencies that joined or left a partnership, each with what it expects."""
    found = []
    membership = AgencyPartnership
    for verb, moment in (("joined", membership.recorded_at), ("left", membership.withdrawn_at)):
        rows = await session.execute(
            select(Agency.id, Agency.name, Partnership.name, Expectation.id, moment)
            .join(membership, membership.agency_id == Agency.id)
            .join(Partnership, Partnership.id == membership.partnership_id)
            .join(Expectation, Expectation.partnership_id == Partnership.id)
            .where(between(moment))
            .order_by(moment, Agency.id, Expectation.id)
        )
        found += [(row[0], row[3], f"{row[1]} {verb} {row[2]} on {_day(row[4])}.") for row in rows]
    return found


def _day(moment: datetime | None) -> str:
    assert moment is not None, "what is between two moments has one"
    return in_words(moment.date())
