"""Mail that came back, in a maildir or an IMAP folder: reports about our messages are acted on and put aside."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.composing import number_of
from training_tracker.mail.imap import ImapError, imap_folder, mend_of_imap
from training_tracker.mail.maildir import Maildir, is_maildir
from training_tracker.mail.marking import GIVE_UP_AFTER
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import ANYBODY, Author
from training_tracker.mail.reports import Undelivered, read_report
from training_tracker.mail.undeliverable import note_refusal
from training_tracker.settings import Settings

log = structlog.get_logger()


@dataclass
class Returned:
    """``reports`` were read and put aside, ``failed`` messages did not arrive, ``other`` mail was left where it is."""

    reports: int = 0
    failed: int = 0
    other: int = 0


class Folder(Protocol):
    """Where mail that came back lies. Each call takes its time, and is made in a thread."""

    def names(self) -> Sequence[Any]:
        """Of what may be a report."""

    def content(self, name: Any) -> bytes | None:
        """None where it is gone, or too long for a report."""

    def put_aside(self, name: Any) -> None: ...


async def read_returned(database: Database, settings: Settings, author: Author = ANYBODY) -> Returned:
    """Read what came back since the last time. Each report is put aside when what it says is written down.

    A folder that cannot be read is told in the log, and read the next time.
    """
    returned = Returned()
    if settings.returned_mail:
        if is_maildir(settings.returned_mail):
            await _read(await asyncio.to_thread(Maildir, settings.returned_mail), returned, database, settings, author)
        else:
            log.error("mail.no_maildir", folder=settings.returned_mail)
    if settings.imap_host:
        try:
            async with imap_folder(database, settings) as folder:
                await _read(folder, returned, database, settings, author)
        except ImapError as error:
            log.error("mail.returned_unreadable", reason=mend_of_imap(error))
    if returned.reports:
        log.info("mail.returned", reports=returned.reports, failed=returned.failed, other=returned.other)
    return returned


async def _read(folder: Folder, returned: Returned, database: Database, settings: Settings, author: Author) -> None:
    for name in await asyncio.to_thread(folder.names):
        content = await asyncio.to_thread(folder.content, name)
        report = await asyncio.to_thread(read_report, content) if content else None
        if report is None:
            returned.other += 1
            continue
        async with database.writing() as session:
            for undelivered in report:
                returned.failed += await _fail(session, undelivered, settings, author)
        await asyncio.to_thread(folder.put_aside, name)
        returned.reports += 1


async def _fail(session: AsyncSession, undelivered: Undelivered, settings: Settings, author: Author) -> bool:
    """Give up the message that did not arrive; says whether there is one."""
    number = number_of(undelivered.message_id, settings) or await _newest_to(session, undelivered.address)
    if number is None:
        return False
    message = await session.scalar(
        update(Message)
        .where(Message.id == number, Message.state == MessageState.SENT)
        .values(state=MessageState.FAILED, last_error=f"came back: {undelivered.said}")
        .returning(Message)
    )
    if message is None:
        return False
    log.error("mail.came_back", message=message.id, for_good=undelivered.for_good)
    await author.not_arrived(session, [message.id])
    if undelivered.for_good:
        await note_refusal(session, message)
    return True


async def _newest_to(session: AsyncSession, address: str) -> int | None:
    """The newest message that was sent to an address while a mail server may still have been trying."""
    found: int | None = await session.scalar(
        select(Message.id)
        .where(Message.to == address, Message.state == MessageState.SENT, Message.sent_at > now() - 2 * GIVE_UP_AFTER)
        .order_by(Message.id.desc())
        .limit(1)
    )
    return found
