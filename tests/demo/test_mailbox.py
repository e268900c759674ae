"""The demo's mail server: what is sent over the socket can be read back, and nothing else in the folder can."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtplib import send

from training_tracker.demo.mailbox import Catcher, letter, letters
from training_tracker.errors import NotFound


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "mailbox"


@pytest.fixture
def catcher(folder: Path) -> Iterator[Catcher]:
    catcher = Catcher(folder)
    catcher.start()
    yield catcher
    catcher.stop()


def _message(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Training Tracker <training@tracker.example>"
    message["To"] = "Zoë Bennett <zoe.bennett@solent-isle-nhs-trust.example>"
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 08:15:00 +0000"
    message.set_content("Dear Zoë,\n.one thing is due – soon.\n")
    message.add_alternative("<p>Dear Zoë, <b>one thing</b> is due – soon.</p>\n", subtype="html")
    return message


async def _send(catcher: Catcher, subject: str) -> None:
    await send(_message(subject), hostname="127.0.0.1", port=catcher.port)


async def test_a_message_sent_over_the_socket_is_read_back_with_both_parts(catcher: Catcher, folder: Path) -> None:
    await _send(catcher, "Your training – November")
    (caught,), total = letters(folder, page=1, page_size=10)
    assert total == 1
    assert caught.to == "Zoë Bennett <zoe.bennett@solent-isle-nhs-trust.example>"
    assert caught.subject == "Your training – November"
    assert caught.sent_at == datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
    assert caught.text == "Dear Zoë,\n.one thing is due – soon.\n"
    assert caught.html == "<p>Dear Zoë, <b>one thing</b> is due – soon.</p>\n"
    assert ("Subject", "Your training – November") in caught.headers
    assert letter(folder, caught.key) == caught


async def test_letters_are_turned_by_the_page_with_the_newest_first(catcher: Catcher, folder: Path) -> None:
    for number in range(5):
        await _send(catcher, f"letter {number}")
    pages = [[caught.subject for caught in letters(folder, page=page, page_size=2)[0]] for page in (1, 2, 3, 4)]
    assert pages == [["letter 4", "letter 3"], ["letter 2", "letter 1"], ["letter 0"], []]


async def test_letters_outlive_the_server_that_caught_them(catcher: Catcher, folder: Path) -> None:
    await _send(catcher, "kept")
    catcher.stop()
    catcher.start()
    await _send(catcher, "kept too")
    assert [caught.subject for caught in letters(folder, page=1, page_size=10)[0]] == ["kept too", "kept"]


@pytest.mark.parametrize("key", ["", ".", "..", "../secret", "/etc/passwd", "new/../../secret", "new", "a\0b", "*"])
def test_no_key_leads_out_of_the_folder(folder: Path, key: str) -> None:
    folder.parent.mkdir(parents=True)
    (folder.parent / "secret").write_text("Subject: secret\n\nsecret")
    with pytest.raises(NotFound):
        letter(folder, key)


def test_a_mailbox_that_nothing_was_sent_to_is_empty(folder: Path) -> None:
    assert letters(folder, page=1, page_size=10) == ([], 0)


def test_a_server_that_is_not_running_has_no_port(folder: Path) -> None:
    with pytest.raises(RuntimeError):
        _ = Catcher(folder).port
