"""Rules about a setting: at least so many people in an agency, or in each of its teams, who have done a thing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.expectations.models import Expectation, ExpectationVersion, Setting
from training_tracker.people.finding import team_paths
from training_tracker.people.models import Agency, Team
from training_tracker.standing.known import PostFilter, known_parent
from training_tracker.standing.status import MET, standings_on


@dataclass(frozen=True, slots=True)
class Coverage:
    """One setting and one rule: how many different people there meet it, of how many needed.

    ``team`` is the team with those above it, or empty where the agency as a whole is the setting.
    """

    agency_id: int
    agency: str
    team: str
    expectation: str
    title: str
    needed: int
    people: int

    @property
    def covered(self) -> bool:
        return self.people >= self.needed

    @property
    def missing(self) -> int:
        return max(self.needed - self.people, 0)


async def coverage(
    session: AsyncSession,
    on: date,
    *,
    today: date,
    known_at: datetime | None = None,
    posts: PostFilter | None = None,
) -> list[Coverage]:
    """Every setting of every rule about settings, by agency, rule and team.

    Each team that holds a post the rule is about is a setting; whoever is in the teams below it counts for it too.
    People who are exempt, on leave or in grace do not. Two statements.
    """
    standing = standings_on(on, today=today, known_at=known_at, posts=posts)
    upwards = select(Team.id.label("team_id"), Team.id.label("above_id")).cte("upwards", recursive=True)
    upwards = upwards.union_all(
        select(upwards.c.team_id, known_parent(known_at))
        .join(Team, Team.id == upwards.c.above_id)
        .where(Team.parent_id.is_not(None))
    )
    place, version = aliased(Team), ExpectationVersion
    meets = case((standing.c.status.in_([status.value for status in MET]), standing.c.practitioner_id))
    holds_a_post = func.max(case((standing.c.team_id == place.id, 1), else_=0)) == 1
    key = (Agency.id, Agency.name, place.id, Expectation.code, Expectation.title)
    rows = (
        await session.execute(
            select(*key, version.people_in_setting, version.setting, func.count(meets.distinct()).label("people"))
            .select_from(standing)
            .join(version, version.id == standing.c.version_id)
            .join(Expectation, Expectation.id == standing.c.expectation_id)
            .join(upwards, upwards.c.team_id == standing.c.team_id)
            .join(place, place.id == upwards.c.above_id)
            .join(Agency, Agency.id == place.agency_id)
            .where(
                version.people_in_setting.is_not(None),
                # The whole agency is its top team with all below it.
                or_(version.setting == Setting.TEAM, place.parent_id.is_(None)),
            )
            .group_by(*key, version.id, version.people_in_setting, version.setting)
            .having(or_(version.setting == Setting.AGENCY, holds_a_post))
        )
    ).all()
    agencies = {row[0] for row in rows if row.setting is Setting.TEAM}
    teams = select(Team.id, Team.name, known_parent(known_at).label("parent_id")).where(Team.agency_id.in_(agencies))
    paths = team_paths((await session.execute(teams)).all())
    found = [
        Coverage(
            agency_id=agency_id,
            agency=agency,
            team=" > ".join(paths[team_id][1:] or paths[team_id]) if setting is Setting.TEAM else "",
            expectation=code,
            title=title,
            needed=needed or 0,
            people=people,
        )
        for agency_id, agency, team_id, code, title, needed, setting, people in rows
    ]
    return sorted(found, key=lambda one: (one.agency, one.title, one.expectation, one.team))


def not_covered(lines: Iterable[Coverage]) -> int:
    return sum(not line.covered for line in lines)
