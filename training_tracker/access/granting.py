"""Giving a practitioner the lead of an agency's training, or of a partnership's."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.models import AccessRole, Grant


async def lead_agency(session: AsyncSession, practitioner_id: int, agency_id: int) -> bool:
    """Let somebody lead an agency's training; says whether that is new."""
    return await _grant(session, practitioner_id, AccessRole.AGENCY_LEAD, agency_id, None)


async def lead_partnership(session: AsyncSession, practitioner_id: int, partnership_id: int) -> bool:
    """Let somebody lead a partnership's training; says whether that is new."""
    return await _grant(session, practitioner_id, AccessRole.PARTNERSHIP_LEAD, None, partnership_id)


async def _grant(
    session: AsyncSession, practitioner_id: int, role: AccessRole, agency_id: int | None, partnership_id: int | None
) -> bool:
    right = {
        "practitioner_id": practitioner_id,
        "role": role,
        "agency_id": agency_id,
        "partnership_id": partnership_id,
    }
    if await session.scalar(select(Grant.id).filter_by(**right)) is not None:
        return False
    session.add(Grant(**right))
    return True
