"""Why an attempt failed, and so what to do: wait, give the message up, connect anew, or stop."""

import re
from enum import Enum

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from training_tracker.mail.composing import AddressUnusable, SenderUnusable
from training_tracker.mail.logins import StillRejected

SERVICE_CLOSING = 421
TOO_LARGE = 552
SIGN_IN_WANTED = {530, 534, 535, 538}
PERMANENT = 500
# Said of a recipient without an enhanced status code: unknown, moved, not allowed, a host that takes no mail.
NO_SUCH_MAILBOX = {521, 550, 551, 553, 556}
# 5.1 is about an address, but two of them are about the sender's; what else says that there is no such mailbox: it is
# disabled, the server of its domain takes nothing for it, its domain leads nowhere.
OF_THE_SENDER = {"5.1.7", "5.1.8"}
GONE = {"5.2.1", "5.4.1", "5.4.4"}
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Fault(Enum):
    BUSY = "the server does not take this message now"
    REFUSED = "the server will never take this message, or it is no e-mail"
    BROKEN = "the connection is of no more use"
    OURS = "the server refuses us, whatever the message"


def fault_of(error: Exception) -> Fault:
    if isinstance(error, SMTPNotSupported | ValueError):
        return Fault.REFUSED
    if isinstance(error, SMTPRecipientsRefused):
        return _fault_of_code(error.recipients[0].code)
    if isinstance(error, SMTPDataError):
        return _fault_of_code(error.code)
    if isinstance(error, SMTPSenderRefused):
        fault = _fault_of_code(error.code)
        # The sender is the same in every message, so its refusal says nothing of this one; but a message that is
        # too large is refused here as well.
        return Fault.OURS if fault is Fault.REFUSED and error.code != TOO_LARGE else fault
    if isinstance(error, SMTPResponseException) and _fault_of_code(error.code) is not Fault.BROKEN:
        return Fault.OURS  # the greeting
    return Fault.BROKEN


def address_refused(error: Exception) -> bool:
    """Whether the server, or our own reading, says for good that the address does not exist or takes no mail.

    A refusal of what we say, of us, or of a full mailbox says nothing of the kind.
    """
    if isinstance(error, AddressUnusable):
        return True
    if not isinstance(error, SMTPRecipientsRefused):
        return isinstance(error, SMTPDataError) and error.code >= PERMANENT and _of_the_address(error.message)
    refusal = error.recipients[0]
    if refusal.code < PERMANENT:
        return False
    return _of_the_address(refusal.message) if _STATUS.match(refusal.message) else refusal.code in NO_SUCH_MAILBOX


def _of_the_address(said: str) -> bool:
    status = _STATUS.match(said)
    return status is not None and gone_for_good(status.group())


def gone_for_good(status: str) -> bool:
    """Whether an enhanced status code (RFC 3463) says that a mailbox does not exist, has moved or is closed."""
    return (status.startswith("5.1.") and status not in OF_THE_SENDER) or status in GONE


def _fault_of_code(code: int) -> Fault:
    if code == SERVICE_CLOSING or not 400 <= code < 600:  # the library's code for an answer that is none is -1
        return Fault.BROKEN
    if code in SIGN_IN_WANTED:
        return Fault.OURS
    return Fault.BUSY if code < 500 else Fault.REFUSED


def reason_of(error: Exception) -> str:
    """What the server said, fit to be kept: servers answer in any encoding, and at any length."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    said = f"{error.code} {error.message}" if isinstance(error, SMTPResponseException) else str(error)
    # A bare TimeoutError says nothing but its name.
    said = said or type(error).__name__
    return said.encode(errors="replace").decode().replace("\0", "?")[:500]


def mend_of(error: Exception) -> str:
    """What the person who runs the program is told when nothing more goes out."""
    said = reason_of(error)
    if isinstance(error, StillRejected):
        again = f"is asked again at {error.again_at:%H:%M} UTC"
        return f"the mail server rejects our sign-in ({said}) and {again}; check TRACKER_SMTP_USERNAME and _PASSWORD"
    if isinstance(error, SMTPAuthenticationError):
        return f"the mail server rejects our sign-in ({said}); check TRACKER_SMTP_USERNAME and _PASSWORD"
    if isinstance(error, SMTPResponseException) and error.code in SIGN_IN_WANTED:
        return f"the mail server wants us to sign in ({said}); check TRACKER_SMTP_USERNAME, _PASSWORD and _SECURITY"
    if isinstance(error, SMTPSenderRefused):
        return f"the mail server refuses our sender address ({said}); check TRACKER_MAIL_FROM"
    if isinstance(error, SenderUnusable):
        return f"the sender cannot be used ({said}); check TRACKER_MAIL_FROM and _REPLY_TO"
    return f"the mail server cannot be used ({said}); check TRACKER_SMTP_HOST, _PORT, _SECURITY and _CA_FILE"
