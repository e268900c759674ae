"""Exemptions: one post, one expectation, with a reason and an end.

They touch no standing that is kept: the dates stay, and whether somebody is exempt is read with the status.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Exemption, Expectation
from training_tracker.people.models import Post


async def grant_exemption(
    session: AsyncSession, post_id: int, expectation_id: int, *, starts_on: date, until: date, reason: str, by: str
) -> Exemption:
    """Exempt a post from an expectation between two days, both included."""
    if not reason.strip():
        raise Refused("An exemption is granted for a reason", "Say why the work does not need it.", "reason")
    if until < starts_on:
        raise Refused("The exemption ends before it begins", "Give an end on or after the start.", "until")
    if await session.get(Post, post_id) is None or await session.get(Expectation, expectation_id) is None:
        raise NotFound(f"post {post_id} or expectation {expectation_id}")
    exemption = Exemption(
        post_id=post_id,
        expectation_id=expectation_id,
        starts_on=starts_on,
        until=until,
        reason=reason.strip(),
        granted_by=by,
        granted_at=now(),
    )
    session.add(exemption)
    return exemption


async def withdraw_exemption(session: AsyncSession, exemption_id: int) -> None:
    exemption = await session.scalar(
        select(Exemption).where(Exemption.id == exemption_id, Exemption.withdrawn_at.is_(None))
    )
    if exemption is None:
        raise NotFound(f"exemption {exemption_id}")
    exemption.withdrawn_at = now()
