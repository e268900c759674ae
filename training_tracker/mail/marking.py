"""What became of messages, written down: those that end in the same moment in one transaction."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.claiming import still_ours
from training_tracker.mail.faults import Fault, address_refused, reason_of
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import NotArrived
from training_tracker.mail.undeliverable import note_refusal

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
# Seconds between tries to write down what the mail server has accepted while the database stumbles.
PATIENCE = (0.1, 0.5, 2, 5, 15)

_MESSAGE = cast("Table", Message.__table__)
# On the table itself, since the program's objects would have every row read again.
CHANGE = (
    update(_MESSAGE)
    .where(_MESSAGE.c.id == bindparam("message"), _MESSAGE.c.claimed_until == bindparam("claim"))
    .values(
        claimed_until=None,
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        sent_at=bindparam("new_sent_at"),
        not_before=bindparam("new_not_before"),
        last_error=bindparam("new_last_error"),
    )
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to: sent, failed, or waiting again until ``not_before``."""

    message: Message
    state: MessageState
    sent_at: datetime | None = None
    not_before: datetime | None = None
    reason: str | None = None
    address_refused: bool = False


def outcome_of(message: Message, error: Exception | None, fault: Fault | None) -> Outcome:
    if error is None:
        return Outcome(message, MessageState.SENT, sent_at=now())
    if fault is Fault.REFUSED or _waited(message.attempts) >= GIVE_UP_AFTER:
        return Outcome(message, MessageState.FAILED, reason=reason_of(error), address_refused=address_refused(error))
    later = now() + _wait(message.attempts)
    return Outcome(message, MessageState.WAITING, not_before=later, reason=reason_of(error))


class Marks:
    """Writes outcomes down. Whoever asks while a transaction is at its end goes with the next one, all together."""

    def __init__(self, database: Database, not_arrived: NotArrived) -> None:
        self.database = database
        self.not_arrived = not_arrived
        self._outcomes: list[Outcome] = []
        self._writing = asyncio.Lock()
        # Kept: to take one for each mark, and to look whether it works, would take longer than the mark.
        self._connection: AsyncConnection | None = None

    async def write(self, outcome: Outcome) -> None:
        """Returns when it is written: until then its connection sends nothing more, so that a process that dies leaves
        at most one message for each connection sent and not marked."""
        self._outcomes.append(outcome)
        async with self._writing:
            together, self._outcomes = self._outcomes, []
            if together:
                await self._write_patiently(together)

    async def _write_patiently(self, outcomes: Sequence[Outcome]) -> None:
        # To forget what the server has accepted is to send it twice, so a database that restarts is waited for.
        for pause in PATIENCE:
            with suppress(DBAPIError):
                await self._write(outcomes)
                return
            await self.close()
            await asyncio.sleep(pause)
        await self._write(outcomes)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            with suppress(DBAPIError):
                await connection.close()

    async def _write(self, outcomes: Sequence[Outcome]) -> None:
        rows = [_row(outcome) for outcome in outcomes]
        failed = [outcome for outcome in outcomes if outcome.state is MessageState.FAILED]
        if not failed:
            self._connection = self._connection or await self.database.connection()
            await self._connection.execute(CHANGE, rows)
            await self._connection.commit()
            return
        async with self.database.writing() as session:
            # First those that failed, while it can be seen whether they are still ours.
            for outcome in failed:
                if await _is_ours(session, outcome.message):
                    await self._give_up(session, outcome)
            await session.execute(CHANGE, rows)

    async def _give_up(self, session: AsyncSession, outcome: Outcome) -> None:
        await self.not_arrived(session, [outcome.message.id])
        if outcome.address_refused:
            await note_refusal(session, outcome.message)


async def _is_ours(session: AsyncSession, message: Message) -> bool:
    claim = select(Message.id).where(Message.id == message.id, still_ours([message])).with_for_update()
    return await session.scalar(claim) is not None


def _row(outcome: Outcome) -> dict[str, object]:
    message = outcome.message
    return {
        "message": message.id,
        "claim": message.claimed_until,
        "new_state": outcome.state,
        "new_attempts": message.attempts + 1,
        "new_sent_at": outcome.sent_at,
        "new_not_before": outcome.not_before or message.not_before,
        "new_last_error": outcome.reason,
    }


def _wait(attempts: int) -> timedelta:
    """How long to wait after one more refusal, when there were so many before: 5 minutes, doubling, up to 6 hours."""
    wait: timedelta = min(FIRST_WAIT * 2**attempts, LONGEST_WAIT)
    return wait


def _waited(attempts: int) -> timedelta:
    """How long, at least, a message refused so many times has waited since the first refusal."""
    return sum(map(_wait, range(attempts)), timedelta())
