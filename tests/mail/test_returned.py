"""Messages that came back: reports as mail servers write them, and everything else that a mailbox holds."""

import mailbox
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.letters import draft, outbox, plan, plan_many
from tests.mail.servers import MailServer
from tests.mail.test_undeliverable import blocked
from training_tracker.database import Database
from training_tracker.mail.delivery import deliver
from training_tracker.mail.models import MessageState
from training_tracker.mail.reports import read_report
from training_tracker.mail.returned import Returned, read_returned
from training_tracker.settings import Settings

TO = "person0@agency.example"
DIAGNOSIS = "smtp; 550 5.1.1 <person0@agency.example>: Recipient address rejected: User unknown"


def report(
    *,
    status: str = "5.1.1",
    action: str = "failed",
    diagnosis: str = DIAGNOSIS,
    message_id: str = "",
    to: str = TO,
    headers_only: bool = False,
) -> bytes:
    """As Postfix writes it; other servers differ in what they send back of the message."""
    back = "text/rfc822-headers" if headers_only else "message/rfc822"
    original = f"Message-ID: {message_id}\n" if message_id else ""
    return f"""\
From: MAILER-DAEMON@mail.agency.example (Mail Delivery System)
To: training@tracker.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="BOUNDARY"
Message-Id: <20261124.ABC@mail.agency.example>

--BOUNDARY
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--BOUNDARY
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.agency.example
Arrival-Date: Tue, 24 Nov 2026 08:15:00 +0000 (GMT)

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnosis}

--BOUNDARY
Content-Description: Undelivered Message
Content-Type: {back}

From: Training Tracker <training@tracker.example>
To: {to}
{original}Subject: Your training

Dear 0

--BOUNDARY--
""".encode()


def other(*, lines: str = "Subject: Re: Your training\n\nWhen is it?\n") -> bytes:
    return f"From: {TO}\nTo: training@tracker.example\n{lines}".encode()


class Box:
    def __init__(self, folder: Path) -> None:
        self.maildir = mailbox.Maildir(folder, create=True)

    def arrives(self, *mails: bytes) -> None:
        for mail in mails:
            self.maildir.add(mail)

    @property
    def left(self) -> int:
        return len(self.maildir)

    @property
    def read(self) -> int:
        return len(self.maildir.get_folder("Read"))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "returned")


@pytest.fixture
def settings(settings: Settings, box: Box, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"returned_mail": str(tmp_path / "returned")})


@pytest.mark.parametrize("headers_only", [True, False])
async def test_a_report_names_its_message_which_did_not_arrive(
    empty: Database, server: MailServer, settings: Settings, box: Box, headers_only: bool
) -> None:
    await plan_many(empty, 3)
    await deliver(empty, settings)
    letter = server.letters[0]
    away = "forwarded@elsewhere.example"
    box.arrives(report(message_id=letter.message_id, to=away, headers_only=headers_only), other())
    assert await read_returned(empty, settings) == Returned(reports=1, failed=1, other=1)
    first, second, third = await outbox(empty)
    assert first.state is MessageState.FAILED
    assert first.last_error is not None
    assert first.last_error.startswith("came back: 5.1.1 550 5.1.1")
    assert second.state is third.state is MessageState.SENT
    assert (box.left, box.read) == (1, 1), "what is no report stays where it is"
    assert await read_returned(empty, settings) == Returned(other=1)


async def test_a_report_without_its_message_is_understood_by_the_recipient(
    empty: Database, server: MailServer, settings: Settings, box: Box
) -> None:
    await plan(empty, draft(0), draft(1), draft(2, to=TO))
    await deliver(empty, settings)
    box.arrives(report())
    assert await read_returned(empty, settings) == Returned(reports=1, failed=1)
    assert [message.state.value for message in await outbox(empty)] == ["sent", "sent", "failed"], "the newest"


