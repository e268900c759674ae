"""A simulated year: every e-mail that the mail server received, and every one that it did not, judged by a referee.

Usually a small region lives through the five weeks from Christmas on, on SQLite. ``make year`` has the whole demo
region live through a whole year, on both databases.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Templates, nothing_more
from tests.journeys.year.judging import Look
from tests.journeys.year.knowledge import Knowledge, read_knowledge
from tests.journeys.year.letters import read
from tests.journeys.year.playing import Play, Playing, Span
from tests.journeys.year.referee import Referee
from tests.journeys.year.rules import Ladder
from tests.mail.letters import settings_for
from tests.mail.servers import Letter, mail_server
from tests.standing.oracle import ALWAYS, Absence, Completion
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

# How many people live through the whole year; "make year" says so.
PEOPLE = int(os.environ.get("TRACKER_TEST_WHOLE_YEAR", "0"))
# The region lives once, for all of them.
pytestmark = pytest.mark.xdist_group("simulated year")
PLAY = (
    Play(
        first=date(2027, 9, 1),
        days=366,
        people=PEOPLE,
        program_away=(Span(28, 5), Span(100, 9), Span(210, 2), Span(300, 4)),
        mail_away=(Span(20, 3), Span(61, 6), Span(150, 10), Span(260, 2)),
    )
    if PEOPLE
    else Play(
        first=date(2027, 12, 20),
        days=35,
        people=150,
        program_away=(Span(11, 5), Span(31, 2)),
        # From a Monday to a Saturday, in which people join whose welcomes wait, and what was to be said is done.
        mail_away=(Span(2, 3), Span(21, 6)),
        seed="A winter by the Solent 1",
    )
)
# Of each kind so many at least, or too little happened to show anything.
KINDS = {
    "digest": 100,
    "welcome": 3,
    "confirmation": 20,
    "summary": 20,
    "escalation": 20,
    "agency-summary": 2,
    "partnership-summary": 2,
}


@dataclass(frozen=True)
class Lived:
    looks: list[Look]
    knowledge: Knowledge


@pytest.fixture(scope="module", params=["sqlite", "postgresql"] if PEOPLE else ["sqlite"])
def lived(request: pytest.FixtureRequest, templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("year")
    return asyncio.run(_live(templates.copy(request.param, folder, nothing_more), folder))


async def _live(url: str, folder: Path) -> Lived:
    options: dict[str, Any] = {"database_url": url, "base_url": "https://training.tracker.example"}
    database = connect(Settings(_env_file=None, **options))
    try:
        with mail_server() as server:
            playing = Playing(PLAY, database, settings_for(server.port, **options), server, folder)
            await playing.settle()
            looks = await playing.looks()
        async with database.reading() as session:
            return Lived(looks, await read_knowledge(session))
    finally:
        await database.close()


def test_every_e_mail_of_the_year_is_right_and_none_is_missing(
    lived: Lived, capsys: pytest.CaptureFixture[str]
) -> None:
    referee = Referee(lived.knowledge)
    referee.judge(lived.looks)
    if PEOPLE:
        with capsys.disabled():
            print("\n" + "\n".join(f"{number:9,}  {rule}" for rule, number in sorted(referee.checked.items())))
    assert not referee.findings, "\n".join([f"{len(referee.findings)} findings", *referee.findings[:40]])
    for kind, number in KINDS.items():
        assert referee.checked[f"e-mails: {kind}"] >= number, kind


# --- a referee who sees nothing would be content with anything: what is spoilt, he finds ---

Spoil = Callable[[list[Look], Knowledge], tuple[list[Look], Knowledge]]


def _letter(looks: Sequence[Look], kind: str) -> tuple[int, Letter]:
    """The first e-mail of a kind, and the number of the look at which it came."""
    return next(
        (number, letter)
        for number, look in enumerate(looks)
        for letter in look.letters
        if read(letter, look.at).kind == kind
    )


def _put(looks: list[Look], number: int, *letters: Letter) -> list[Look]:
    return [*looks[:number], replace(looks[number], letters=letters), *looks[number + 1 :]]


def _lost(kind: str) -> Spoil:
    def spoil(looks: list[Look], knowledge: Knowledge) -> tuple[list[Look], Knowledge]:
        number, letter = _letter(looks, kind)
        return _put(looks, number, *(one for one in looks[number].letters if one is not letter)), knowledge

    return spoil


def _twice(kind: str) -> Spoil:
    def spoil(looks: list[Look], knowledge: Knowledge) -> tuple[list[Look], Knowledge]:
        number, letter = _letter(looks, kind)
        return _put(looks, number, *looks[number].letters, letter), knowledge

    return spoil


def _a_look_too_early(looks: list[Look], knowledge: Knowledge) -> tuple[list[Look], Knowledge]:
    number, letter = _letter(looks, "digest")
    looks = _put(looks, number, *(one for one in looks[number].letters if one is not letter))
    return _put(looks, number - 1, *looks[number - 1].letters, letter), knowledge


def _to_somebody_else(looks: list[Look], knowledge: Knowledge) -> tuple[list[Look], Knowledge]:
    number, letter = _letter(looks, "digest")
    (to,) = letter.recipients
    other = next(email for email in knowledge.by_email if email and email != to)
    astray = replace(letter, recipients=(other,), content=letter.content.replace(to.encode(), other.encode()))
    return _put(looks, number, *(astray if one is letter else one for one in looks[number].letters)), knowledge


def _with_a_name_in_the_subject(looks: list[Look], knowledge: Knowledge) -> tuple[list[Look], Knowledge]:
    number, letter = _letter(looks, "digest")
    first = knowledge.names[knowledge.by_email[letter.recipients[0]]].split()[0]
    named = replace(letter, content=letter.content.replace(b"Subject: Your", f"Subject: {first}'s".encode()))
    return _put(looks, number, *(named if one is letter else one for one in looks[number].letters)), knowledge


def _by_another_ladder(looks: list[Look], knowledge: Knowledge) -> tuple[list[Look], Knowledge]:
    agencies = [agency.id for agency in knowledge.world.agencies]
    return [replace(look, ladders=dict.fromkeys(agencies, Ladder((), (), monthly=False))) for look in looks], knowledge


def _from_leave(looks: list[Look], knowledge: Knowledge) -> tuple[list[Look], Knowledge]:
    number, letter = _letter(looks, "digest")
    posts = knowledge.posts(knowledge.by_email[letter.recipients[0]], looks[number].at)
    away = tuple(Absence(post.id, looks[0].day - timedelta(days=9), None, ALWAYS) for post in posts)
    return looks, _knowing(knowledge, absences=(*knowledge.world.absences, *away))


def _when_it_is_done(looks: list[Look], knowledge: Knowledge) -> tuple[list[Look], Knowledge]:
    number, letter = _letter(looks, "digest")
    person, day = knowledge.by_email[letter.recipients[0]], looks[number].day - timedelta(days=3)
    done = tuple(Completion(-item.id, person, item.id, day, 99, 5, ALWAYS) for item in knowledge.world.items)
    return looks, _knowing(knowledge, completions=(*knowledge.world.completions, *done))


def _knowing(knowledge: Knowledge, **facts: Any) -> Knowledge:
    people = {person: (name, knowledge.emails[person]) for person, name in knowledge.names.items()}
    other = Knowledge(replace(knowledge.world, **facts), knowledge.asked, people)
    for name in ("role_names", "team_names", "agency_names", "agency_leads", "partnership_leads", "told"):
        setattr(other, name, getattr(knowledge, name))
    return other


@pytest.mark.skipif(bool(PEOPLE), reason="the small region shows it")
@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        pytest.param(_lost("digest"), "nothing is missing: digest", id="a digest is lost"),
        pytest.param(_lost("confirmation"), "nothing is missing: confirmation", id="a confirmation is lost"),
        pytest.param(_twice("digest"), "never the same twice", id="a digest comes twice"),
        pytest.param(_twice("confirmation"), "one e-mail a person a day", id="a confirmation comes twice"),
        pytest.param(_a_look_too_early, "nobody gets what they are not to get", id="a digest comes too early"),
        pytest.param(_to_somebody_else, "by name, from a machine", id="a digest goes astray"),
        pytest.param(_with_a_name_in_the_subject, "a neutral subject", id="a subject names somebody"),
        pytest.param(_by_another_ladder, "a digest tells everything open", id="the ladder is another"),
        pytest.param(_from_leave, "nobody gets what they are not to get", id="somebody on leave is reminded"),
        pytest.param(_when_it_is_done, "nobody gets what they are not to get", id="what is done is asked for"),
    ],
)
def test_the_referee_finds_what_is_spoilt(lived: Lived, spoil: Spoil, rule: str) -> None:
    two_days = [look for look in lived.looks if look.day < PLAY.first + timedelta(days=2)]
    referee = Referee(lived.knowledge)
    referee.judge(two_days)
    assert not referee.findings
    looks, knowledge = spoil(two_days, lived.knowledge)
    referee = Referee(knowledge)
    referee.judge(looks)
    assert any(finding.startswith(rule) for finding in referee.findings), referee.findings
