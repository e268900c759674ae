"""A simulated year: every e-mail that the mail server received, and every one that it did not, judged by a referee.

Usually a small region lives through the seven weeks from Christmas on, on SQLite. ``make year``
has the whole demo region live through a whole year, on both databases.
"""

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.year.knowledge import read_knowledge
from tests.journeys.year.playing import Play, Playing, Span
from tests.journeys.year.referee import Referee
from tests.mail.letters import settings_for
from tests.mail.servers import mail_server
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

WHOLE = bool(os.environ.get("TRACKER_TEST_WHOLE_YEAR"))
PLAY = (
    Play(
        first=date(2027, 9, 1),
        days=366,
        people=int(os.environ.get("TRACKER_TEST_WHOLE_YEAR", "0")) or 1_200,
        program_away=(Span(28, 5), Span(100, 9), Span(210, 2), Span(300, 4)),
        mail_away=(Span(20, 3), Span(61, 6), Span(150, 10), Span(260, 2)),
    )
    if WHOLE
    else Play(
        first=date(2027, 12, 20),
        days=49,
        people=150,
        program_away=(Span(11, 5), Span(31, 2)),
        mail_away=(Span(2, 3), Span(23, 6)),
    )
)
# So often at least in each play, or the year was not eventful enough to show anything.
KINDS = {"digest": 20, "welcome": 3, "confirmation": 20, "summary": 20, "escalation": 20, "agency-summary": 2}
KINDS |= {"partnership-summary": 2}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"] if WHOLE else ["sqlite"])
async def test_every_e_mail_of_the_year_is_right_and_none_is_missing(
    empty_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options: dict[str, Any] = {"database_url": empty_url, "base_url": "https://training.tracker.example"}
    database = connect(Settings(_env_file=None, **options))
    try:
        with mail_server() as server:
            playing = Playing(PLAY, database, settings_for(server.port, **options), server, tmp_path)
            await playing.settle()
            looks = await playing.looks()
        async with database.reading() as session:
            knowledge = await read_knowledge(session)
    finally:
        await database.close()
    referee = Referee(knowledge)
    referee.judge(looks)
    if WHOLE:
        with capsys.disabled():
            print("\n" + "\n".join(f"{number:8,}  {rule}" for rule, number in sorted(referee.checked.items())))
    assert not referee.findings, "\n".join([f"{len(referee.findings)} findings", *referee.findings[:40]])
    for kind, number in KINDS.items():
        assert referee.checked[f"e-mails: {kind}"] >= number, kind
