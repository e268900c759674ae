"""An e-mail that is sent at once or not at all: what it holds is good for minutes, and is kept nowhere."""

from email.utils import make_msgid

from aiosmtplib import SMTPException

from training_tracker.database import Database
from training_tracker.mail.composing import SenderUnusable, address, as_email
from training_tracker.mail.connecting import connect_in_turn, take_leave
from training_tracker.mail.logins import StillRejected
from training_tracker.mail.models import Message
from training_tracker.mail.outbox import Draft
from training_tracker.settings import Settings

# What may keep it from being sent.
NOT_SENT = (SMTPException, OSError, ValueError, SenderUnusable, StillRejected)


async def send_at_once(database: Database, settings: Settings, draft: Draft) -> None:
    """Raises what the mail server, or the way to it, says against it (:data:`NOT_SENT`). Nothing tries again."""
    message = Message(
        id=0,
        key=draft.key,
        to=draft.to,
        subject=draft.subject,
        text=draft.text,
        html=draft.html,
        reply_to=draft.reply_to or None,
    )
    email = as_email(message, settings)
    # No row of ours is behind it, so none may be named.
    email.replace_header("Message-ID", make_msgid(domain=address(settings.mail_from).domain))
    smtp = await connect_in_turn(database, settings)
    try:
        await smtp.send_message(email)
    finally:
        await take_leave(smtp)
