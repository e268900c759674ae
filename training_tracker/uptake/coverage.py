"""Rules about a setting: at least N people in an agency who have done a thing, such as safer recruitment."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.expectations.models import Expectation, ExpectationVersion
from training_tracker.people.models import Agency, Team
from training_tracker.standing.status import MET, standings_on


@dataclass(frozen=True, slots=True)
class Coverage:
    agency_id: int
    agency: str
    expectation_id: int
    title: str
    needed: int
    people: int

    @property
    def covered(self) -> bool:
        return self.people >= self.needed


async def coverage(session: AsyncSession, on: date, *, today: date, agency_id: int | None = None) -> list[Coverage]:
    """For each agency and each rule about settings, how many different people meet it on a date."""
    standing = standings_on(on, today=today)
    meets = case((standing.c.status.in_([status.value for status in MET]), standing.c.practitioner_id))
    statement = (
        select(
            Agency.id,
            Agency.name,
            Expectation.id,
            Expectation.title,
            ExpectationVersion.people_in_setting,
            func.count(meets.distinct()),
        )
        .select_from(standing)
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .join(Expectation, Expectation.id == standing.c.expectation_id)
        .join(Team, Team.id == standing.c.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .where(ExpectationVersion.people_in_setting.is_not(None))
        .group_by(Agency.id, Agency.name, Expectation.id, Expectation.title, ExpectationVersion.people_in_setting)
        .order_by(Agency.name, Expectation.title)
    )
    if agency_id is not None:
        statement = statement.where(Agency.id == agency_id)
    return [
        Coverage(agency, name, expectation, title, needed or 0, people)
        for agency, name, expectation, title, needed, people in await session.execute(statement)
    ]
