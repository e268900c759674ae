"""A partnership's agencies, and each agency's own figures as an e-mail may tell them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.people.models import Agency, AgencyPartnership
from training_tracker.uptake.counting import By, Uptake, families, people_by_agency, uptake
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
        name: published(lines, {name: sizes[name]}, threshold, on=on, families=kin, shared=[])
        for name, lines in by_agency.items()
    }
