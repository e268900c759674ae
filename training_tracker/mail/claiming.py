"""Messages claimed with a lease: if we die, the claim runs out and another process takes them."""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.models import MailServerState, Message, MessageState
from training_tracker.mail.outbox import Author, Draft, Withdrawn
from training_tracker.mail.undeliverable import undeliverable_among
from training_tracker.settings import Settings

BATCH = 100
TO_NOWHERE = "the e-mail address does not work"
# The part of a lease that a claim must have left when an attempt begins.
ENOUGH = 0.75
# So few waiting here, the next are claimed and written while these are sent.
FEW = 50


class Claims:
    """What one process has claimed and not yet dealt with, handed out to its connections one by one."""

    def __init__(self, database: Database, settings: Settings, author: Author) -> None:
        self.database = database
        self.settings = settings
        self.author = author
        self.withdrawn = 0
        self._waiting: deque[Message] = deque()
        self._in_hand: dict[int, Message] = {}
        self._turns: dict[int, datetime] = {}
        self._claiming = asyncio.Lock()
        self._ahead: asyncio.Task[bool] | None = None

    async def any_to_claim(self) -> bool:
        async with self.database.reading() as session:
            return await session.scalar(_to_claim(now()).limit(1)) is not None

    async def some(self) -> int:
        """Have some messages to hand out; says how many, and 0 if none waits."""
        async with self._claiming:
            # Nothing may be left of a claim because all of it was withdrawn.
            while not self._waiting:
                if self._ahead is None:
                    self._ahead = asyncio.create_task(self._claim())
                # Never cut off: a statement that is broken off on SQLite may leave its transaction, and the lock.
                found = await asyncio.shield(self._ahead)
                self._ahead = None
                if not found:
                    return 0
            return len(self._waiting)

    async def next(self) -> Message | None:
        """The next message when its turn has come, to be given back with ``done`` or ``put_back``; None if none waits.

        Its claim outlasts the attempt, and if it was claimed a while ago, it is still true.
        """
        while await self.some():
            message = self._waiting.popleft()
            self._in_hand[message.id] = message
            self._claim_ahead()
            await self._turn_of(message)
            held = await self._hold(message)
            if held is not None:
                self._in_hand[held.id] = held
                return held
            self.done(message)
        return None

    def _claim_ahead(self) -> None:
        # Not where there is a limit: what is claimed early would wait for its turn for long.
        if len(self._waiting) >= FEW or self.settings.smtp_messages_per_minute:
            return
        if self._ahead and self._ahead.done() and self._ahead.result():
            self._ahead = None
        if not self._ahead:
            self._ahead = asyncio.create_task(self._claim())

    def done(self, message: Message) -> None:
        del self._in_hand[message.id]
        self._turns.pop(message.id, None)

    def put_back(self, message: Message) -> None:
        self._waiting.appendleft(self._in_hand.pop(message.id))

    async def release(self) -> None:
        """Let go of what was not dealt with. Where the database is away, the claims run out by themselves."""
        if self._ahead:
            await asyncio.gather(self._ahead, return_exceptions=True)
        messages = [*self._in_hand.values(), *self._waiting]
        if not messages:
            return
        with suppress(DBAPIError):
            async with self.database.writing() as session:
                await session.execute(
                    update(Message)
                    .where(Message.id.in_([message.id for message in messages]), still_ours(messages))
                    .values(claimed_until=None)
                    .execution_options(synchronize_session=False)
                )

    async def _claim(self) -> bool:
        moment = now()
        waiting = (
            _to_claim(moment)
            .order_by(Message.not_before, Message.id)
            .limit(self._at_once)
            .with_for_update(skip_locked=True)
            # As a common table expression PostgreSQL reads it once; a subquery it may read, and lock, again.
            .cte("waiting")
        )
        async with self.database.writing() as session:
            claimed = await session.scalars(
                update(Message)
                .where(Message.id.in_(select(waiting.c.id)))
                .values(claimed_until=moment + self.settings.lease)
                .returning(Message)
                .execution_options(synchronize_session=False)
            )
            messages = sorted(claimed, key=lambda message: (message.not_before, message.id))
            true = await self._write(session, messages)
            self._turns.update(await self._take_turns(session, true))
        self._waiting.extend(true)
        return bool(messages)

    @property
    def _at_once(self) -> int:
        """No more than may go within a minute: whoever else delivers wants turns as well."""
        return min(BATCH, self.settings.smtp_messages_per_minute or BATCH)

    async def _write(self, session: AsyncSession, messages: list[Message]) -> list[Message]:
        """Let the messages say what is true now; returns those that have something to say."""
        written = await self.author.write(session, messages)
        for message in messages:
            match written.get(message.id):
                case Withdrawn(because):
                    self._withdraw(message, because)
                case Draft() as draft:
                    message.to, message.subject = draft.to, draft.subject
                    message.text, message.html = draft.text, draft.html
                    message.reply_to = draft.reply_to or None
        nowhere = await undeliverable_among(session, {message.to for message in messages})
        for message in messages:
            if message.state is MessageState.WAITING and message.to in nowhere:
                self._withdraw(message, TO_NOWHERE)
        unsent = {message.id: message.withdrawn_because for message in messages if message.withdrawn_because}
        if unsent:
            await self.author.unsent(session, unsent)
        return [message for message in messages if message.state is MessageState.WAITING]

    def _withdraw(self, message: Message, because: str) -> None:
        message.state = MessageState.WITHDRAWN
        message.withdrawn_because = because
        message.claimed_until = None
        self.withdrawn += 1

    async def _take_turns(self, session: AsyncSession, messages: list[Message]) -> dict[int, datetime]:
        """When each may go, where there is a limit: one queue for every process, kept in the database."""
        if not self.settings.smtp_messages_per_minute or not messages:
            return {}
        state = (await session.scalars(select(MailServerState).with_for_update())).one()
        apart = timedelta(minutes=1) / self.settings.smtp_messages_per_minute
        first = max(now(), state.next_turn or now())
        state.next_turn = first + apart * len(messages)
        return {message.id: first + apart * place for place, message in enumerate(messages)}

    async def _turn_of(self, message: Message) -> None:
        turn = self._turns.get(message.id)
        if turn is not None:
            await asyncio.sleep((turn - now()).total_seconds())

    async def _hold(self, message: Message) -> Message | None:
        """The message, as it is to be said now; None if another process has it by now, or it is not to be sent."""
        if message.claimed_until and message.claimed_until > now() + ENOUGH * self.settings.lease:
            return message
        async with self.database.writing() as session:
            renewed = await session.scalar(
                update(Message)
                .where(Message.id == message.id, still_ours([message]))
                .values(claimed_until=now() + self.settings.lease)
                .returning(Message)
                .execution_options(synchronize_session=False)
            )
            true = await self._write(session, [renewed] if renewed else [])
        return true[0] if true else None


def _to_claim(moment: datetime) -> Select[int]:
    return select(Message.id).where(
        Message.state == MessageState.WAITING,
        Message.not_before <= moment,
        or_(Message.claimed_until.is_(None), Message.claimed_until < moment),
    )


def still_ours(messages: Iterable[Message]) -> ColumnElement[bool]:
    # Whoever claims a message after us writes a later time, so the time tells whose the claim is.
    return Message.claimed_until.in_({message.claimed_until for message in messages})
