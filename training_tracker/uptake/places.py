"""How many places of a course a partnership offers in a month, beside what falls due."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.errors import Refused
from training_tracker.uptake.models import PlacesOffered

MOST = 10_000


async def places_offered(
    session: AsyncSession, partnership_id: int, *, known_at: datetime | None = None
) -> dict[tuple[int, date], int]:
    """By item and the first of the month, as the partnership says now or had said at a moment. One statement."""
    newest = (
        select(func.max(PlacesOffered.id))
        .where(PlacesOffered.partnership_id == partnership_id)
        .group_by(PlacesOffered.item_id, PlacesOffered.month)
    )
    if known_at is not None:
        newest = newest.where(PlacesOffered.said_at <= known_at)
    rows = await session.scalars(select(PlacesOffered).where(PlacesOffered.id.in_(newest)))
    return {(row.item_id, row.month): row.places for row in rows if row.places is not None}


async def offer_places(
    session: AsyncSession, partnership_id: int, item_id: int, places: Mapping[date, int | None]
) -> int:
    """Say how many places of an item there are in each of some months, given as their first days, None for not said;
    returns how many of them are not as they were.

    What was said before is kept. Raises :class:`Refused` for a number that cannot be.
    """
    for month, number in places.items():
        if number is not None and not 0 <= number <= MOST:
            problem = f"{number:,} places in {month:%B %Y} cannot be"
            raise Refused(problem, f"Give a number from 0 to {MOST:,}.", f"places-{month:%Y-%m}")
    before = await places_offered(session, partnership_id)
    changed = {month: number for month, number in places.items() if before.get((item_id, month)) != number}
    session.add_all(
        PlacesOffered(partnership_id=partnership_id, item_id=item_id, month=month, places=number, said_at=now())
        for month, number in changed.items()
    )
    return len(changed)
