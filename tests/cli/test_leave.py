"""Long leave and exemptions, from the command line."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person

ANN, INTRO = "ann.reed@harbour.example", "CSA-INTRO-ALL"
TODAY = datetime.now(UTC).date()
FIRST, LAST = str(TODAY - timedelta(days=60)), str(TODAY + timedelta(days=60))
REASON = ("--reason", "Works in payroll")


@pytest.fixture
def told(tracker: Command) -> Command:
    """Ann Reed, who never did the introduction."""
    tell(tracker, [person()])
    return tracker


def status(told: Command) -> str:
    explained = told.done("standing", "explain", ANN, "--json").json
    (word,) = [one["status"] for one in explained["standings"] if one["code"] == INTRO]
    return str(word)


def test_leave_is_recorded_listed_ended_and_taken_back(told: Command) -> None:
    assert told.done("leave", "list").out == "Nobody is on long leave, or will be.\n"
    assert told.done("leave", "record", ANN, FIRST).out.startswith("Recorded: Ann Reed, on leave from ")
    assert status(told) == "on leave"
    (line,) = told.done("leave", "list", "--json").json
    assert (line["name"], line["starts_on"], line["ends_on"]) == ("Ann Reed", FIRST, None)
    assert "not known" in told.done("leave", "list", ANN).out

    (ended,) = told.done("leave", "end", ANN, str(TODAY - timedelta(days=1)), "--json").json
    assert (ended["starts_on"], ended["state"]) == (FIRST, "ended")
    assert told.done("leave", "end", ANN, str(TODAY - timedelta(days=1))).out.endswith("ends on that day already.\n")
    assert status(told) == "overdue", "it was overdue before the leave, and is again"
    assert told.done("leave", "list").out == "Nobody is on long leave, or will be.\n"
    assert "Ann Reed" in told.done("leave", "list", ANN).out

    assert told.done("leave", "withdraw", ANN, FIRST).out.startswith("Withdrawn: Ann Reed, on leave from ")
    assert told.done("leave", "list", ANN).out == "No leave is recorded.\n"


def test_an_exemption_is_granted_listed_and_taken_back(told: Command) -> None:
    assert told.done("exemption", "list").out == "Nobody is exempt, or will be.\n"
    assert told.done("exemption", "grant", ANN, INTRO, LAST, *REASON).out.startswith("Granted: Ann Reed, ")
    assert status(told) == "exempt"
    (line,) = told.done("exemption", "list", ANN, "--json").json
    assert (line["expectation"], line["starts_on"], line["until"]) == (INTRO, str(TODAY), LAST)
    assert "Works in payroll" in told.done("exemption", "list").out
    (taken,) = told.done("exemption", "withdraw", ANN, INTRO, "--json").json
    assert (taken["until"], taken["state"]) == (LAST, "withdrawn")
    assert status(told) == "overdue"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("leave", "record", ANN, LAST, FIRST), "The leave ends before it begins"),
        (("leave", "record", "nobody@harbour.example", FIRST), "Nobody here has the e-mail address"),
        (("leave", "record", ANN, FIRST, "--team", "Nowhere"), "There is no team “Nowhere”"),
        (("leave", "end", ANN, LAST), "There is no leave that began by"),
        (("leave", "withdraw", ANN, FIRST), "There is no leave from"),
        (("exemption", "grant", ANN, INTRO, FIRST, *REASON), "has passed. Give a day to come."),
        (("exemption", "grant", ANN, INTRO, LAST, "--reason", " "), "Say why the work does not need it."),
        (("exemption", "grant", ANN, "SAFER-REC-SCHOOLS", LAST, *REASON), "is not expected of Ann Reed"),
        (
            ("exemption", "withdraw", ANN, INTRO),
            "There is no exemption to take back: none was granted, or it has run out and stays as it was.",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_mend(told: Command, arguments: tuple[str, ...], said: str) -> None:
    result = told(*arguments)
    assert (result.code, result.out) == (2, "")
    assert said in " ".join(result.err.split())


def test_leave_that_overlaps_is_refused_with_both(told: Command) -> None:
    told.done("leave", "record", ANN, FIRST, LAST)
    result = told("leave", "record", ANN, LAST)
    assert result.code == 2
    assert "overlaps leave from" in " ".join(result.err.split())
