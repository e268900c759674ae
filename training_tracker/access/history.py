"""Who may read what of the audit trail: people what concerns themselves, an agency's lead what concerns its people."""

from collections.abc import Collection

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, visible_teams
from training_tracker.audit.models import Action, AuditEntry
from training_tracker.audit.reading import History, history
from training_tracker.audit.trail import note_download, note_look
from training_tracker.database import Database
from training_tracker.people.agencies import managed_by
from training_tracker.people.models import Post, Team
from training_tracker.people.posts import not_over


async def own_history(session: AsyncSession, actor: Actor, *, page: int, page_size: int) -> History:
    about_me = AuditEntry.practitioner_id == actor.practitioner_id
    return await history(session, about_me, page=page, page_size=page_size)


async def history_of_agencies(
    session: AsyncSession, actor: Actor, *, person: int = 0, page: int, page_size: int
) -> History:
    """What was done in the agencies that the actor leads, and to names and addresses of those who work there.

    What another agency keeps of one of them is that agency's, and what somebody completed may tell of it.
    ``person`` narrows it to one of them.
    """
    people = select(Post.practitioner_id).where(
        Post.team_id.in_(select(Team.id).where(Team.agency_id.in_(actor.agencies))), not_over(actor.on)
    )
    named = and_(AuditEntry.record == "practitioner", AuditEntry.action != Action.SIGNED_IN)
    where = or_(
        AuditEntry.agency_id.in_(actor.agencies),
        and_(AuditEntry.agency_id.is_(None), named, AuditEntry.practitioner_id.in_(people)),
    )
    if person:
        where = and_(where, AuditEntry.practitioner_id == person)
    return await history(session, where, page=page, page_size=page_size)


async def look_at(database: Database, actor: Actor, practitioner_id: int) -> None:
    """Write down that somebody who does not manage this person looked at their record."""
    async with database.reading() as session:
        held = select(Team.agency_id, Team.id).join(Post, Post.team_id == Team.id)
        teams = await session.execute(
            held.where(Post.practitioner_id == practitioner_id, Team.id.in_(visible_teams(actor)))
        )
        agencies = {team.id: team.agency_id for team in teams}
        managed = set(
            await session.scalars(select(Team.id).where(Team.id.in_(managed_by(actor.practitioner_id, actor.on))))
        )
    if actor.practitioner_id == practitioner_id or agencies.keys() & managed:
        return
    async with database.writing() as session:
        await note_look(session, practitioner_id, min(agencies.values(), default=None))


async def download_people(database: Database, agencies: Collection[int]) -> None:
    """Write down that somebody takes a list of people away, for each of the agencies whose people they are."""
    if agencies:
        async with database.writing() as session:
            for agency_id in agencies:
                await note_download(session, agency_id)
