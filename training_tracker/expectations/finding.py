"""Expectations by what people write for them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.errors import NotFound
from training_tracker.expectations.models import Expectation
from training_tracker.naming import fold, nearest, tidy


async def find_expectation(session: AsyncSession, name: str) -> Expectation:
    """The expectation of this code or title, in any spelling. Raises :class:`NotFound` with the nearest codes."""
    expectations = list(await session.scalars(select(Expectation).order_by(Expectation.id)))
    for known in expectations:
        if fold(name) in (fold(known.code), fold(known.title)):
            return known
    alike = nearest(name, [known.code for known in expectations])
    guess = (
        f" Did you mean {' or '.join(alike)}?" if alike else " “standing explain” shows what is expected of a person."
    )
    raise NotFound(f"There is no expectation “{tidy(name)}”.{guess}")
