"""Giving a practitioner the lead of an agency's training or of a partnership's, or its scrutiny, and taking it back."""

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.access.models import AccessRole, Grant
from training_tracker.database import Day
from training_tracker.errors import Refused
from training_tracker.mail.composing import refuse_no_address
from training_tracker.mail.undeliverable import bare_address
from training_tracker.naming import tidy
from training_tracker.people.models import Post, Practitioner
from training_tracker.people.posts import has_post_still

LONGEST_NAME = 200

Right = dict[str, int | AccessRole]


def may_sign_in(today: Day) -> ColumnElement[bool]:
    """Whether a row's practitioner has a post that is not over, or a partnership's right and never had a post.

    An independent scrutineer works for no agency. Whoever has left one is out, whatever right nobody took back.
    """
    # Under other names, since the row may come from these very tables.
    right, post = aliased(Grant), aliased(Post)
    has_right = exists().where(right.practitioner_id == Practitioner.id, right.partnership_id.is_not(None))
    never = ~exists().where(post.practitioner_id == Practitioner.id)
    return or_(has_post_still(today), and_(has_right, never))


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


async def add_outsider(session: AsyncSession, email: str, name: str) -> None:
    """Let somebody be known who works for no agency here, so that they can be given a partnership's right.

    Raises :class:`Refused` if somebody has that address, or there is no name or no address in what is given.
    """
    email, name = tidy(email), tidy(name)
    refuse_no_address(email, "email")
    address = bare_address(email)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refused(f"A name has 1 to {LONGEST_NAME} characters", "Give it as they write it.", "name")
    known = await session.scalar(select(Practitioner.name).where(Practitioner.email == address))
    if known is not None:
        raise Refused(f"{address} is {known}'s already", "Leave --name out to give them the right.", "name")
    session.add(Practitioner(name=name, email=address))
    await session.flush()


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
