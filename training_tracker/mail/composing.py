"""The e-mail that a message becomes, with the same Message-ID at every attempt."""

import hmac
import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, unquote

from training_tracker.calendar import now
from training_tracker.errors import Refused
from training_tracker.mail.models import Message
from training_tracker.sealing import seal
from training_tracker.settings import Settings

_WORD = r'[^\s@<>()\[\],:;"\\]+'
_ADDRESS = re.compile(rf"(?:(?P<name>[^<>]*)<)?(?P<user>{_WORD})@(?P<domain>{_WORD})(?(name)>)")

_OURS = re.compile(r"<(?P<id>\d{1,18})\.(?P<seal>[0-9a-f]{32})@[^>\s]+>")


class AddressUnusable(ValueError):
    """What is to be written to is no e-mail address."""


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
    try:
        email["To"] = address(message.to)
    except ValueError as error:
        raise AddressUnusable(str(error)) from None
    email["Subject"] = _one_line(message.subject)
    # As it is written now, with the facts of now. A date of some hours ago is a mark of junk to filters.
    email["Date"] = format_datetime(now())
    email["Message-ID"] = message_id(message, settings)
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


def refuse_no_address(written: str, field: str) -> None:
    """Raises :class:`Refused` for what is not one e-mail address."""
    try:
        address(written)
    except ValueError:
        mend = "Write it as name@organisation.example."
        raise Refused(f"{written} is not an e-mail address", mend, field) from None


def message_id(message: Message, settings: Settings) -> str:
    """The same for every attempt at one message, so that a second copy can be recognised as one.

    It names the message's row, so that a report about it can be understood, and nobody else can make one up.
    """
    domain = address(settings.mail_from).domain
    return f"<{message.id}.{_seal(message.id, settings)}@{domain}>"


def number_of(written: str, settings: Settings) -> int | None:
    """Which message a Message-ID is of; None if it is none of ours."""
    parts = _OURS.fullmatch(written)
    if parts is None or not hmac.compare_digest(parts["seal"], _seal(int(parts["id"]), settings)):
        return None
    return int(parts["id"])


def _seal(number: int, settings: Settings) -> str:
    return seal(settings, "message", str(number))[:32]


def kind_of(key: str) -> str:
    """What kind of message it is, as its key begins."""
    return key.partition(":")[0]


def _one_line(value: str) -> str:
    # The standard library lets a line break at the very end through, after which our next headers would be the
    # body, and it decodes what is written as an encoded word, in which a line break may hide.
    if "=?" in value or any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        raise ValueError(f"{value!r} contains a line break or another character that no header may have")
    return value
