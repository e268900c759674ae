"""More time, from the command line: asked for, granted, refused, given and taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person

ANN, INTRO = "ann.reed@harbour.example", "CSA-INTRO-ALL"
UNTIL = datetime.now(UTC).date() + timedelta(days=60)
ASKED = (ANN, INTRO, str(UNTIL), "--reason", "The course was full")


@pytest.fixture
def told(tracker: Command) -> Command:
    """Ann Reed, who never did the introduction."""
    tell(tracker, [person()])
    return tracker


def status(told: Command) -> str:
    explained = told.done("standing", "explain", ANN, "--json").json
    (word,) = [one["status"] for one in explained["standings"] if one["code"] == INTRO]
    return str(word)


def test_what_is_asked_for_is_listed_granted_and_taken_back(told: Command) -> None:
    assert told.done("extension", "list").out == "Nobody has asked for more time.\n"
    assert told.done("extension", "ask", *ASKED).out.startswith("Asked for: Ann Reed, ")
    assert status(told) == "overdue"
    (line,) = told.done("extension", "list", ANN, "--json").json
    assert (line["name"], line["expectation"], line["state"]) == ("Ann Reed", INTRO, "asked for")
    (granted,) = told.done("extension", "grant", ANN, INTRO, "--json").json
    assert (granted["until"], granted["state"]) == (str(UNTIL), "granted")
    assert status(told) == "not yet due"
    assert "granted" in told.done("extension", "list").out
    assert told.done("extension", "withdraw", ANN, INTRO).out.startswith("Withdrawn: Ann Reed, ")
    assert status(told) == "overdue"


def test_what_is_refused_stays_overdue_and_time_can_be_given_outright(told: Command) -> None:
    told.done("extension", "ask", *ASKED)
    assert told.done("extension", "refuse", ANN, INTRO).out.startswith("Refused: Ann Reed, ")
    assert status(told) == "overdue"
    told.done("extension", "grant", ANN, INTRO, "--until", str(UNTIL), "--reason", "Duty at the port")
    assert status(told) == "not yet due"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("grant", ANN, INTRO), "There is no extension that waits for an answer."),
        (("withdraw", ANN, INTRO), "There is no extension to take back."),
        (("grant", ANN, "CSA-INTRO-AL", "--until", str(UNTIL)), "Did you mean CSA-INTRO-ALL"),
        (("grant", ANN, INTRO, "--until", str(UNTIL)), "Say what in the work needs it."),
        (("grant", ANN, INTRO, "--reason", "Full"), "--reason belongs to --until"),
        (("grant", ANN, INTRO, "--until", "2026-01-01", "--reason", "Full"), "1 January 2026 has passed"),
    ],
)
def test_what_cannot_be_is_said_with_its_mend(told: Command, arguments: tuple[str, ...], said: str) -> None:
    result = told("extension", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in " ".join(result.err.split())
