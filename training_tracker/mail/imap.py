"""A folder of a mail server's, read over IMAP: the reports in it, and its own folder for what was read."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from training_tracker.database import Database
from training_tracker.mail.logins import StillRejected, in_turn
from training_tracker.mail.reports import LONGEST, READ
from training_tracker.sealing import seal
from training_tracker.settings import Settings

# What every report says in its first lines (RFC 6522), so that nothing else has to be fetched.
A_REPORT = ["UNDELETED", "HEADER", "Content-Type", "delivery-status", "SMALLER", LONGEST + 1]
# What the server, or the way to it, may say against us; none of it loses a report.
ImapError = (IMAPClientError, OSError, StillRejected)


class ImapFolder:
    """A connection to the server, protected as the settings say. To others, what is looked at here stays unread."""

    def __init__(self, settings: Settings) -> None:
        wanted = ssl.create_default_context()
        if settings.smtp_ca_file:
            wanted.load_verify_locations(settings.smtp_ca_file)
        self._settings = settings
        self._client = IMAPClient(
            settings.imap_host,
            settings.imap_port,
            ssl=settings.imap_security == "tls",
            ssl_context=wanted if settings.imap_security == "tls" else None,
            timeout=settings.smtp_timeout_seconds,
        )
        if settings.imap_security == "starttls":
            self._client.starttls(wanted)

    def sign_in(self) -> None:
        self._client.login(self._settings.imap_username, self._settings.imap_password.get_secret_value())

    def open(self) -> None:
        self._client.select_folder(self._settings.imap_folder)

    def names(self) -> list[int]:
        return list(self._client.search(A_REPORT))

    def content(self, name: int) -> bytes | None:
        """None where somebody has moved it meanwhile."""
        found: bytes | None = self._client.fetch([name], ["BODY.PEEK[]"]).get(name, {}).get(b"BODY[]")
        return found

    def put_aside(self, name: int) -> None:
        self._client.move([name], self._read)

    @cached_property
    def _read(self) -> str:
        """The name of the folder for what was read, below ours; made when it is wanted first."""
        _flags, delimiter, name = self._client.list_folders("", self._settings.imap_folder)[0]
        read = f"{name}{delimiter.decode()}{READ}"
        if not self._client.folder_exists(read):
            self._client.create_folder(read)
        return read

    def close(self) -> None:
        self._client.__exit__(None, None, None)


@asynccontextmanager
async def imap_folder(database: Database, settings: Settings) -> AsyncIterator[ImapFolder]:
    """Raises one of ``ImapError`` where it cannot be read; a login that was rejected is not tried again at once."""
    folder = await asyncio.to_thread(ImapFolder, settings)
    try:
        async with in_turn(database, imap_login(settings), LoginError):
            await asyncio.to_thread(folder.sign_in)
        await asyncio.to_thread(folder.open)
        yield folder
    finally:
        await asyncio.to_thread(folder.close)


def imap_login(settings: Settings) -> str:
    password = settings.imap_password.get_secret_value()
    login = f"{settings.imap_host} {settings.imap_port} {settings.imap_username} {password}"
    return seal(settings, "imap login", login)


def why_not_readable(settings: Settings) -> str | None:
    """Look whether the folder can be read, without reading anything; None if it can."""
    try:
        folder = ImapFolder(settings)
        try:
            folder.sign_in()
            folder.open()
        finally:
            folder.close()
    except ImapError as error:
        return mend_of_imap(error)
    return None


def mend_of_imap(error: Exception) -> str:
    """What the person who runs the program is told when the folder cannot be read."""
    said = str(error)[:500] or type(error).__name__
    again = f" and is asked again at {error.again_at:%H:%M} UTC" if isinstance(error, StillRejected) else ""
    if isinstance(error, LoginError | StillRejected):
        return f"the IMAP server rejects our sign-in ({said}){again}; check TRACKER_IMAP_USERNAME and _PASSWORD"
    return f"the IMAP folder cannot be read ({said}); check TRACKER_IMAP_HOST, _PORT, _SECURITY and _FOLDER"
