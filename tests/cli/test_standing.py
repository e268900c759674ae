"""Reports and explanations as programs and people read them."""

import csv
import io
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import completion, person
from training_tracker.intake.configuration import REFERENCE

STATUSES = ("compliant", "due_soon", "in_grace", "overdue", "not_yet_due", "undated", "exempt", "on_leave")
ON = ("--on", "24/11/2026")


@pytest.fixture
def told(tracker: Command) -> Command:
    """Two people of one trust; Ann Reed has done the introduction."""
    other = person(name="Kim Ng", email="kim.ng@harbour.example", team="Safeguarding", started="")
    tell(tracker, [person(), other], [completion()])
    return tracker


@pytest.mark.parametrize(
    ("by", "dimensions"),
    [("agency", ["agency"]), ("team", ["agency", "team"]), ("role", ["role"]), ("item", ["item"])],
)
def test_a_report_in_json_and_csv_has_counts_that_add_up(told: Command, by: str, dimensions: list[str]) -> None:
    rows = told.done("standing", "report", *ON, "--by", by, "--format", "json").json
    assert len(rows) > 3
    for row in rows:
        assert list(row)[: len(dimensions) + 1] == [*dimensions, "expectation"]
        assert sum(row[status] for status in STATUSES) == row["expected"]
        assert row["on"] == "2026-11-24"
        assert {"title", "required", "people", "percent", "target"} <= row.keys()
    text = told.done("standing", "report", *ON, "--by", by, "--format", "csv").out
    as_csv = list(csv.DictReader(io.StringIO(text)))
    assert [list(row.values()) for row in as_csv] == [
        ["" if value is None else str(value) for value in row.values()] for row in rows
    ]


def test_the_report_counts_what_is_so_on_the_day(told: Command) -> None:
    def intro(*options: str) -> dict[str, int]:
        rows = told.done("standing", "report", "--format", "json", *options).json
        (row,) = [row for row in rows if row["expectation"] == "CSA-INTRO-ALL"]
        return {status: row[status] for status in STATUSES if row[status]} | {"percent": row["percent"]}

    assert intro(*ON) == {"compliant": 1, "undated": 1, "percent": 100.0}
    assert intro("--on", "2025-03-13") == {"overdue": 1, "undated": 1, "percent": 0.0}
    assert intro("--on", "14 March 2028") == {"due_soon": 1, "undated": 1, "percent": 100.0}


def test_a_report_as_known_before_the_facts_came_is_empty(told: Command) -> None:
    before = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert told.done("standing", "report", *ON, "--known-at", before, "--format", "json").json == []
    assert "Nothing was expected of anybody" in told.done("standing", "report", *ON, "--known-at", "2026-01-01").out


def test_the_table_says_its_day_and_how_the_percentage_is_made(told: Command) -> None:
    shown = told.done("standing", "report", *ON).out
    assert "Standings on 24 November 2026" in shown
    assert "CSA-INTRO-ALL" in shown
    assert "cut to one decimal" in shown


def test_an_explanation_says_what_counts_and_what_follows(told: Command) -> None:
    shown = told.done("standing", "explain", "Ann.Reed@harbour.example", *ON).out
    assert shown.startswith("Ann Reed on 24 November 2026\n")
    assert "COMPLIANT: An introduction to Child Sexual Abuse" in shown
    assert "Counts: An introduction to Child Sexual Abuse, 14 March 2025" in shown
    found = told.done("standing", "explain", "ann.reed@harbour.example", *ON, "--json").json
    assert found["person"] == {"name": "Ann Reed", "email": "ann.reed@harbour.example"}
    assert (found["on"], found["known_at"]) == ("2026-11-24", None)
    assert isinstance(found["merged"], list)
    (intro,) = [one for one in found["standings"] if one["code"] == "CSA-INTRO-ALL"]
    assert (intro["status"], intro["met_until"]) == ("compliant", "2028-03-14")


def test_an_explanation_for_nobody_says_so(told: Command) -> None:
    result = told("standing", "explain", "nobody@harbour.example")
    assert (result.code, result.out) == (2, "")
    assert "nobody@harbour.example" in result.err


