"""The e-mail that a message becomes: the same one at every attempt."""

import hashlib
import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, unquote

from training_tracker.mail.models import Message
from training_tracker.settings import Settings

_WORD = r'[^\s@<>()\[\],:;"\\]+'
_ADDRESS = re.compile(rf"(?:(?P<name>[^<>]*)<)?(?P<user>{_WORD})@(?P<domain>{_WORD})(?(name)>)")


class SenderUnusable(Exception):
    """Our own addresses are wrong: no fault of any message, so none may be blamed for it."""


def check_sender(settings: Settings) -> None:
    try:
        for ours in filter(None, (settings.mail_from, settings.mail_reply_to)):
            address(ours)
    except ValueError as error:
        raise SenderUnusable(str(error)) from None


def as_email(message: Message, settings: Settings) -> EmailMessage:
    """Raises :class:`ValueError` if the message cannot be an e-mail to exactly one address, or says nothing."""
    if not message.text:
        raise ValueError("nobody has written what it says")
    sender = address(settings.mail_from)
    email = EmailMessage()
    email["From"] = sender
    email["To"] = address(message.to)
    email["Subject"] = _one_line(message.subject)
    email["Date"] = format_datetime(message.planned_at)
    email["Message-ID"] = message_id(message.key, sender)
    email["Auto-Submitted"] = "auto-generated"
    # Filters and rules go by it. Nothing may be unsubscribed from: it is said because of what somebody's post expects.
    email["List-Id"] = f"<{kind_of(message.key)}.training.{sender.domain}>"
    if reply_to := message.reply_to or settings.mail_reply_to:
        email["Reply-To"] = address(reply_to)
    email.set_content(message.text)
    email.add_alternative(message.html, subtype="html")
    return email


def address(written: str) -> Address:
    """One address, ``ann@agency.example`` or ``Ann Reed <ann@agency.example>``; else :class:`ValueError`."""
    # Read by our own strict pattern: the standard library's lenient reader sees two recipients, or half an
    # address, where a name or a comma is misplaced.
    parts = _ADDRESS.fullmatch(_one_line(written))
    if parts is None:
        raise ValueError(f"{written!r} is not one e-mail address")
    name = unquote((parts["name"] or "").strip())
    return Address(display_name=name, username=parts["user"], domain=parts["domain"])


def message_id(key: str, sender: Address) -> str:
    """The same for every attempt at one message, so that a second copy can be recognised as one."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.domain}>"


def kind_of(key: str) -> str:
    """What kind of message it is, as its key begins."""
    return key.partition(":")[0]


def _one_line(value: str) -> str:
    # The standard library lets a line break at the very end through, after which our next headers would be the
    # body, and it decodes what is written as an encoded word, in which a line break may hide.
    if "=?" in value or any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        raise ValueError(f"{value!r} contains a line break or another character that no header may have")
    return value
