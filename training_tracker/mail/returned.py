"""Mail that came back, read from a maildir: reports about our messages are acted on and put aside."""

import asyncio
import mailbox
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.composing import number_of
from training_tracker.mail.marking import GIVE_UP_AFTER
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import ANYBODY, Author
from training_tracker.mail.reports import Undelivered, read_report
from training_tracker.mail.undeliverable import note_refusal
from training_tracker.settings import Settings

log = structlog.get_logger()

READ = "Read"
# A report sends back what was sent, so it may be long; what is longer is none.
LONGEST = 5_000_000


@dataclass
class Returned:
    """``reports`` were read and put aside, ``failed`` messages did not arrive, ``other`` mail was left where it is."""

    reports: int = 0
    failed: int = 0
    other: int = 0


async def read_returned(database: Database, settings: Settings, author: Author = ANYBODY) -> Returned:
    """Read what came back since the last time. Each report is put aside when what it says is written down."""
    returned = Returned()
    if not settings.returned_mail:
        return returned
    if not is_maildir(settings.returned_mail):
        log.error("mail.no_maildir", folder=settings.returned_mail)
        return returned
    folder = await asyncio.to_thread(mailbox.Maildir, settings.returned_mail, factory=None, create=False)
    for name in await asyncio.to_thread(folder.keys):
        report = await asyncio.to_thread(_report, folder, name)
        if report is None:
            returned.other += 1
            continue
        async with database.writing() as session:
            for undelivered in report:
                returned.failed += await _fail(session, undelivered, settings, author)
        await asyncio.to_thread(_put_aside, folder, name)
        returned.reports += 1
    if returned.reports:
        log.info("mail.returned", reports=returned.reports, failed=returned.failed, other=returned.other)
    return returned


def _report(folder: "mailbox.Maildir", name: str) -> list[Undelivered] | None:
    # Whoever else reads the folder may have put it aside.
    with suppress(KeyError, OSError), folder.get_file(name) as file:
        content: bytes = file.read(LONGEST + 1)
        return read_report(content) if len(content) <= LONGEST else None
    return None


def _put_aside(folder: "mailbox.Maildir", name: str) -> None:
    read = folder.add_folder(READ)
    with suppress(KeyError, OSError):
        read.add(folder.get_message(name))
        folder.discard(name)


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


def is_maildir(folder: str) -> bool:
    return all((Path(folder) / part).is_dir() for part in ("cur", "new", "tmp"))