def test_one_completion_is_recorded_once_and_counts_at_once(told: Command) -> None:
    def complete(*arguments: str) -> str:
        result = told("complete", "kim.ng@harbour.example", *arguments)
        return result.out + result.err

    assert complete("intro to csa", "2025-03-14", "--hours", "2") == (
        "Recorded: Kim Ng, An introduction to Child Sexual Abuse, 14 March 2025.\n"
    )
    assert complete("CSA-INTRO", "14/03/2025").startswith("Known already")
    assert "with other hours" in complete("CSA-INTRO", "14/03/2025", "--hours", "3")
    assert "Did you mean CSA-INTRO" in complete("CSA-INTRX", "14/03/2025")
    assert "in the future" in complete("CSA-INTRO", "2999-01-01")
    report = told.done("standing", "report", *ON, "--format", "json").json
    assert [row["compliant"] for row in report if row["expectation"] == "CSA-INTRO-ALL"] == [2]


def test_a_rebuild_says_how_many_and_how_long_and_changes_no_figure(told: Command) -> None:
    before = told.done("standing", "report", *ON, "--format", "json").json
    rebuilt = told.done("standing", "rebuild", "--json").json
    assert rebuilt["standings"] >= sum(row["expected"] for row in before)
    assert rebuilt["seconds"] >= 0
    assert told.done("standing", "report", *ON, "--format", "json").json == before


def test_rights_are_given_by_name_and_once(told: Command) -> None:
    def grant(*arguments: str) -> str:
        result = told("user", "grant", "kim.ng@harbour.example", *arguments)
        return result.out + result.err

    assert grant("agency-lead", "--agency", "sandown harbour TRUST").endswith("now.\n")
    assert grant("agency-lead", "--agency", "sandown harbour TRUST").endswith("already.\n")
    assert (
        grant("partnership-lead") == "Kim Ng leads training for Isle of Wight Safeguarding Children Partnership now.\n"
    )
    assert grant("manager", "--team", "children's community").startswith("Kim Ng manages Children's community now")
    assert "Did you mean Sandown Harbour Trust" in grant("agency-lead", "--agency", "Sandown Trust")
    assert "takes no --team" in " ".join(grant("partnership-lead", "--team", "Safeguarding").split())


def test_of_several_partnerships_the_one_to_be_led_is_named(told: Command, tmp_path: Path) -> None:
    def grant(*arguments: str) -> str:
        result = told("user", "grant", "kim.ng@harbour.example", "partnership-lead", *arguments)
        return result.out + result.err

    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "all.toml").write_text('[partnership]\ncode = "harbour"\nname = "Harbour Partnership"\n')
    told.done("load", str(tmp_path / "second"))
    assert "There are 2 partnerships here" in grant()
    assert "--partnership CODE" in grant()
    assert grant("--partnership", "HARBOUR") == "Kim Ng leads training for Harbour Partnership now.\n"
    assert grant("--partnership", "harbour partnership") == "Kim Ng leads training for Harbour Partnership already.\n"
    assert "There is harbour (Harbour Partnership); " in grant("--partnership", "Harbor")


def test_rights_are_taken_back_once(told: Command) -> None:
    def user(verb: str, *arguments: str) -> str:
        result = told("user", verb, "kim.ng@harbour.example", *arguments)
        return result.out + result.err

    for right, what in (
        (("agency-lead", "--agency", "sandown harbour TRUST"), "leads training at Sandown Harbour Trust"),
        (("partnership-lead",), "leads training for Isle of Wight Safeguarding Children Partnership"),
        (("scrutineer",), "reads the figures of Isle of Wight Safeguarding Children Partnership"),
        (("manager", "--team", "children's community"), "manages Children's community"),
    ):
        assert user("grant", *right) == f"Kim Ng {what} now.\n"
        assert user("revoke", *right) == f"Kim Ng {what} no longer.\n"
        assert user("revoke", *right) == f"Kim Ng did not have this right: {what}.\n"
        assert user("grant", *right) == f"Kim Ng {what} now.\n"
    assert "manager needs --team" in " ".join(user("revoke", "manager").split())
    assert "takes no --team" in " ".join(user("revoke", "partnership-lead", "--team", "Safeguarding").split())


def test_taking_back_one_right_leaves_the_others(told: Command) -> None:
    def user(verb: str, who: str, team: str) -> str:
        return told.done("user", verb, who, "manager", "--team", team).out

    for who in ("kim.ng@harbour.example", "ann.reed@harbour.example"):
        for team in ("Safeguarding", "Children's community"):
            user("grant", who, team)
    user("revoke", "kim.ng@harbour.example", "Safeguarding")
    assert user("grant", "kim.ng@harbour.example", "Children's community").endswith("already.\n")
    assert user("grant", "ann.reed@harbour.example", "Safeguarding").endswith("already.\n")
    assert user("grant", "kim.ng@harbour.example", "Safeguarding").endswith("now.\n")


