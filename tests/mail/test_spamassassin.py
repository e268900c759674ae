"""A filter that others have written: no kind of e-mail looks like junk to it, as it really leaves."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
import time_machine
from litestar.testing import AsyncTestClient

from tests.mail.letters import settings_for
from tests.mail.servers import MailServer
from tests.mail.spamassassin import find_filter, received, verdicts
from tests.reminders.every_kind import plan_every_kind
from tests.reminders.planning import BASE
from tests.web.conftest import Visitor
from training_tracker.app import create_app
from training_tracker.database import Database
from training_tracker.mail.delivery import deliver
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.sending import author
from training_tracker.web.protection import session_cookie

# SpamAssassin calls junk what has 5 points.
AT_MOST = 2
JUNK = b"""\
From: Rich <rich@tracker.example>
To: person@agency.example
Subject: Act now

XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X
"""


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    found = find_filter(tmp_path)
    if isinstance(found, str):
        print(f"skipped: {found}")
        pytest.skip(found)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "letters"
    made.mkdir()
    return made


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_kind_of_e_mail_looks_like_junk(
    empty: Database, empty_url: str, server: MailServer, program: list[str], folder: Path
) -> None:
    settings = settings_for(
        server.port, database_url=empty_url, base_url=BASE, secret_key="s3cret-" * 6, scheduler=False
    )

    letters = {"junk": received(JUNK)}

    def take() -> None:
        for letter in server.letters:
            kind = str(letter.email["List-Id"]).removeprefix("<").partition(".")[0]
            letters.setdefault(kind, received(letter.content))

    async def send(on: date) -> None:
        """Some hours after they were planned."""
        with time_machine.travel(datetime.combine(on, time(12), UTC), tick=True):
            await deliver(empty, settings, author(settings))
            take()

    await plan_every_kind(empty, send)
    async with AsyncTestClient(create_app(settings), base_url=BASE, session_config=session_cookie(settings)) as client:
        await Visitor(client).sends("/sign-in", {"email": "mia-moss@agency.example"}, form="/sign-in")
        take()
    assert set(letters) == {*Kind, "sign-in", "junk"}
    said = verdicts(program, folder, letters)
    assert said.pop("junk").score > AT_MOST, "the filter is at work"
    assert {kind: verdict for kind, verdict in said.items() if verdict.score >= AT_MOST} == {}
