"""Delivery over SMTP: claim with a lease, send over one connection, mark each message on its own."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import structlog
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from sqlalchemy import or_, select, update

from training_tracker.calendar import now
from training_tracker.database import Database
from training_tracker.mail.models import Message, MessageState
from training_tracker.settings import Settings

log = structlog.get_logger()

BATCH = 100
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)


@dataclass
class Delivered:
    """``postponed`` are tried again later; ``failed`` need a person; ``stopped`` says why nothing more went out."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    stopped: str | None = None


async def deliver(database: Database, settings: Settings) -> Delivered:
    """Send what is waiting until nothing is, or the mail server will not have us."""
    delivered = Delivered()
    messages = await _claim(database, settings)
    if not messages:
        return delivered
    try:
        async with _connection(settings) as smtp:
            while messages:
                while messages:
                    await _send(database, settings, smtp, messages[0], delivered)
                    messages.pop(0)
                messages = await _claim(database, settings)
    except (SMTPException, OSError) as error:
        delivered.stopped = _reason(error)
        log.error("mail.stopped", reason=delivered.stopped)
        await _release(database, messages)
    return delivered


async def _claim(database: Database, settings: Settings) -> list[Message]:
    """Take some waiting messages for ourselves; if we die, the claim runs out and another process takes them."""
    moment = now()
    waiting = (
        select(Message.id)
        .where(
            Message.state == MessageState.WAITING,
            Message.not_before <= moment,
            or_(Message.claimed_until.is_(None), Message.claimed_until < moment),
        )
        .order_by(Message.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    async with database.writing() as session:
        claimed = await session.scalars(
            update(Message)
            .where(Message.id.in_(waiting.scalar_subquery()))
            .values(claimed_until=moment + settings.lease)
            .returning(Message)
            .execution_options(populate_existing=True)
        )
        return sorted(claimed, key=lambda message: message.id)


async def _release(database: Database, messages: list[Message]) -> None:
    async with database.writing() as session:
        await session.execute(
            update(Message).where(Message.id.in_([m.id for m in messages])).values(claimed_until=None)
        )


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncIterator[SMTP]:
    smtp = SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=settings.smtp_timeout_seconds,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
    )
    await smtp.connect()
    try:
        yield smtp
    finally:
        if smtp.is_connected:
            await smtp.quit()


async def _send(database: Database, settings: Settings, smtp: SMTP, message: Message, delivered: Delivered) -> None:
    try:
        await smtp.send_message(as_email(message, settings))
    except (SMTPRecipientsRefused, SMTPResponseException) as error:
        if isinstance(error, SMTPAuthenticationError):
            raise
        code, reason = _refusal(error)
        temporary = 400 <= code < 500 and now() - message.planned_at < GIVE_UP_AFTER
        await _mark_refused(database, message, reason, temporary=temporary)
        if temporary:
            delivered.postponed += 1
        else:
            delivered.failed += 1
            log.error("mail.failed", message=message.id, code=code)
        return
    await _mark(database, message, state=MessageState.SENT, sent_at=now(), last_error=None)
    delivered.sent += 1


def as_email(message: Message, settings: Settings) -> EmailMessage:
    email = EmailMessage()
    email["From"] = settings.mail_from
    email["To"] = message.to
    email["Subject"] = message.subject
    email["Date"] = format_datetime(message.planned_at)
    email["Message-ID"] = message_id(message.key, settings)
    email["Auto-Submitted"] = "auto-generated"
    if settings.mail_reply_to:
        email["Reply-To"] = settings.mail_reply_to
    email.set_content(message.text)
    email.add_alternative(message.html, subtype="html")
    return email


def message_id(key: str, settings: Settings) -> str:
    """The same for every attempt at one message, so that a second copy can be recognised as one."""
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


async def _mark_refused(database: Database, message: Message, reason: str, *, temporary: bool) -> None:
    if temporary:
        wait: timedelta = min(FIRST_WAIT * 2**message.attempts, LONGEST_WAIT)
        await _mark(database, message, not_before=now() + wait, last_error=reason)
    else:
        await _mark(database, message, state=MessageState.FAILED, last_error=reason)


async def _mark(database: Database, message: Message, **changes: MessageState | datetime | str | None) -> None:
    async with database.writing() as session:
        await session.execute(
            update(Message)
            .where(Message.id == message.id)
            .values(claimed_until=None, attempts=Message.attempts + 1, **changes)
        )


def _refusal(error: SMTPRecipientsRefused | SMTPResponseException) -> tuple[int, str]:
    if isinstance(error, SMTPRecipientsRefused):
        first: SMTPRecipientRefused = error.recipients[0]
        return first.code, f"{first.code} {first.message}"
    return error.code, f"{error.code} {error.message}"


def _reason(error: Exception) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return f"the mail server rejects our sign-in ({error.code}); check TRACKER_SMTP_USERNAME and _PASSWORD"
    return f"the mail server cannot be used ({error}); check TRACKER_SMTP_HOST, _PORT and _SECURITY"
