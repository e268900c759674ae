"""A campaign from the command line: tried, sent, and looked at."""

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person

ROLE = "trust-manager"
SUBJECT = ("--subject", "A reminder about medicals")


def test_a_campaign_is_tried_sent_and_looked_at(tracker: Command) -> None:
    tell(tracker, [person()])
    words = tracker.folder / "words.txt"
    words.write_text("A medical is always holistic.\n\nIt may be forensic.\n", encoding="utf-8")
    ask = ("campaign", "send", "R-MEDHOL", "--role", ROLE, *SUBJECT, "--words", words)
    assert tracker.done("campaign", "list").out == "There has been no campaign.\n"
    assert tracker.done(*ask, "--dry-run").out == "  ann.reed@harbour.example\nIt would go to 1 person.\n"
    assert tracker.done("campaign", "list").out == "There has been no campaign.\n"
    assert tracker.done(*ask).out == "Campaign 1 waits to be sent to 1 person.\n"
    (line,) = tracker.done("campaign", "list", "--json").json
    assert (line["recipients"], line["sent"], line["acknowledged"]) == (1, 0, 0)
    (recipient,) = tracker.done("campaign", "show", "1", "--json").json
    assert (recipient["name"], recipient["state"], recipient["acknowledged_at"]) == ("Ann Reed", "waiting", None)
    letter = tracker.done("mail", "preview", "campaign", "--for", "ann.reed@harbour.example").out
    assert "A medical is always holistic.\n\nIt may be forensic." in letter


def test_a_role_that_is_not_there_is_refused_with_the_nearest(tracker: Command) -> None:
    words = tracker.folder / "words.txt"
    words.write_text("Words.", encoding="utf-8")
    result = tracker("campaign", "send", "R-MEDHOL", "--role", "trust-manger", *SUBJECT, "--words", words)
    assert result.code == 2
    assert ROLE in " ".join(result.err.split())
