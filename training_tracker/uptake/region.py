"""The partnership's table: named agencies by expectation, small numbers suppressed. Page, file and e-mail show it."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.people.models import Agency, AgencyPartnership, Team
from training_tracker.standing.known import PostFilter
from training_tracker.uptake.counting import By, Uptake, agencies_of_shared_people, families, people_by_agency, uptake
from training_tracker.uptake.suppression import PublishedTable, published


async def agencies_in(session: AsyncSession, partnerships: Collection[int]) -> dict[int, str]:
    """The agencies that belong to these partnerships, by id, with their names."""
    rows = await session.execute(
        select(Agency.id, Agency.name)
        .join(AgencyPartnership, AgencyPartnership.agency_id == Agency.id)
        .where(AgencyPartnership.partnership_id.in_(partnerships), AgencyPartnership.withdrawn_at.is_(None))
        .distinct()
        .order_by(Agency.name)
    )
    return {row.id: row.name for row in rows}


async def published_uptake(
    session: AsyncSession, on: date, *, today: date, threshold: int, agencies: Collection[int]
) -> PublishedTable:
    """The uptake of these agencies' required expectations on a day."""
    posts = _posts_of(agencies)
    lines = await uptake(session, on, by=By.AGENCY, today=today, posts=posts)
    return published(
        [line for line in lines if line.required],
        await people_by_agency(session, on, today=today, posts=posts),
        threshold,
        families=await families(session, on, today=today),
        shared=await agencies_of_shared_people(session, on, today=today),
    )


async def own_uptake(session: AsyncSession, on: date, *, today: date, threshold: int) -> dict[str, PublishedTable]:
    """Each agency's own figures by its name, for an e-mail to it: nothing that rests on few people, but nothing hidden
    for another agency's sake either."""
    sizes = await people_by_agency(session, on, today=today)
    kin = await families(session, on, today=today)
    by_agency: dict[str, list[Uptake]] = defaultdict(list)
    for line in await uptake(session, on, by=By.AGENCY, today=today):
        if line.required and line.agency:
            by_agency[line.agency].append(line)
    return {
        name: published(lines, {name: sizes[name]}, threshold, families=kin, shared=[])
        for name, lines in by_agency.items()
    }


def _posts_of(agencies: Collection[int]) -> PostFilter:
    return lambda post: post.c.team_id.in_(select(Team.id).where(Team.agency_id.in_(agencies)))
