"""The audit trail on the command line: who did what, and whether the trail is whole."""

import sqlite3

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person


def test_what_was_done_is_listed_and_the_trail_is_found_whole_until_somebody_tampers(tracker: Command) -> None:
    tell(tracker, [person()])
    tracker.done("user", "address", "ann.reed@harbour.example", "ann@harbour.example")
    (line, *_) = tracker.done("audit", "list", "--about", "ann@harbour.example", "--json").json
    assert (line["record"], line["action"], line["person"]) == ("person", "changed", "Ann Reed")
    assert line["changes"] == [{"field": "email", "before": "ann.reed@harbour.example", "after": "ann@harbour.example"}]
    assert line["by"].endswith("(command line)")
    assert line["how"] == "training-tracker user address"
    shown = tracker.done("audit", "list", "--last", "2").out
    assert "email: ann.reed@harbour.example → ann@harbour.example" in shown
    assert "earlier ones are not shown" in shown

    whole = tracker.done("audit", "verify")
    assert "are as they were written." in whole.out
    assert "WRONG" not in whole.out
    with sqlite3.connect(tracker.folder / "tracker.db") as connection:
        connection.executescript(
            "DROP TRIGGER audit_practitioner_update; UPDATE practitioner SET name = 'Somebody Else'"
        )
    result = tracker("audit", "verify")
    assert result.code == 2
    assert "Changes of these are not written down: practitioner." in result.out
    assert "1 are not what the trail says they became" in result.out
    assert "changes of practitioner leave no line" in tracker("check").out


def test_a_migration_leaves_a_line(tracker: Command) -> None:
    fresh = tracker.folder / "fresh.db"
    tracker.settings["database_url"] = f"sqlite+aiosqlite:///{fresh}"
    tracker.done("migrate")
    (line,) = tracker.done("audit", "list", "--json").json
    assert (line["record"], line["action"], line["how"]) == ("schema", "changed", "training-tracker migrate")
    (change,) = line["changes"]
    assert change["field"] == "revision"
    assert change["after"].isdecimal()
    tracker.done("migrate")
    assert len(tracker.done("audit", "list", "--json").json) == 1
    assert "WRONG" not in tracker.done("audit", "verify").out
