"""Giving a practitioner the lead of an agency's training or of a partnership's, or its scrutiny, and taking it back."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.models import AccessRole, Grant

Right = dict[str, int | AccessRole]


async def lead_agency(session: AsyncSession, practitioner_id: int, agency_id: int) -> bool:
    """Let somebody lead an agency's training for as long as they hold a post there; says whether that is new."""
    return await _grant(session, _of_agency(practitioner_id, agency_id))


async def lead_partnership(session: AsyncSession, practitioner_id: int, partnership_id: int) -> bool:
    """Let somebody lead a partnership's training; says whether that is new."""
    return await _grant(session, _of_partnership(practitioner_id, partnership_id))


async def scrutinise(session: AsyncSession, practitioner_id: int, partnership_id: int) -> bool:
    """Let somebody read a partnership's figures, and no more; says whether that is new."""
    return await _grant(session, _of_partnership(practitioner_id, partnership_id, AccessRole.SCRUTINEER))


async def stop_leading_agency(session: AsyncSession, practitioner_id: int, agency_id: int) -> bool:
    """Let somebody lead an agency's training no longer; says whether they did."""
    return await _revoke(session, _of_agency(practitioner_id, agency_id))


async def stop_leading_partnership(session: AsyncSession, practitioner_id: int, partnership_id: int) -> bool:
    """Let somebody lead a partnership's training no longer; says whether they did."""
    return await _revoke(session, _of_partnership(practitioner_id, partnership_id))


async def stop_scrutinising(session: AsyncSession, practitioner_id: int, partnership_id: int) -> bool:
    """Let somebody read a partnership's figures no longer; says whether they might."""
    return await _revoke(session, _of_partnership(practitioner_id, partnership_id, AccessRole.SCRUTINEER))


def _of_agency(practitioner_id: int, agency_id: int) -> Right:
    return {"practitioner_id": practitioner_id, "role": AccessRole.AGENCY_LEAD, "agency_id": agency_id}


def _of_partnership(practitioner_id: int, partnership_id: int, role: AccessRole = AccessRole.PARTNERSHIP_LEAD) -> Right:
    return {"practitioner_id": practitioner_id, "role": role, "partnership_id": partnership_id}


async def _grant(session: AsyncSession, right: Right) -> bool:
    if await session.scalar(select(Grant.id).filter_by(**right)) is not None:
        return False
    session.add(Grant(**right))
    return True


async def _revoke(session: AsyncSession, right: Right) -> bool:
    grant = await session.scalar(select(Grant).filter_by(**right))
    if grant is None:
        return False
    await session.delete(grant)
    return True
