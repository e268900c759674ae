"""A day's plan as the tests look at it, and the e-mails that come of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import time_machine
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.database import Database
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Withdrawn, Written
from training_tracker.reminders.deciding import Held
from training_tracker.reminders.digests import Decided, plan_reminders
from training_tracker.reminders.sending import author
from training_tracker.settings import Settings

BASE = "https://training.tracker.example"


@dataclass(frozen=True)
class Planned:
    """``digests`` are the decisions to write to somebody; ``held`` counts the others by their reasons."""

    decisions: list[Decided]
    nothing_because: str

    @property
    def digests(self) -> list[Decided]:
        return [decided for decided in self.decisions if decided.held is None]

    @property
    def letters(self) -> list[Decided]:
        """Whatever is written to whom: digests, welcomes and confirmations."""
        return [decided for decided in self.decisions if decided.kind]

    @property
    def held(self) -> Counter[Held]:
        return Counter(decided.held for decided in self.decisions if decided.held)


async def plan(database: Database, on: date, *, today: date | None = None) -> Planned:
    async with database.writing() as session:
        return await planned(session, on, today=today)


async def planned(session: AsyncSession, on: date, *, today: date | None = None) -> Planned:
    decisions: list[Decided] = []
    plan = await plan_reminders(session, on, today=today or on, tell=decisions.append)
    assert plan.digests + plan.held.total() == len(decisions)
    return Planned(decisions, plan.nothing_because)


async def sent(database: Database) -> None:
    """All that waits has gone out."""
    async with database.writing() as session:
        await session.execute(
            update(Message).where(Message.state == MessageState.WAITING).values(state=MessageState.SENT)
        )


async def written(database: Database, on: date, messages: Sequence[Message] | None = None) -> Written:
    """What the messages, or all that wait, say if they are sent on a day."""
    tracker = author(Settings(base_url=BASE, _env_file=None))
    with time_machine.travel(datetime.combine(on, time(12), UTC), tick=False):
        async with database.writing() as session:
            waiting = await session.scalars(select(Message).where(Message.state == "waiting").order_by(Message.id))
            said = await tracker.write(session, messages or waiting.all())
            unsent = {number: what.because for number, what in said.items() if isinstance(what, Withdrawn)}
            await tracker.unsent(session, unsent)
            return said
