"""Delivery reports (RFC 3464): what mail servers send back about messages that did not arrive."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.utils import parseaddr

from training_tracker.mail.faults import NO_SUCH_MAILBOX, gone_for_good

# A report sends back what was sent, so it may be long; what is longer is none.
LONGEST = 5_000_000
# The folder, below that in which they arrive, for those that were read.
READ = "Read"
# What says only that it failed; the server's own words may say more.
_VAGUE = re.compile(r"5\.[05]\.0")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b([45]\d\d)[\s-]")


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One message that one address did not get. ``for_good``: the address is said not to work.

    ``message_id`` is that of the message, as far as the report sends it back.
    """

    address: str
    message_id: str
    for_good: bool
    said: str


def read_report(content: bytes) -> list[Undelivered] | None:
    """What a report says did not arrive, and None for mail that is no delivery report. Nothing makes it fail.

    Read with the standard library: it gives status and message for each recipient, where libraries that guess at
    bounces give addresses alone, and a full mailbox would count as one that does not exist.
    """
    mail = message_from_bytes(content)
    status = next((part for part in mail.walk() if part.get_content_type() == "message/delivery-status"), None)
    if mail.get_content_type() != "multipart/report" or status is None:
        return None
    message_id = _original_id(mail)
    recipients = status.get_payload()
    return [
        _undelivered(fields, message_id)
        for fields in (recipients if isinstance(recipients, list) else [])
        if isinstance(fields, Message) and _word(fields, "Action").lower() == "failed"
    ]


def _undelivered(fields: Message, message_id: str) -> Undelivered:
    address = _typed(fields, "Original-Recipient") or _typed(fields, "Final-Recipient")
    status = next(iter(_STATUS.findall(_word(fields, "Status"))), "")
    diagnosis = _typed(fields, "Diagnostic-Code")
    return Undelivered(
        address=parseaddr(address)[1].lower(),
        message_id=message_id,
        for_good=_for_good(status, diagnosis),
        said=" ".join(f"{status} {diagnosis}".split())[:400],
    )


def _for_good(status: str, diagnosis: str) -> bool:
    if status and not _VAGUE.fullmatch(status):
        return gone_for_good(status)
    told = _STATUS.search(diagnosis)
    if told and not _VAGUE.fullmatch(told[1]):
        return gone_for_good(told[1])
    code = _CODE.search(diagnosis)
    return code is not None and int(code[1]) in NO_SUCH_MAILBOX


def _original_id(mail: Message) -> str:
    for part in mail.walk():
        if part is mail:
            continue
        if part.get_content_type() == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            found = _word(message_from_bytes(text if isinstance(text, bytes) else b""), "Message-ID")
        else:
            found = _word(part, "Message-ID")
        if found:
            return found
    return ""


def _typed(fields: Message, name: str) -> str:
    """What stands behind the type, as in ``rfc822; ann@agency.example``."""
    value = _word(fields, name)
    return value.partition(";")[2].strip() if ";" in value else value


def _word(fields: Message, name: str) -> str:
    try:
        value = str(fields.get(name, ""))
    except (MessageError, ValueError, LookupError):
        return ""
    # Fit to be asked for and kept, whatever bytes it was made of.
    return value.encode(errors="replace").decode().replace("\0", "?").strip()
