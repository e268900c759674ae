"""Why an attempt failed, and so what to do: wait, give the message up, connect anew, or stop."""

from enum import Enum

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from training_tracker.mail.composing import SenderUnusable

SERVICE_CLOSING = 421
TOO_LARGE = 552
SIGN_IN_WANTED = {530, 534, 535, 538}


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
    if isinstance(error, SMTPAuthenticationError):
        return f"the mail server rejects our sign-in ({said}); check TRACKER_SMTP_USERNAME and _PASSWORD"
    if isinstance(error, SMTPResponseException) and error.code in SIGN_IN_WANTED:
        return f"the mail server wants us to sign in ({said}); check TRACKER_SMTP_USERNAME, _PASSWORD and _SECURITY"
    if isinstance(error, SMTPSenderRefused):
        return f"the mail server refuses our sender address ({said}); check TRACKER_MAIL_FROM"
    if isinstance(error, SenderUnusable):
        return f"the sender cannot be used ({said}); check TRACKER_MAIL_FROM and _REPLY_TO"
    return f"the mail server cannot be used ({said}); check TRACKER_SMTP_HOST, _PORT, _SECURITY and _CA_FILE"
