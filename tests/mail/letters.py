"""Messages in the outbox, as the tests plan and read them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from training_tracker.database import Database
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, put
from training_tracker.settings import Settings


class ShortLease(Settings):
    """Claims that run out while a test waits."""

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=2)


class LongerLease(Settings):
    """Claims that run out while a test waits, and not because the machine has other work for a moment."""

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=6)


def settings_for(
    port: int, *, short_lease: bool = False, kind: type[Settings] | None = None, **changes: Any
) -> Settings:
    kind = kind or (ShortLease if short_lease else Settings)
    options: dict[str, Any] = {
        "smtp_port": port,
        "smtp_security": "none",
        "smtp_timeout_seconds": 20,
        "smtp_connections": 1,
        "mail_from": "Training Tracker <training@tracker.example>",
    }
    return kind(**(options | changes), _env_file=None)


def draft(number: int, **changes: str) -> Draft:
    options = {
        "key": f"letter:{number}",
        "to": f"person{number}@agency.example",
        "subject": f"Your training {number}",
        "text": f"Dear {number},\none thing is due.\n",
        "html": f"<p>Dear {number}, one thing is due.</p>\n",
    }
    return Draft(**(options | changes))


async def plan(database: Database, *drafts: Draft) -> list[int]:
    async with database.writing() as session:
        return await put(session, drafts)


async def plan_many(database: Database, count: int, *, first: int = 0) -> list[int]:
    return await plan(database, *(draft(number) for number in range(first, first + count)))


async def outbox(database: Database) -> list[Message]:
    async with database.reading() as session:
        return list(await session.scalars(select(Message).order_by(Message.id)))


async def only(database: Database) -> Message:
    (message,) = await outbox(database)
    return message


async def states(database: Database) -> dict[str, int]:
    async with database.reading() as session:
        rows = await session.execute(select(Message.state, func.count()).group_by(Message.state))
        return {MessageState(state).value: count for state, count in rows}


async def claimed(database: Database) -> int:
    async with database.reading() as session:
        statement = select(func.count()).select_from(Message).where(Message.claimed_until.is_not(None))
        return await session.scalar(statement) or 0
