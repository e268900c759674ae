"""Importing from the command line: what is printed, what is saved, and the rejects file that comes back mended."""

import asyncio
import csv
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.intake.spreadsheets import COMPLETIONS, PEOPLE, completion, lines, person, write_csv, write_xlsx
from training_tracker.database import Database, wait_for_turn

ANN, KIM = person(), person(name="Kim Ng", email="kim.ng@harbour.example", team="Safeguarding")
ASTRONAUT = person(name="Bo Li", email="bo.li@harbour.example", role="Astronaut")


@pytest.fixture
def people(tracker: Command) -> Path:
    """Two good rows, and one with a role that nobody knows."""
    return write_csv(tracker.folder / "people.csv", lines(PEOPLE, [ANN, ASTRONAUT, KIM]))


def test_refused_rows_come_back_in_a_file_that_is_mended_and_sent_again(tracker: Command, people: Path) -> None:
    result = tracker("import", "people", "people.csv", "--create")
    assert result.code == 1
    assert "people.csv: 3 rows. 2 accepted, 0 known already, 1 refused." in result.out
    assert "agency Sandown Harbour Trust" in result.out
    assert "Astronaut" in result.out
    assert "Mend them there and send that file." in result.out
    rejects = tracker.folder / "people.rejects.csv"
    rejects.write_text(rejects.read_text("utf-8-sig").replace("Astronaut", "Manager"), "utf-8")
    assert "1 row. 1 accepted" in tracker.done("import", "people", rejects).out
    again = tracker("import", "people", "people.csv")
    assert "0 accepted, 2 known already, 1 refused" in again.out


def test_a_dry_run_shows_the_same_and_changes_nothing(tracker: Command, people: Path) -> None:
    rehearsed = tracker("import", "people", people, "--create", "--dry-run", "--json")
    assert rehearsed.code == 1
    assert sorted(path.name for path in tracker.folder.glob("people*")) == ["people.csv"]
    done = tracker("import", "people", people, "--create", "--json")
    same = ("rows", "accepted", "unchanged", "refused", "created", "notes", "ignored_columns")
    assert [rehearsed.json[name] for name in same] == [done.json[name] for name in same]
    assert done.json["accepted"] == 2, "the rehearsal left nothing behind"
    would = tracker("import", "people", people, "--dry-run").out
    assert "Nothing was changed" in would
    assert "1 would be refused" in would


def test_json_gives_the_counts_and_each_refused_row_with_its_mend(tracker: Command, people: Path) -> None:
    outcome = tracker("import", "people", people, "--create", "--json").json
    assert (outcome["rows"], outcome["accepted"], outcome["unchanged"]) == (3, 2, 0)
    (refused,) = outcome["refused"]
    assert list(refused) == ["row", "field", "value", "problem", "mend"]
    assert (refused["row"], refused["field"], refused["value"]) == (3, "role", "Astronaut")
    assert Path(outcome["rejects_file"]) == tracker.folder / "people.rejects.csv"


def test_completions_count_at_once_and_rows_may_take_agency_and_item_from_the_command(tracker: Command) -> None:
    numbered = [person(number="007"), person(name="Kim Ng", email="", number="008")]
    write_csv(tracker.folder / "people.csv", lines(PEOPLE, numbered))
    tracker.done("import", "people", "people.csv", "--create")
    rows = [completion(email="", number="007", item=""), completion(email="", number="8", item="")]
    write_xlsx(tracker.folder / "done.xlsx", lines(COMPLETIONS, rows))
    sandown = ("--agency", "Sandown Harbour Trust", "--item", "Intro to CSA")
    result = tracker("import", "completions", "done.xlsx", *sandown, "--json")
    assert result.code == 1
    assert result.json["accepted"] == 1
    (refused,) = result.json["refused"]
    assert "Did you mean 008?" in refused["mend"]
    assert (tracker.folder / "done.rejects.xlsx").is_file()
    report = tracker.done("standing", "report", "--on", "2026-11-24", "--format", "json").json
    (line,) = [line for line in report if line["expectation"] == "CSA-INTRO-ALL"]
    assert (line["expected"], line["compliant"], line["overdue"]) == (2, 1, 1)


def test_a_rejects_file_that_cannot_be_written_is_told_after_what_was_saved(tracker: Command, people: Path) -> None:
    # Root may write everywhere; a name that gets too long stops everybody.
    people = people.rename(people.with_name("p" * 248 + ".csv"))
    result = tracker("import", "people", people, "--create")
    assert result.code == 1
    assert "2 accepted" in result.out
    assert "cannot be written" in result.err
    assert "2 known already" in tracker("import", "people", people).out


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"agency,team,name,e-mail,role,started on\n", "has a header and no rows"),
        (b"agency,name\nX,Y\n", "lacks the columns team, e-mail, role, started on"),
        (b"%PDF-1.7 rest", "is a PDF"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(tracker: Command, content: bytes, expected: str) -> None:
    (tracker.folder / "people.csv").write_bytes(content)
    result = tracker("import", "people", "people.csv", "--create")
    assert (result.code, result.out) == (2, "")
    assert expected in result.err
    assert not list(tracker.folder.glob("*.rejects.*"))


def test_many_refused_rows_are_shown_in_part_and_written_in_full(tracker: Command) -> None:
    rows = [person(name=f"Ann {n}", email=f"ann.{n}@harbour.example", role="Astronaut") for n in range(40)]
    write_csv(tracker.folder / "people.csv", lines(PEOPLE, rows))
    result = tracker("import", "people", "people.csv", "--create")
    assert result.out.count("Astronaut") < 40 * 2
    assert "… and 15 more." in result.out
    with (tracker.folder / "people.rejects.csv").open(encoding="utf-8-sig") as stream:
        assert len(list(csv.DictReader(stream))) == 40


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_two_imports_at_once_take_turns(tracker: Command, people: Path, configured: Database) -> None:
    """On SQLite the writer's lock sees to it."""
    arguments = ("import", "people", people, "--create")
    async with configured.rehearsing() as session:
        await wait_for_turn(session, "imports")
        with tracker.started(*arguments) as one, tracker.started(*arguments) as other:
            await asyncio.sleep(4)
            assert (one.poll(), other.poll()) == (None, None), "they wait for whoever is importing"
            await session.rollback()
            said = [one.communicate(timeout=60)[0], other.communicate(timeout=60)[0]]
    assert sorted("2 accepted" in text for text in said) == [False, True], said
    assert sorted("2 known already, 1 refused" in text for text in said) == [False, True], said