async def test_two_messages_that_come_back_make_the_address_undeliverable(
    empty: Database, server: MailServer, settings: Settings, box: Box
) -> None:
    await plan(empty, draft(0), draft(1, to=TO))
    await deliver(empty, settings)
    mails = [report(message_id=letter.message_id) for letter in server.letters]
    box.arrives(mails[0], mails[0])
    await read_returned(empty, settings)
    assert await blocked(empty) == [], "twice the same report is one"
    box.arrives(mails[1])
    await read_returned(empty, settings)
    assert await blocked(empty) == [TO]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("status", "diagnosis", "for_good"),
    [
        ("5.1.1", DIAGNOSIS, True),
        ("5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", True),
        ("5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied", True),
        ("5.4.4", "X-Postfix; Host or domain name not found. Name service error", True),
        ("5.0.0", "smtp; 550-5.1.1 The email account that you tried to reach does not exist.", True),
        ("5.0.0", "smtp; 550 No such user", True),
        ("5.0.0", "smtp; 554 Looks like junk", False),
        ("5.2.2", "smtp; 552 5.2.2 Mailbox full", False),
        ("4.4.7", "smtp; 451 4.7.1 Greylisted; tried for five days", False),
        ("5.7.1", "smtp; 550 5.7.1 We do not like your network", False),
        ("5.1.8", "smtp; 553 5.1.8 Sender's domain does not exist", False),
        ("", "", False),
    ],
)
async def test_only_what_is_said_of_the_address_counts_against_it(
    empty: Database, server: MailServer, settings: Settings, box: Box, status: str, diagnosis: str, for_good: bool
) -> None:
    await plan(empty, draft(0), draft(1, to=TO))
    await deliver(empty, settings)
    box.arrives(*(report(status=status, diagnosis=diagnosis, message_id=one.message_id) for one in server.letters))
    assert await read_returned(empty, settings) == Returned(reports=2, failed=2), "neither arrived, whatever the reason"
    assert await blocked(empty) == ([TO] if for_good else [])


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_report_of_a_delay_or_an_arrival_changes_nothing_and_is_put_aside(
    empty: Database, server: MailServer, settings: Settings, box: Box
) -> None:
    await plan_many(empty, 1)
    await deliver(empty, settings)
    box.arrives(*(report(action=action) for action in ("delayed", "delivered", "relayed")))
    assert await read_returned(empty, settings) == Returned(reports=3)
    assert (await outbox(empty))[0].state is MessageState.SENT


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("message_id", ["<1.0123456789abcdef0123456789abcdef@tracker.example>", "<1@tracker.example>"])
async def test_nobody_can_make_up_the_message_id_of_a_message(
    empty: Database, server: MailServer, settings: Settings, box: Box, message_id: str
) -> None:
    await plan_many(empty, 1)
    await deliver(empty, settings)
    box.arrives(report(message_id=message_id, to="stranger@elsewhere.example"))
    assert await read_returned(empty, settings) == Returned(reports=1)
    assert (await outbox(empty))[0].state is MessageState.SENT


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_folder_that_is_no_maildir_is_said_and_stops_nothing(
    empty: Database, settings: Settings, tmp_path: Path
) -> None:
    assert await read_returned(empty, settings.model_copy(update={"returned_mail": str(tmp_path)})) == Returned()
    assert await read_returned(empty, settings.model_copy(update={"returned_mail": "/nowhere"})) == Returned()
    assert await read_returned(empty, settings.model_copy(update={"returned_mail": ""})) == Returned()


GOOD = report(message_id="<1.0123456789abcdef0123456789abcdef@tracker.example>")


@given(st.binary(max_size=2000))
def test_no_garbage_makes_reading_fail(content: bytes) -> None:
    assert read_report(content) is None


@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 40), st.binary(max_size=40)), max_size=6))
def test_no_damage_to_a_report_makes_reading_fail(damages: list[tuple[int, int, bytes]]) -> None:
    mail = GOOD
    for start, length, instead in damages:
        mail = mail[:start] + instead + mail[start + length :]
    for undelivered in read_report(mail) or []:
        for kept in (undelivered.address, undelivered.message_id, undelivered.said):
            assert "\0" not in kept
            kept.encode()
