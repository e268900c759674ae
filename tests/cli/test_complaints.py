"""What a stranger reads when a command cannot do its work: one clear line or list, what to do, and exit code 2."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.command import Command, Result, free_port
from training_tracker.cli import commands


def complained(result: Result, *expected: str) -> None:
    assert result.code == 2, result
    assert result.out == ""
    assert len(result.err.splitlines()) <= 4, result.err
    for text in expected:
        assert text in result.err


def test_without_a_database_it_says_how_to_make_one_and_makes_none(tmp_path: Path) -> None:
    complained(Command(tmp_path)("standing", "report"), "There is no database at var/training-tracker.db", "migrate")
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_tables_wants_to_be_migrated_and_then_works(tmp_path: Path) -> None:
    tracker = Command(tmp_path, database_url="sqlite:///tracker.db")
    (tmp_path / "tracker.db").touch()
    complained(tracker("outbox", "list"), "no tables yet", "training-tracker migrate")
    assert "→" in tracker.done("migrate").out
    assert "newest schema already" in tracker.done("migrate").out
    assert tracker.done("outbox", "list").out == "The outbox is empty.\n"


def test_a_database_of_another_version_wants_to_be_migrated(tracker: Command) -> None:
    with sqlite3.connect(tracker.folder / "tracker.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    complained(tracker("standing", "report"), "schema 0000", "training-tracker migrate")


@pytest.mark.parametrize("verb", [("standing", "report"), ("migrate",)])
def test_an_unreachable_server_is_told_without_the_password(tmp_path: Path, verb: tuple[str, ...]) -> None:
    port = free_port()
    url = f"postgresql://tracker:hunter2@127.0.0.1:{port}/tracker"
    result = Command(tmp_path, database_url=url)(*verb)
    complained(result, f"127.0.0.1:{port}/tracker cannot be used", "TRACKER_DATABASE_URL", "server runs")
    assert "hunter2" not in result.err


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ann,\n" * 200)
    complained(Command(tmp_path, database_url="sqlite:///letter.txt")("outbox", "list"), "not a database")


def test_a_folder_for_the_database_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a folder should be")
    complained(Command(tmp_path)("migrate"), "training-tracker.db cannot be used")


def test_every_wrong_setting_is_told_at_once_and_none_with_its_value(tmp_path: Path) -> None:
    wrong = {"smtp_port": "many", "timezone": "Europe/Sandown", "database_url": "tracker:hunter2", "reminders_at": "8"}
    result = Command(tmp_path, **wrong)("standing", "report")
    assert result.code == 2
    for name in wrong:
        assert f"TRACKER_{name.upper()}: " in result.err
    assert "hunter2" not in result.err
    assert "docs/settings.md" in result.err


def test_wrong_usage_is_told_with_exit_code_2(tracker: Command) -> None:
    result = tracker("frobnicate")
    assert (result.code, result.out) == (2, "")
    assert "No such command 'frobnicate'" in result.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("import", "peple"), "Did you mean 'people'"),
        (("standing", "report", "--by", "shoe"), "agency"),
        (("standing", "report", "--on", "3/4/26"), "the year in full"),
        (("standing", "report", "--on", "31 February 2026"), "not a day of the calendar"),
        (("standing", "report", "--known-at", "yesterday"), "2026-04-05T09:00"),
        (("summaries", "run", "--month", "March"), "Write it as 2026-04"),
        (("complete", "ann@agency.example", "CSA-INTRO"), "Missing argument 'DATE'"),
        (("user", "grant", "ann@agency.example", "manager"), "manager needs --team"),
    ],
)
def test_wrong_usage_says_what_is_wrong(
    configured_url: str, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], expected: str
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", configured_url)
    result = CliRunner().invoke(commands, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert expected in " ".join(result.stderr.replace("│", " ").split())


def test_a_configuration_with_mistakes_lists_them_all_and_loads_nothing(tracker: Command) -> None:
    folder = tracker.folder / "ours"
    folder.mkdir()
    (folder / "ours.toml").write_text('[partnership]\ncode = "X"\n\n[[items]]\ncode = "A B"\n')
    result = tracker("load", "ours")
    assert (result.code, result.out) == (2, "")
    assert "ours.toml: [partnership] X: name" in result.err
    assert "ours.toml: [[items]]" in result.err
    assert tracker.done("load", "reference", "--json").json["changed"] == []


def test_a_folder_that_is_not_there_is_told_with_the_word_that_was_meant(tracker: Command) -> None:
    complained(tracker("load", "refrence"), "There is no folder refrence", "load reference")
