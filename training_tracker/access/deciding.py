"""Who decides about what somebody says is not right in their record."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor
from training_tracker.access.models import ServiceToken
from training_tracker.access.tokens import SIGNED
from training_tracker.people.agencies import managed_by
from training_tracker.people.listing import AgencyLine, agencies_of
from training_tracker.people.models import Post, Practitioner, Team
from training_tracker.people.posts import agencies_worked_for
from training_tracker.records.models import Completion


async def agencies_to_ask(session: AsyncSession, completion: Completion, on: date) -> list[AgencyLine]:
    """Of the agencies that the person works for, those whose people or systems recorded a completion.

    All of them where it was none, as after a move, or nobody can tell, as of a file that whoever runs the tracker
    brought in: then the person says which.
    """
    own = await agencies_worked_for(session, completion.practitioner_id, on)
    people = (
        select(Team.agency_id)
        .join(Post, Post.team_id == Team.id)
        .join(Practitioner, Practitioner.id == Post.practitioner_id)
        .where(Practitioner.email == func.lower(completion.recorded_by))
    )
    systems = select(ServiceToken.agency_id).where(literal(SIGNED).concat(ServiceToken.name) == completion.recorded_by)
    recorded = {*await session.scalars(people), *await session.scalars(systems)}
    return await agencies_of(session, sorted(own & recorded or own))


def signatures_of(agency_id: int) -> Select[str]:
    """What stands under facts that an agency's people and systems record, in small letters. Whoever works or worked
    for it is one of its people, wherever else they do.
    """
    systems = select(func.lower(literal(SIGNED).concat(ServiceToken.name))).where(ServiceToken.agency_id == agency_id)
    signatures = union_all(signatures_of_people([agency_id]), systems).subquery("signature")
    return select(signatures.c[0])


def signatures_of_people(agencies: Collection[int]) -> Select[str]:
    """The same of people alone: which systems an agency has is told to no page."""
    return (
        select(func.lower(Practitioner.email))
        .join(Post, Post.practitioner_id == Practitioner.id)
        .join(Team, Team.id == Post.team_id)
        .where(Team.agency_id.in_(agencies), Practitioner.email.is_not(None))
    )


async def decides_as(session: AsyncSession, actor: Actor, practitioner_id: int, agency_id: int) -> str:
    """In which role the actor decides about somebody in an agency: a manager before its training lead."""
    managed = (
        select(Post.id)
        .join(Team, Team.id == Post.team_id)
        .where(
            Post.practitioner_id == practitioner_id,
            Team.agency_id == agency_id,
            Team.id.in_(managed_by(actor.practitioner_id, actor.on)),
        )
    )
    return "manager" if await session.scalar(managed.limit(1)) else "training lead"
