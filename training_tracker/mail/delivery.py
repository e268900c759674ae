"""Delivery over SMTP: claim with a lease, send over one connection, mark each message on its own."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiosmtplib import SMTP, SMTPException
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.composing import SenderUnusable, as_email, check_sender
from training_tracker.mail.faults import Fault, fault_of, mend_of, reason_of
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, Withdrawn, Write, as_planned
from training_tracker.settings import Settings

log = structlog.get_logger()

BATCH = 100
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
# The parts of a lease that an attempt may take at most, and that a claim must have left when one begins: what lies
# between is for writing down what became of it.
LONGEST_ATTEMPT, ENOUGH = 0.5, 0.75
# So many new connections in a row that break over their first message: it is the server, not the messages.
BREAKS_TO_STOP = 3
# Seconds between tries to write down what the mail server has accepted while the database stumbles.
PATIENCE = (0.1, 0.5, 2, 5, 15)


@dataclass
class Delivered:
    """``postponed`` are tried again later; ``withdrawn`` were not true any more; ``failed`` need a person; ``stopped``
    says why nothing more went out."""

    sent: int = 0
    postponed: int = 0
    withdrawn: int = 0
    failed: int = 0
    stopped: str | None = None


async def deliver(database: Database, settings: Settings, write: Write = as_planned) -> Delivered:
    """Send what is waiting until nothing is, or the mail server will not have us."""
    run = _Run(database, settings, write)
    try:
        check_sender(settings)
        await run.send_all()
    except (SMTPException, OSError, SenderUnusable) as error:
        run.delivered.stopped = mend_of(error)
        log.error("mail.stopped", reason=run.delivered.stopped)
    finally:
        await run.release()
    return run.delivered


async def why_not_reachable(settings: Settings) -> str | None:
    """Try the sender and the mail server without sending anything; None if nothing would stop a delivery."""
    try:
        check_sender(settings)
        async with _connection(settings):
            return None
    except (SMTPException, OSError, SenderUnusable) as error:
        return mend_of(error)


class _Run:
    """One run of delivery, with the messages that it has claimed and not yet dealt with."""

    def __init__(self, database: Database, settings: Settings, write: Write) -> None:
        self.database = database
        self.settings = settings
        self.write = write
        self.delivered = Delivered()
        self.claimed: list[Message] = []
        self.breaks = 0

    async def send_all(self) -> None:
        while await self._claim():
            async with _connection(self.settings) as smtp:
                first = True
                while smtp.is_connected and await self._claim():
                    await _uninterrupted(self._deal_with_next(smtp, first=first))
                    first = False

    async def _claim(self) -> bool:
        """Have some messages to send: if we die, the claim runs out and another process takes them."""
        # Nothing may be left of a claim because all of it was withdrawn.
        while not self.claimed:
            if not await self._claim_some():
                return False
        return True

    async def _claim_some(self) -> bool:
        moment = now()
        waiting = (
            select(Message.id)
            .where(
                Message.state == MessageState.WAITING,
                Message.not_before <= moment,
                or_(Message.claimed_until.is_(None), Message.claimed_until < moment),
            )
            .order_by(Message.not_before, Message.id)
            .limit(BATCH)
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
        self.claimed = true
        return bool(messages)

    async def _write(self, session: AsyncSession, messages: list[Message]) -> list[Message]:
        """Let the messages say what is true now; returns those that have something to say."""
        written = await self.write(session, messages)
        for message in messages:
            match written.get(message.id):
                case Withdrawn(because):
                    message.state = MessageState.WITHDRAWN
                    message.withdrawn_because = because
                    message.claimed_until = None
                    self.delivered.withdrawn += 1
                case Draft(to=to, subject=subject, text=text, html=html):
                    message.to, message.subject, message.text, message.html = to, subject, text, html
        return [message for message in messages if message.state is MessageState.WAITING]

    async def _deal_with_next(self, smtp: SMTP, *, first: bool) -> None:
        """One attempt at one message, from making sure that it is ours to writing down what became of it."""
        if not await self._hold():
            self.claimed.pop(0)
            return
        message = self.claimed[0]
        error = await self._attempt(message, smtp)
        fault = fault_of(error) if error else None
        if fault is Fault.BROKEN:
            smtp.close()
            if not first:
                return  # servers close after so many messages; it is the first on the next connection
            self.breaks += 1
        elif fault is Fault.OURS:
            assert error is not None
            raise error
        else:
            self.breaks = 0
        await self._write_down(message, error, fault)
        self.claimed.pop(0)
        if error and self.breaks >= BREAKS_TO_STOP:
            raise error

    async def _hold(self) -> bool:
        """See that the claim on the next message outlasts the attempt, and where it was claimed a while ago, that it is
        still true. False if another process has the message by now, or it is not to be sent any more.
        """
        message = self.claimed[0]
        if message.claimed_until and message.claimed_until > now() + ENOUGH * self.settings.lease:
            return True
        async with self.database.writing() as session:
            renewed = await session.scalar(
                update(Message)
                .where(Message.id == message.id, self._ours([message]))
                .values(claimed_until=now() + self.settings.lease)
                .returning(Message)
                .execution_options(synchronize_session=False)
            )
            true = await self._write(session, [renewed] if renewed else [])
        self.claimed[:1] = true or [message]
        return bool(true)

    async def _attempt(self, message: Message, smtp: SMTP) -> Exception | None:
        try:
            # Every step has its own limit; all of them together must end well before the claim does.
            async with asyncio.timeout(LONGEST_ATTEMPT * self.settings.lease.total_seconds()):
                await smtp.send_message(as_email(message, self.settings))
        except (SMTPException, OSError, ValueError) as error:
            return error
        return None

    async def _write_down(self, message: Message, error: Exception | None, fault: Fault | None) -> None:
        if error is None:
            await self._mark(message, state=MessageState.SENT, sent_at=now(), last_error=None)
            self.delivered.sent += 1
        elif fault is Fault.REFUSED or _waited(message.attempts) >= GIVE_UP_AFTER:
            await self._mark(message, state=MessageState.FAILED, last_error=reason_of(error))
            self.delivered.failed += 1
            log.error("mail.failed", message=message.id, attempts=message.attempts + 1)
        else:
            later = now() + _wait(message.attempts)
            await self._mark(message, not_before=later, last_error=reason_of(error))
            self.delivered.postponed += 1

    async def _mark(self, message: Message, **changes: MessageState | datetime | str | None) -> None:
        # To forget what the server has accepted is to send it twice, so a database that restarts is waited for.
        for pause in PATIENCE:
            with suppress(DBAPIError):
                await self._change(message, claimed_until=None, attempts=message.attempts + 1, **changes)
                return
            await asyncio.sleep(pause)
        await self._change(message, claimed_until=None, attempts=message.attempts + 1, **changes)

    async def _change(self, message: Message, **changes: MessageState | datetime | str | int | None) -> bool:
        """Change the message if our claim on it still stands; says whether it did."""
        async with self.database.writing() as session:
            changed = await session.scalar(
                update(Message)
                .where(Message.id == message.id, self._ours([message]))
                .values(**changes)
                .returning(Message.id)
                .execution_options(synchronize_session=False)
            )
        return changed is not None

    async def release(self) -> None:
        if not self.claimed:
            return
        async with self.database.writing() as session:
            await session.execute(
                update(Message)
                .where(Message.id.in_([message.id for message in self.claimed]), self._ours(self.claimed))
                .values(claimed_until=None)
                .execution_options(synchronize_session=False)
            )

    @staticmethod
    def _ours(messages: list[Message]) -> ColumnElement[bool]:
        # Whoever claims a message after us writes a later time, so the time tells whose the claim is.
        return Message.claimed_until.in_({message.claimed_until for message in messages})


def _wait(attempts: int) -> timedelta:
    """How long to wait after one more refusal, when there were so many before: 5 minutes, doubling, up to 6 hours."""
    wait: timedelta = min(FIRST_WAIT * 2**attempts, LONGEST_WAIT)
    return wait


def _waited(attempts: int) -> timedelta:
    """How long, at least, a message refused so many times has waited since the first refusal."""
    return sum(map(_wait, range(attempts)), timedelta())


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncIterator[SMTP]:
    smtp = SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=settings.smtp_timeout_seconds,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        cert_bundle=settings.smtp_ca_file or None,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
    )
    await smtp.connect()
    try:
        yield smtp
    finally:
        # What was accepted stays accepted, however the server takes our leave.
        with suppress(SMTPException, OSError):
            await smtp.quit()
        smtp.close()


async def _uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Finish the message in hand before the process may stop: cut off after acceptance, it would be sent twice."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
