"""The address somebody signs in with: who may change it, and what ends with the one before."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import CompoundSelect, delete, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.models import Grant, Identity
from training_tracker.access.sessions import end_all
from training_tracker.database import touch
from training_tracker.errors import Refused
from training_tracker.mail.undeliverable import unblock
from training_tracker.people.models import Post, Practitioner, Team


async def answered_for(session: AsyncSession, people: Collection[int]) -> Mapping[int, frozenset[int | None]]:
    """Of each of these people, the ids of the agencies that answer for their address, as they hold or held a post
    there; None among them for a right in a partnership.

    An address is the key to everything that is kept of its owner, so an agency changes it only where it answers alone.
    """
    posts = select(Post.practitioner_id, Team.agency_id).join(Team)
    leads = select(Grant.practitioner_id, null()).where(Grant.partnership_id.is_not(None))
    both: CompoundSelect[int, int | None] = union_all(
        posts.where(Post.practitioner_id.in_(people)), leads.where(Grant.practitioner_id.in_(people))
    )
    found: dict[int, set[int | None]] = defaultdict(set)
    for practitioner_id, agency_id in await session.execute(both):
        found[practitioner_id].add(agency_id)
    return {person: frozenset(agencies) for person, agencies in found.items()}


async def change_address(session: AsyncSession, person: Practitioner, address: str) -> bool:
    """Give somebody another address; says whether it is another. Raises :class:`Refused` for one that is taken."""
    if address == person.email:
        return False
    if await session.scalar(select(Practitioner.id).where(Practitioner.email == address)) is not None:
        raise Refused(f"{address} belongs to somebody else", "Give each person an address of their own.", "address")
    former, person.email = person.email, address
    if former is None:
        return True
    await give_up(session, {former: person.id})
    return True


async def give_up(session: AsyncSession, former: Mapping[str, int]) -> None:
    """These addresses are no longer those of these people (ids), who got others."""
    # Whoever signed in with a former address is not taken for its owner any more.
    await end_all(session, former.values())
    await session.execute(delete(Identity).where(Identity.practitioner_id.in_(former.values())))
    # What was said of an address holds for nobody else who may get it, and its former owner is written to again.
    works_again = await unblock(session, former)
    touch(session, practitioners=[former[address] for address in works_again])
