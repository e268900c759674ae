"""A connection to the mail server, protected and signed in as the settings say."""

from contextlib import suppress

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException

from training_tracker.database import Database
from training_tracker.mail.logins import in_turn
from training_tracker.sealing import seal
from training_tracker.settings import Settings


async def connect(settings: Settings) -> SMTP:
    """Every step of it, and every command afterwards, may take as long as the settings say."""
    smtp = SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=settings.smtp_timeout_seconds,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        cert_bundle=settings.smtp_ca_file or None,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
    )
    await smtp.connect()
    return smtp


async def connect_in_turn(database: Database, settings: Settings) -> SMTP:
    """Raises :class:`StillRejected` where our login was rejected and its wait is not over."""
    async with in_turn(database, smtp_login(settings), SMTPAuthenticationError):
        return await connect(settings)


def smtp_login(settings: Settings) -> str:
    password = settings.smtp_password.get_secret_value()
    login = f"{settings.smtp_host} {settings.smtp_port} {settings.smtp_username} {password}"
    return seal(settings, "smtp login", login)


async def take_leave(smtp: SMTP) -> None:
    # What was accepted stays accepted, however the server takes our leave.
    with suppress(SMTPException, OSError):
        await smtp.quit()
    smtp.close()
