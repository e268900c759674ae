"""A receiver that others have written: Postfix's, as it takes, refuses, puts off and hangs up."""

from pathlib import Path

import pytest

from tests.mail.letters import claimed, plan_many, settings_for, states
from tests.mail.postfix import Program, find_sink, running_sink
from training_tracker.database import Database
from training_tracker.mail.delivery import Delivered, deliver
from training_tracker.settings import Settings

pytestmark = pytest.mark.parametrize("kind", ["sqlite"])


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    found = find_sink(tmp_path_factory.mktemp("postfix"))
    if isinstance(found, str):
        print(f"skipped: {found}")
        pytest.skip(found)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mail"
    made.mkdir()
    return made


def settings(port: int) -> Settings:
    return settings_for(port, smtp_connections=4)


async def test_what_it_takes_parses_cleanly_and_came_once(empty: Database, program: Program, folder: Path) -> None:
    await plan_many(empty, 60)
    with running_sink(program, folder) as sink:
        assert await deliver(empty, settings(sink.port)) == Delivered(sent=60)
        emails = sink.emails
    assert len({email["Message-ID"] for email in emails}) == len(emails) == 60
    for email in emails:
        parts = list(email.walk())
        assert [defect for part in parts for defect in part.defects] == []
        assert [header.defects for part in parts for header in part.values() if header.defects] == []
        assert [part.get_content_type() for part in parts] == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "."])
@pytest.mark.parametrize(("option", "outcome"), [("-f", Delivered(failed=5)), ("-r", Delivered(postponed=5))])
async def test_what_it_refuses_fails_and_what_it_puts_off_waits(
    empty: Database, program: Program, folder: Path, option: str, outcome: Delivered, verb: str
) -> None:
    await plan_many(empty, 5)
    with running_sink(program, folder, option, verb) as sink:
        assert await deliver(empty, settings(sink.port)) == outcome
    assert await claimed(empty) == 0


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
async def test_when_it_hangs_up_nothing_is_lost(empty: Database, program: Program, folder: Path, verb: str) -> None:
    await plan_many(empty, 5)
    with running_sink(program, folder, "-q", verb) as sink:
        delivered = await deliver(empty, settings(sink.port))
    assert delivered.stopped is not None
    assert (delivered.sent, delivered.failed) == (0, 0)
    assert await states(empty) == {"waiting": 5}
