"""What agencies are to send, declared, received and looked at from the command line."""

import pytest

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import TRUST, completion, completions_file, person

ITEM = "CSA-INTRO"


@pytest.fixture
def told(tracker: Command) -> Command:
    tell(tracker, [person()])
    return tracker


def expect(tracker: Command, *arguments: str) -> str:
    return tracker.done("feed", "expect", TRUST, ITEM, "--at-most-days", *arguments).out


def test_a_feed_is_expected_received_listed_and_stopped(told: Command) -> None:
    assert told.done("feed", "list").out == "No feed is expected.\n"
    assert expect(told, "30", "--from", "2026-01-01").startswith(f"Expected: {TRUST}, ")
    assert "at most 60 days old, from 1 January 2026" in expect(told, "60")
    assert expect(told, "60").startswith("Expected already: ")
    assert "missing" in told.done("feed", "list").out
    assert told.done("feed", "received", TRUST, ITEM, "--as-at", "2026-01-10").out.endswith("up to 10 January 2026.\n")
    (state,) = told.done("feed", "list", "--on", "2026-01-20", "--json").json
    assert (state["agency"], state["item"], state["days_old"], state["state"]) == (TRUST, ITEM, 10, "in time")
    (state,) = told.done("feed", "list", "--on", "2026-03-12", "--json").json
    assert (state["as_at"], state["at_most_days"], state["state"]) == ("2026-01-10", 60, "stale")
    assert told.done("feed", "list", "--on", "2025-12-31").out == "No feed is expected.\n"
    assert told.done("feed", "stop", TRUST, ITEM, "--json").json["stopped"] is True
    assert told.done("feed", "stop", TRUST, ITEM).out.startswith("It was not expected: ")
    refused = told("feed", "received", TRUST, ITEM)
    assert (refused.code, "Declare it first" in refused.err) == (2, True)


def test_a_receipt_recorded_by_mistake_is_withdrawn_and_may_come_again(told: Command) -> None:
    expect(told, "30", "--from", "2026-01-01")
    for day in ("2026-01-10", "2026-01-20"):
        told.done("feed", "received", TRUST, ITEM, "--as-at", day)
    refused = told("feed", "withdraw", TRUST, ITEM, "--as-at", "2026-01-19")
    assert refused.code == 2
    assert "Nothing of this feed came as at 19 January 2026." in refused.err
    assert "20 January 2026, 10 January 2026." in refused.err
    withdrawn = told.done("feed", "withdraw", TRUST, ITEM, "--as-at", "2026-01-20").out
    assert withdrawn.startswith(f"Withdrawn: {TRUST}, ")
    (state,) = told.done("feed", "list", "--json").json
    assert state["as_at"] == "2026-01-10"
    told.done("feed", "withdraw", TRUST, ITEM, "--as-at", "2026-01-10")
    assert "missing" in told.done("feed", "list").out
    told.done("feed", "received", TRUST, ITEM, "--as-at", "2026-01-10")
    (state,) = told.done("feed", "list", "--json").json
    assert state["as_at"] == "2026-01-10"


def test_an_import_says_that_a_feed_came(told: Command) -> None:
    expect(told, "30")
    file = completions_file(told.folder, completion())
    assert (
        "1 feed of the agency would be received."
        in told.done("import", "completions", file, "--agency", TRUST, "--dry-run").out
    )
    assert "missing" in told.done("feed", "list").out
    imported = told.done("import", "completions", file, "--agency", TRUST, "--as-at", "2026-02-01", "--json").json
    assert imported["feeds_received"] == 1
    (state,) = told.done("feed", "list", "--json").json
    assert state["as_at"] == "2026-02-01"


def test_a_report_counts_what_cannot_be_told_apart(told: Command) -> None:
    def line() -> dict[str, object]:
        lines = told.done("standing", "report", "--format", "json").json
        return next(line for line in lines if line["expectation"] == "CSA-INTRO-ALL")

    assert (line()["overdue"], line()["unknown"], line()["percent"]) == (1, 0, 0.0)
    expect(told, "30")
    assert (line()["overdue"], line()["unknown"], line()["percent"]) == (0, 1, None)


@pytest.mark.parametrize("by", ["agency", "team"])
def test_a_report_says_how_old_the_data_are_that_tell_of_each_line(told: Command, by: str) -> None:
    def age(*options: str) -> tuple[object, ...]:
        lines = told.done("standing", "report", "--by", by, "--format", "json", *options).json
        line = next(line for line in lines if line["expectation"] == "CSA-INTRO-ALL")
        other = next(line for line in lines if line["expectation"] == "R-TOOLKIT-ALL")
        assert (other["feeds"], other["data_as_at"]) == (0, None)
        return line["feeds"], line["feeds_silent"], line["data_as_at"]

    assert age() == (0, 0, None)
    expect(told, "30", "--from", "2026-01-01")
    assert age() == (1, 1, None), "it has never come"
    told.done("feed", "received", TRUST, ITEM, "--as-at", "2026-02-01")
    assert age("--on", "2026-03-03") == (1, 0, "2026-02-01")
    assert age("--on", "2026-03-04") == (1, 1, "2026-02-01")
    csv = told.done("standing", "report", "--by", by, "--format", "csv", "--on", "2026-03-04").out
    assert csv.splitlines()[0].endswith(",target,feeds,feeds_silent,data_as_at")
    assert ",1,1,2026-02-01" in csv
    by_role = told.done("standing", "report", "--by", "role", "--format", "json").json
    assert "feeds" not in by_role[0]
