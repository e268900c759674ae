"""Planning, listing and sending e-mails from the command line, to a real mail server."""

import sqlite3
from collections.abc import Iterator

import pytest

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person
from tests.mail.servers import MailServer, mail_server

ANN, KIM = "ann.reed@harbour.example", "kim.ng@harbour.example"
# A Tuesday, and the month before.
ON = ("--on", "2026-11-24")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def told(tracker: Command, server: MailServer) -> Command:
    """Kim Ng manages Ann Reed; neither has done anything."""
    tell(tracker, [person(manager=KIM), person(name="Kim Ng", email=KIM, team="")])
    tracker.settings |= {"smtp_port": str(server.port), "smtp_security": "none"}
    return tracker


def received(server: MailServer) -> list[str]:
    return sorted(letter.recipients[0] for letter in server.letters)


def test_digests_and_summaries_are_planned_once_listed_and_sent(told: Command, server: MailServer) -> None:
    assert "2 digests would be planned" in told.done("reminders", "run", *ON, "--dry-run").out
    assert told.done("outbox", "list").out == "The outbox is empty.\n"
    planned = told.done("reminders", "run", *ON, "--json").json
    assert sorted(digest["to"] for digest in planned["planned"]) == [ANN, KIM]
    assert "0 digests planned for 24 November 2026" in told.done("reminders", "run", *ON).out
    assert "1 summary planned for November 2026" in told.done("summaries", "run", "--month", "2026-11").out
    assert "0 summaries planned" in told.done("summaries", "run", "--month", "2026-11").out

    waiting = told.done("outbox", "list", "--json").json
    assert [{"key", "to", "subject", "state", "attempts"} <= message.keys() for message in waiting] == [True] * 3
    assert {message["state"] for message in waiting} == {"waiting"}
    assert len({message["key"] for message in waiting}) == 3
    assert told.done("outbox", "deliver").out.startswith("3 sent, ")
    assert received(server) == [ANN, KIM, KIM]
    sent = told.done("outbox", "list", "--state", "sent", "--json").json
    assert [(message["state"], message["attempts"]) for message in sent] == [("sent", 1)] * 3
    assert told.done("outbox", "list", "--state", "waiting").out == "No message is waiting.\n"


def test_a_day_without_work_plans_nothing_and_says_why(told: Command) -> None:
    assert "not a working day" in told.done("reminders", "run", "--on", "2026-11-22").out


def test_a_message_that_the_server_refuses_fails_loudly_and_can_be_tried_again(
    told: Command, server: MailServer
) -> None:
    server.behaviour.rcpt[ANN] = "550 5.1.1 No such user"
    told.done("reminders", "run", *ON)
    result = told("outbox", "deliver", "--json")
    assert (result.code, result.json["sent"], result.json["failed"]) == (1, 1, 1)
    (failed,) = told.done("outbox", "list", "--state", "failed", "--json").json
    assert failed["to"] == ANN
    assert "No such user" in failed["last_error"]
    server.behaviour.rcpt.clear()
    told.done("outbox", "retry", str(failed["id"]))
    assert told.done("outbox", "deliver").out.startswith("1 sent")
    assert received(server) == [ANN, KIM]
    assert "was sent" in told("outbox", "retry", str(failed["id"])).err


def test_a_mail_server_that_is_away_keeps_every_message_and_says_what_to_check(
    told: Command, server: MailServer
) -> None:
    told.done("reminders", "run", *ON)
    server.stop()
    result = told("outbox", "deliver")
    assert result.code == 1
    assert "0 sent" in result.out
    assert result.err.startswith("Stopped: ")
    assert "TRACKER_SMTP_HOST" in result.err
    assert len(result.err.splitlines()) == 1
    assert len(told.done("outbox", "list", "--state", "waiting", "--json").json) == 2
    assert "WRONG  mail server" in told("check").out


def test_check_says_of_each_part_whether_it_is_right(told: Command) -> None:
    result = told("check", "--json")
    findings = {finding["what"]: finding for finding in result.json}
    assert set(findings) == {
        *("secret key", "address", "database", "configuration", "standings"),
        *("digests", "summaries", "outbox", "mail server"),
    }
    assert all(findings[what]["ok"] for what in findings if what not in {"digests", "summaries"}), findings
    for what in ("digests", "summaries"):
        assert findings[what]["ok"] or "serve or worker" in findings[what]["mend"], "it depends on the hour"
    wrong = told("check", base_url="http://training.example", database_url="sqlite:///none.db")
    assert wrong.code == 2
    for line in ("WRONG  secret key", "WRONG  address", "WRONG  database", "Make one with: training-tracker migrate"):
        assert line in wrong.out


def test_check_finds_standings_that_are_not_in_step(told: Command) -> None:
    with sqlite3.connect(told.folder / "tracker.db") as connection:
        connection.execute("UPDATE standing SET due_on = '2030-01-01'")
    assert "training-tracker standing rebuild" in told("check").out
    told.done("standing", "rebuild")
    assert "ok     standings: in step" in told("check").out