def test_an_address_is_changed_by_whoever_runs_the_tracker(told: Command) -> None:
    def address(old: str, new: str) -> str:
        result = told("user", "address", old, new)
        return " ".join((result.out + result.err).split())

    kim = "kim.ng@harbour.example"
    assert address(kim, "KIM@harbour.example") == "Kim Ng signs in with kim@harbour.example now."
    assert "Nobody here has the e-mail address" in address(kim, "kim@sea.example")
    assert "ann.reed@harbour.example belongs to somebody else" in address(
        "kim@harbour.example", "ann.reed@harbour.example"
    )
    assert "is not an e-mail address" in address("kim@harbour.example", "kim")
    assert address("kim@harbour.example", kim) == "Kim Ng signs in with kim.ng@harbour.example now."


def test_what_became_known_since_is_compared_with_its_causes(told: Command) -> None:
    before = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    said = told.done("standing", "compare", *ON, "--known-at", before).out
    assert "An introduction to Child Sexual Abuse, every practitioner: not expected → compliant" in said
    assert "was published on" in said
    rows = told.done("standing", "compare", *ON, "--known-at", before, "--json").json
    assert {"post_id", "name", "agency", "team", "expectation", "before", "after", "causes"} <= rows[0].keys()
    assert (rows[0]["before"], rows[0]["due_before"]) == (None, None)
    now = datetime.now(UTC).isoformat()
    assert "No differences." in told.done("standing", "compare", *ON, "--known-at", now).out


def test_an_explanation_shows_what_several_rules_that_ask_the_same_come_to(told: Command) -> None:
    folder = told.folder / "own"
    folder.mkdir()
    for file in REFERENCE.glob("*.toml"):
        shutil.copy(file, folder)
    (folder / "own.toml").write_text(OURS)
    told.done("load", str(folder))
    shown = told.done("standing", "explain", "ann.reed@harbour.example", *ON).out
    assert "Shown as one line, the strictest of what Sandown Harbour Trust (OURS) and Isle of Wight " in shown
    found = told.done("standing", "explain", "ann.reed@harbour.example", *ON, "--json").json
    ours, intro = (one for one in found["standings"] if one["code"] in {"OURS", "CSA-INTRO-ALL"})
    assert found["merged"] == [ours["merged"]] == [intro["merged"]]
    late = told.done("standing", "explain", "ann.reed@harbour.example", "--on", "1 May 2028").out
    assert ": overdue, lapsed after 14 March 2027, due by 14 March 2027." in late
    assert (intro["met_until"], intro["merged"]["met_until"]) == ("2028-03-14", "2027-03-14")
    assert [origin["code"] for origin in intro["merged"]["origins"]] == ["OURS", "CSA-INTRO-ALL"]


OURS = """
[[expectations]]
code = "OURS"
title = "The introduction, at the trust"
agency = "Sandown Harbour Trust"
items = ["CSA-INTRO"]
first_due_days = 0
method = "completion"
period_months = 24
effective_from = 2024-04-01
mark = "illustrative"
source = "The trust's own standard"
"""


def test_the_coverage_of_settings_is_a_table_csv_and_json(told: Command) -> None:
    folder = told.folder / "own"
    folder.mkdir()
    for file in REFERENCE.glob("*.toml"):
        shutil.copy(file, folder)
    (folder / "own.toml").write_text(
        OURS.replace("period_months", 'people_in_setting = 2\nsetting = "team"\nperiod_months')
    )
    told.done("load", str(folder))
    agency = ("--agency", "Sandown Harbour Trust")
    line, other = told.done("standing", "coverage", *ON, *agency, "--format", "json").json
    assert (line["team"], line["needed"], line["people"], line["covered"], line["missing"]) == (
        *("Children's community", 2, 1, False, 1),
    )
    assert (other["team"], other["missing"]) == ("Safeguarding", 2)
    assert "2 of 2 not covered." in told.done("standing", "coverage", *ON).out
    text = told.done("standing", "coverage", *ON, "--format", "csv").out
    assert text.splitlines()[0] == "agency,team,expectation,title,needed,people,covered,missing,on"
