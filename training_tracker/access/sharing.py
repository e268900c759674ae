"""To which of their agencies somebody shows their whole record: by their own switch, as long as they work there."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, visible_person
from training_tracker.access.models import RecordShown
from training_tracker.calendar import now
from training_tracker.database import insert_unless_known
from training_tracker.errors import NotFound
from training_tracker.people.models import Post, Practitioner, Team
from training_tracker.people.posts import agencies_worked_for, in_post


async def shown_to(session: AsyncSession, practitioner_id: int) -> set[int]:
    """The ids of the agencies to which a person shows their whole record."""
    shown = select(RecordShown.agency_id).where(RecordShown.practitioner_id == practitioner_id)
    return set(await session.scalars(shown))


async def show_to(session: AsyncSession, actor: Actor, agencies: Collection[int]) -> None:
    """Show one's whole record to these agencies and to no other. Raises :class:`NotFound` for one not worked for."""
    if unknown := set(agencies) - await agencies_worked_for(session, actor.practitioner_id, actor.on):
        raise NotFound(f"agency {min(unknown)}")
    before = await shown_to(session, actor.practitioner_id)
    no_longer = RecordShown.agency_id.in_(before - set(agencies))
    await session.execute(delete(RecordShown).where(RecordShown.practitioner_id == actor.practitioner_id, no_longer))
    new = sorted(set(agencies) - before)
    if new:
        rows = [{"practitioner_id": actor.practitioner_id, "agency_id": each, "since": now()} for each in new]
        # The form may have been sent twice.
        await session.execute(insert_unless_known(session, RecordShown).on_conflict_do_nothing(), rows)


async def shows_record(session: AsyncSession, practitioner_id: int, posts: Collection[int], on: date) -> bool:
    """Whether a person shows their whole record to an agency in which they hold one of these posts on a day."""
    shown = (
        select(RecordShown.agency_id)
        .join(Team, Team.agency_id == RecordShown.agency_id)
        .join(Post, Post.team_id == Team.id)
        .where(RecordShown.practitioner_id == practitioner_id, Post.id.in_(posts), in_post(on))
    )
    return await session.scalar(shown.limit(1)) is not None


async def person_who_shows(session: AsyncSession, actor: Actor, practitioner_id: int) -> Practitioner:
    """Raises :class:`NotFound` for everybody who does not show the actor their whole record."""
    person, posts = await visible_person(session, actor, practitioner_id)
    if not await shows_record(session, person.id, posts, actor.on):
        raise NotFound(f"record of practitioner {practitioner_id}")
    return person
