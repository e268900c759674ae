"""Mail that came back into an IMAP folder, at a server that others have written: nothing lost, whatever happens."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
import time_machine
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.mail.dovecot import Dovecot, NotHere, dovecot
from tests.mail.letters import plan_many, settings_for, states
from tests.mail.servers import MailServer
from tests.mail.test_returned import other, report
from training_tracker.database import Database
from training_tracker.mail.delivery import deliver
from training_tracker.mail.imap import why_not_readable
from training_tracker.mail.returned import Returned, read_returned
from training_tracker.settings import Settings

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])

BEGAN = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    try:
        with dovecot(tmp_path_factory.mktemp("dovecot")) as server:
            yield server
    except NotHere as reason:
        print(f"skipped: {reason}")
        pytest.skip(str(reason))


@pytest.fixture
def imap(running: Dovecot) -> Dovecot:
    """With nothing in it."""
    for folder in ("", "INBOX.Read"):
        running.mails(folder).clear()
    return running


@pytest.fixture
def settings(server: MailServer, imap: Dovecot) -> Settings:
    return with_imap(server, imap)


def with_imap(server: MailServer, imap: Dovecot, **changes: Any) -> Settings:
    options: dict[str, Any] = {
        "imap_host": "127.0.0.1",
        "imap_port": imap.tls_port,
        "imap_username": "training@tracker.example",
        "imap_password": imap.password,
        "smtp_ca_file": str(imap.certificate.certificate_file),
    }
    return settings_for(server.port, **(options | changes))


async def sent(database: Database, server: MailServer, settings: Settings, number: int) -> list[str]:
    """Send so many messages; returns their Message-IDs."""
    await plan_many(database, number)
    await deliver(database, settings)
    return [letter.message_id for letter in server.letters]


async def refused(database: Database, settings: Settings) -> str:
    """What is told where the folder cannot be read."""
    with structlog.testing.capture_logs() as logged:
        assert await read_returned(database, settings) == Returned()
    (told,) = [entry for entry in logged if entry["event"] == "mail.returned_unreadable"]
    assert told["log_level"] == "error"
    return str(told["reason"])


async def test_reports_are_read_and_moved_and_other_mail_stays_as_it_was(
    empty: Database, server: MailServer, settings: Settings, imap: Dovecot
) -> None:
    first, second, _third = await sent(empty, server, settings, 3)
    for mail in (report(message_id=first), other(), report(message_id=second, headers_only=True)):
        imap.mails().add(mail)
    assert await read_returned(empty, settings) == Returned(reports=2, failed=2)
    assert await states(empty) == {"failed": 2, "sent": 1}
    (left,) = imap.mails()
    assert left["Subject"] == "Re: Your training"
    assert "S" not in left.get_flags(), "whoever reads the mailbox sees it as new"
    assert len(imap.mails("INBOX.Read")) == 2
    assert await read_returned(empty, settings) == Returned()
    assert why_not_readable(settings) is None


async def test_a_report_stays_until_what_it_says_is_written_down(
    empty: Database, server: MailServer, settings: Settings, imap: Dovecot
) -> None:
    (message_id,) = await sent(empty, server, settings, 1)
    imap.mails().add(report(message_id=message_id))
    await _execute(empty, "ALTER TABLE refusal RENAME TO mislaid")
    with pytest.raises(DBAPIError):
        await read_returned(empty, settings)
    assert len(imap.mails()) == 1
    await _execute(empty, "ALTER TABLE mislaid RENAME TO refusal")
    assert await read_returned(empty, settings) == Returned(reports=1, failed=1)
    assert len(imap.mails()) == 0


async def test_two_processes_that_read_at_once_act_on_each_report_once(
    empty: Database, server: MailServer, settings: Settings, imap: Dovecot
) -> None:
    for message_id in await sent(empty, server, settings, 20):
        imap.mails().add(report(message_id=message_id))
    both = await asyncio.gather(*(read_returned(empty, settings) for _ in range(2)))
    assert sum(each.failed for each in both) == 20
    assert (len(imap.mails()), await states(empty)) == (0, {"failed": 20})


async def test_a_server_that_is_away_is_told_and_its_reports_are_read_when_it_is_back(
    empty: Database, server: MailServer, settings: Settings, imap: Dovecot
) -> None:
    (message_id,) = await sent(empty, server, settings, 1)
    imap.mails().add(report(message_id=message_id))
    imap.stop()
    try:
        assert "check TRACKER_IMAP_HOST" in await refused(empty, settings)
        assert "check TRACKER_IMAP_HOST" in str(why_not_readable(settings))
    finally:
        imap.start()
    assert await read_returned(empty, settings) == Returned(reports=1, failed=1)


async def tried(imap: Dovecot, logins: int) -> bool:
    """The server writes down a login that it rejected when the connection has ended, which we do not wait for."""
    for _ in range(100):
        if imap.logins >= logins:
            break
        await asyncio.sleep(0.05)
    return imap.logins == logins


async def test_a_login_that_is_rejected_is_told_and_not_tried_again_at_once(
    empty: Database, server: MailServer, imap: Dovecot
) -> None:
    wrong = with_imap(server, imap, imap_password="changed last night")
    before = imap.logins
    with time_machine.travel(BEGAN, tick=True) as clock:
        assert "check TRACKER_IMAP_USERNAME and _PASSWORD" in await refused(empty, wrong)
        assert "is asked again at 09:01 UTC" in await refused(empty, wrong)
        assert await tried(imap, before + 1)
        clock.move_to(BEGAN + timedelta(minutes=2))
        assert "TRACKER_IMAP_PASSWORD" not in await refused(empty, wrong)
        assert await tried(imap, before + 2)
        assert await read_returned(empty, with_imap(server, imap)) == Returned(), "another password is tried at once"


@pytest.mark.parametrize("security", ["starttls", "none"])
async def test_it_is_protected_as_the_settings_say(
    empty: Database, server: MailServer, imap: Dovecot, security: str
) -> None:
    settings = with_imap(server, imap, imap_port=imap.port, imap_security=security)
    (message_id,) = await sent(empty, server, settings, 1)
    imap.mails().add(report(message_id=message_id))
    assert await read_returned(empty, settings) == Returned(reports=1, failed=1)
    assert ("TLS" in _last_login(imap)) is (security == "starttls")


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_server_whose_certificate_nobody_vouches_for_is_told_no_password(
    empty: Database, server: MailServer, imap: Dovecot, security: str
) -> None:
    before = imap.logins
    port = imap.tls_port if security == "tls" else imap.port
    settings = with_imap(server, imap, imap_port=port, imap_security=security, smtp_ca_file="")
    assert "certificate" in await refused(empty, settings)
    assert imap.logins == before


async def test_a_folder_that_is_not_there_is_told(empty: Database, server: MailServer, imap: Dovecot) -> None:
    assert "_FOLDER" in await refused(empty, with_imap(server, imap, imap_folder="Nowhere"))


def test_passwords_and_names_cross_no_network_in_the_clear(kind: str) -> None:
    with pytest.raises(ValidationError, match="must be tls or starttls"):
        Settings(imap_host="imap.agency.example", imap_security="none", _env_file=None)
    Settings(imap_host="localhost", imap_security="none", _env_file=None)


def _last_login(imap: Dovecot) -> str:
    lines = (imap.folder / "log").read_text().splitlines()
    return [line for line in lines if "imap-login: Info: Login: " in line][-1]


async def _execute(database: Database, statement: str) -> None:
    async with database.writing() as session:
        await session.execute(text(statement))
