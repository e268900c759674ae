"""What every process knows of the mail server: whether it has stopped delivery, since when and why."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.models import MailServerState


@dataclass(frozen=True, slots=True)
class Stopped:
    """Since when nothing goes out, and why the last try stopped."""

    since: datetime
    because: str


async def stopped(session: AsyncSession) -> Stopped | None:
    """Whether delivery stands still: from the first try that was stopped until a message goes out again."""
    state = (await session.scalars(select(MailServerState))).one()
    return Stopped(state.stopped_at, state.stopped_because or "") if state.stopped_at else None


async def note_stopped(database: Database, because: str) -> None:
    async with database.writing() as session:
        await session.execute(
            update(MailServerState).values(
                stopped_at=func.coalesce(MailServerState.stopped_at, now()), stopped_because=because
            )
        )


async def note_it_works(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(
            update(MailServerState)
            .where(MailServerState.stopped_at.is_not(None))
            .values(stopped_at=None, stopped_because=None)
        )
