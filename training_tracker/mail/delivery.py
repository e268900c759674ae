"""Delivery over SMTP: messages are claimed, sent over a few connections, and marked one by one as they go."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from aiosmtplib import SMTP, SMTPException

from training_tracker.database import Database
from training_tracker.mail.claiming import Claims
from training_tracker.mail.composing import SenderUnusable, as_email, check_sender
from training_tracker.mail.connecting import connect, connect_in_turn, take_leave
from training_tracker.mail.faults import Fault, fault_of, mend_of
from training_tracker.mail.logins import StillRejected
from training_tracker.mail.marking import Marks, Outcome, outcome_of
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import ANYBODY, Author
from training_tracker.mail.server_state import note_it_works, note_stopped
from training_tracker.settings import Settings

log = structlog.get_logger()

# The part of a lease that an attempt may take at most; what it has left then is for writing down what became of it.
LONGEST_ATTEMPT = 0.5
# So many new connections in a row that break over their first message: it is the server, not the messages.
BREAKS_TO_STOP = 3
# One more connection is opened for so many messages that wait.
WORTH_A_CONNECTION = 10


@dataclass
class Delivered:
    """``postponed`` are tried again later; ``withdrawn`` were not true any more; ``failed`` need a person; ``stopped``
    says why nothing more went out."""

    sent: int = 0
    postponed: int = 0
    withdrawn: int = 0
    failed: int = 0
    stopped: str | None = None


async def deliver(database: Database, settings: Settings, author: Author = ANYBODY) -> Delivered:
    """Send what is waiting until nothing is, or the mail server will not have us."""
    run = _Run(database, settings, author)
    try:
        check_sender(settings)
        await run.send_all()
    except (SMTPException, OSError, SenderUnusable, StillRejected) as error:
        run.delivered.stopped = mend_of(error)
        log.error("mail.stopped", reason=run.delivered.stopped)
        await note_stopped(database, run.delivered.stopped)
    finally:
        await run.marks.close()
        await run.claims.release()
    run.delivered.withdrawn = run.claims.withdrawn
    return run.delivered


async def why_not_reachable(settings: Settings) -> str | None:
    """Try the sender and the mail server without sending anything; None if nothing would stop a delivery."""
    try:
        check_sender(settings)
        await take_leave(await connect(settings))
    except (SMTPException, OSError, SenderUnusable) as error:
        return mend_of(error)
    return None


class _Run:
    """One run of delivery, over as many connections as there are messages for."""

    def __init__(self, database: Database, settings: Settings, author: Author) -> None:
        self.database = database
        self.settings = settings
        self.claims = Claims(database, settings, author)
        self.marks = Marks(database, author.not_arrived)
        self.delivered = Delivered()
        self.connecting = asyncio.Lock()
        self.connections = 0
        self.breaks = 0
        self.opened: SMTP | None = None

    async def send_all(self) -> None:
        if not await self.claims.any_to_claim():
            return
        # Before anything is claimed: what is written counts as said on that day, and to a server that is away nothing
        # is said.
        self.opened = await connect_in_turn(self.database, self.settings)
        try:
            await self._send_over_connections()
        finally:
            if self.opened is not None:  # all of it was withdrawn
                await take_leave(self.opened)

    async def _send_over_connections(self) -> None:
        while waiting := await self.claims.some():
            number = min(self.settings.smtp_connections, -(-waiting // WORTH_A_CONNECTION))
            senders = [asyncio.create_task(self._send()) for _ in range(number)]
            try:
                await asyncio.gather(*senders)
            finally:
                # If one has to stop, all do, each when the message in its hand is dealt with.
                for sender in senders:
                    sender.cancel()
                await asyncio.gather(*senders, return_exceptions=True)

    async def _send(self) -> None:
        """Send what waits over one connection, and over another when that is closed."""
        while await self.claims.some():
            async with self.connecting:  # one after another, so that a refusal can be told from a server that is away
                try:
                    # Where our login has just been good, another that is not says that we have enough connections.
                    if self.opened:
                        smtp, self.opened = self.opened, None
                    elif self.connections:
                        smtp = await connect(self.settings)
                    else:
                        smtp = await connect_in_turn(self.database, self.settings)
                except (SMTPException, OSError):
                    if self.connections:
                        return  # the server has enough of us: the other connections go on
                    raise
                self.connections += 1
            try:
                first = True
                while smtp.is_connected and (message := await self.claims.next()):
                    await _uninterrupted(self._deal_with(message, smtp, first=first))
                    first = False
            finally:
                self.connections -= 1
                await take_leave(smtp)

    async def _deal_with(self, message: Message, smtp: SMTP, *, first: bool) -> None:
        """One attempt at one message, and writing down what became of it."""
        error = await self._attempt(message, smtp)
        fault = fault_of(error) if error else None
        if fault is Fault.BROKEN:
            smtp.close()
            if not first:
                self.claims.put_back(message)  # servers close after so many messages; it is the first on the next
                return
            self.breaks += 1
        elif fault is Fault.OURS:
            assert error is not None
            raise error
        else:
            self.breaks = 0
        outcome = outcome_of(message, error, fault)
        await self.marks.write(outcome)
        self.claims.done(message)
        await self._count(outcome)
        if error and self.breaks >= BREAKS_TO_STOP:
            raise error

    async def _attempt(self, message: Message, smtp: SMTP) -> Exception | None:
        try:
            # Every step has its own limit; all of them together must end well before the claim does.
            async with asyncio.timeout(LONGEST_ATTEMPT * self.settings.lease.total_seconds()):
                await smtp.send_message(as_email(message, self.settings))
        except (SMTPException, OSError, ValueError) as error:
            return error
        return None

    async def _count(self, outcome: Outcome) -> None:
        match outcome.state:
            case MessageState.SENT:
                self.delivered.sent += 1
                if self.delivered.sent == 1:
                    await note_it_works(self.database)
            case MessageState.FAILED:
                self.delivered.failed += 1
                log.error("mail.failed", message=outcome.message.id, attempts=outcome.message.attempts + 1)
            case _:
                self.delivered.postponed += 1


async def _uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Finish the message in hand before the process may stop: cut off after acceptance, it would be sent twice."""
    task = asyncio.ensure_future(work)
    told_to_stop = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:  # however often we are told
            told_to_stop = True
    if told_to_stop and not task.cancelled():
        task.exception()  # is of no more interest
        raise asyncio.CancelledError
    task.result()
