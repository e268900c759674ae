"""Planning, listing and sending e-mails from the command line, to a real mail server."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.cli.command import Clocked, Command, free_port
from tests.cli.telling import tell
from tests.intake.spreadsheets import TRUST, completion, person
from tests.mail.servers import MailServer, mail_server
from tests.schedule.worlds import at
from training_tracker.schedule.jobs import JOBS

ANN, KIM = "ann.reed@harbour.example", "kim.ng@harbour.example"
# A Tuesday, after the hours in which the scheduler delivers.
EVENING = at("2026-11-24", "20:00")
PARTNERSHIP = "Isle of Wight Safeguarding Children Partnership"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def told(tracker: Command, server: MailServer) -> Clocked:
    """Kim Ng manages Ann Reed; neither has done anything."""
    tell(tracker, [person(manager=KIM), person(name="Kim Ng", email=KIM, team="")])
    clocked = Clocked(tracker.folder, **tracker.settings, smtp_port=str(server.port), smtp_security="none")
    clocked.moment = EVENING
    return clocked


def refusal(told: Clocked, *arguments: str) -> str:
    result = told(*arguments)
    assert (result.code, result.out) == (2, "")
    return result.err


def received(server: MailServer) -> list[str]:
    return sorted(letter.recipients[0] for letter in server.letters)


def test_digests_and_summaries_are_planned_once_listed_and_sent(told: Clocked, server: MailServer) -> None:
    assert "2 digests would be planned" in told.done("reminders", "run", "--dry-run").out
    assert told.done("outbox", "list").out == "The outbox is empty.\n"
    planned = told.done("reminders", "run", "--json").json
    assert sorted(digest["to"] for digest in planned["planned"]) == [ANN, KIM]
    assert "0 digests planned for 24 November 2026" in told.done("reminders", "run").out
    assert "1 summary planned for November 2026" in told.done("summaries", "run", "--month", "2026-11").out
    assert "0 summaries planned" in told.done("summaries", "run", "--month", "2026-11").out

    told.moment = EVENING + timedelta(minutes=1)
    waiting = told.done("outbox", "list", "--json").json
    assert [{"key", "to", "subject", "state", "attempts"} <= message.keys() for message in waiting] == [True] * 3
    assert {message["state"] for message in waiting} == {"waiting"}
    assert len({message["key"] for message in waiting}) == 3
    assert told.done("outbox", "deliver").out.startswith("3 sent, ")
    assert received(server) == [ANN, KIM, KIM]
    sent = told.done("outbox", "list", "--state", "sent", "--json").json
    assert [(message["state"], message["attempts"]) for message in sent] == [("sent", 1)] * 3
    assert told.done("outbox", "list", "--state", "waiting").out == "No message is waiting.\n"


def test_why_somebody_was_written_to_is_explained_with_what_became_of_it(told: Clocked) -> None:
    told.done("reminders", "run")
    planned = told.done("reminders", "explain", ANN).out
    assert planned.startswith("24 November 2026, decided at 20:00: a digest.\n  Because of: ")
    assert "is waiting." in planned
    told.moment = EVENING + timedelta(minutes=1)
    told.done("outbox", "deliver")
    (decided,) = told.done("reminders", "explain", ANN, "--json").json["decided"]
    assert (decided["held_back"], decided["message"]["state"]) == (None, "sent")
    assert "was sent on 24 November 2026 at 20:01." in told.done("reminders", "explain", ANN).out


def test_a_day_on_which_nobody_was_looked_at_says_so_and_one_to_come_what_would_be(told: Clocked) -> None:
    told.done("reminders", "run")
    told.moment = EVENING + timedelta(days=2)
    asked = told.done("reminders", "explain", ANN, "--on", "2026-11-25").out
    assert asked.endswith(
        "On 25 November 2026 they were not looked at: nothing had changed since, and nothing new had fallen due.\n"
    )
    assert "As things stand, 26 November 2026: no digest, " in told.done("reminders", "explain", ANN).out
    saturday = told.done("reminders", "explain", ANN, "--on", "2026-11-28").out
    assert "No digests on 28 November 2026: Saturday 28 November 2026 is not a working day." in saturday
    assert "Nobody here has the e-mail address" in refusal(told, "reminders", "explain", "who@harbour.example")


def test_an_agency_sets_its_own_ladder_and_gets_the_usual_one_back(told: Clocked) -> None:
    usual = "90, 60, 30, 7 days before; on the day; 7, 14 days after; then monthly"
    (agency,) = told.done("reminders", "ladder", "--json").json
    assert usual in told.done("reminders", "ladder").out
    name = agency["agency"]
    changed = told.done("reminders", "ladder", name, "--before", "45, 10", "--not-monthly").out
    assert "45, 10 days before; on the day; 7, 14 days after" in changed
    assert "monthly" not in changed
    assert usual in told.done("reminders", "ladder", name, "--usual").out
    assert "“soon” is no list of days" in refusal(told, "reminders", "ladder", name, "--before", "soon")
    assert "400 days before is no step" in refusal(told, "reminders", "ladder", name, "--before", "400")
    assert "say whose ladder it is" in refusal(told, "reminders", "ladder", "--before", "30")


def test_a_day_without_work_plans_nothing_and_says_why(told: Clocked) -> None:
    told.moment = at("2026-11-22", "10:00")
    assert "not a working day" in told.done("reminders", "run").out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("reminders", "run", "--on", "2026-11-25"), "25 November 2026 is not today"),
        (("reminders", "run", "--on", "2030-01-07"), "7 January 2030 is not today"),
        (("reminders", "run", "--on", "2026-11-23"), "23 November 2026 is not today"),
        (("summaries", "run", "--month", "2026-12"), "December 2026 has not come"),
    ],
)
def test_what_is_not_for_now_is_looked_at_and_not_planned(
    told: Clocked, arguments: tuple[str, ...], problem: str
) -> None:
    """Planned, it would go out now, and keep back what is to be written then."""
    refused = told(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert problem in refused.err
    assert "--dry-run" in refused.err
    assert "would be planned" in told.done(*arguments, "--dry-run").out
    assert told.done("outbox", "list").out == "The outbox is empty.\n"


def test_a_summary_missed_last_month_can_still_be_planned(told: Clocked) -> None:
    assert "1 summary planned for October 2026" in told.done("summaries", "run", "--month", "2026-10").out


@pytest.mark.parametrize(
    ("kind", "of", "due"),
    [("agency-summary", TRUST, "1 October"), ("partnership-summary", PARTNERSHIP, "7 October")],
)
def test_the_summaries_of_leads_are_looked_at_and_planned_like_those_of_managers(
    told: Clocked, kind: str, of: str, due: str
) -> None:
    told.done("user", "grant", KIM, "agency-lead", "--agency", TRUST)
    told.done("user", "grant", KIM, "partnership-lead")
    command = ("summaries", "run", "--kind", kind, "--month", "2026-10")
    looked_at = told.done(*command, "--dry-run").out
    assert re.search(rf"{KIM} +{of}", looked_at)
    in_words = kind.replace("-", " ")
    assert f"1 {in_words} would be planned for October 2026, with the figures of {due} 2026." in looked_at
    assert told.done("outbox", "list").out == "The outbox is empty.\n"
    (planned,) = told.done(*command, "--json").json["planned"]
    assert (planned["to"], planned["of"]) == (KIM, of)
    assert "none for 1 people who lead training: has this month's summary already" in told.done(*command).out


def test_a_scrutineer_who_works_for_no_agency_is_made_known_and_gets_the_partnership_s_summary(told: Clocked) -> None:
    sam = "sam.field@scrutiny.example"
    assert "import the person first" in told("user", "grant", sam, "scrutineer").err
    refused = told("user", "grant", sam, "agency-lead", "--agency", TRUST, "--name", "Sam Field")
    assert (refused.code, "takes no --name" in refused.err) == (2, True)
    assert "Sam Field reads the figures of" in told.done("user", "grant", sam, "scrutineer", "--name", "Sam Field").out
    again = told("user", "grant", sam, "scrutineer", "--name", "Sam Field")
    assert (again.code, "Leave --name out" in again.err) == (2, True), again
    looked_at = told.done("summaries", "run", "--kind", "partnership-summary", "--month", "2026-10", "--dry-run").out
    assert re.search(rf"{sam} +{PARTNERSHIP}", looked_at)


def test_a_dry_run_of_escalations_says_why_each_manager_gets_one_or_none(told: Clocked) -> None:
    looked_at = told.done("escalations", "run", "--dry-run").out
    assert re.search(rf"{KIM} .*long overdue .*Ann Reed, .*: overdue since \d", looked_at)
    assert "1 escalation would be planned for the week of 24 November 2026." in looked_at
    (planned,) = told.done("escalations", "run", "--json").json["planned"]
    assert "Ann Reed" in planned["why"]
    looked_at = told.done("escalations", "run", "--dry-run").out
    assert re.search(rf"Kim Ng +{KIM} +has had this week's already", looked_at)
    (none,) = told.done("escalations", "run", "--json").json["none_for"]
    assert none == {"manager": "Kim Ng", "to": KIM, "why": "has had this week's already"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("reminders", "run", "--on", "9999-12-31"),
        ("reminders", "run", "--on", "9999-12-31", "--dry-run"),
        ("reminders", "run", "--on", "0001-01-01", "--dry-run"),
        ("summaries", "run", "--month", "9999-12"),
        ("summaries", "run", "--month", "0001-01"),
        ("outbox", "retry", "999999999999999999999"),
        ("outbox", "retry", "9223372036854775807"),
    ],
)
def test_numbers_beyond_all_sense_are_told(tracker: Command, arguments: tuple[str, ...]) -> None:
    result = tracker(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err
    assert "fault" not in result.err


def test_a_fault_of_the_program_is_one_line_without_the_data_it_was_at(told: Clocked) -> None:
    told.done("reminders", "run")
    with sqlite3.connect(told.folder / "tracker.db") as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute('UPDATE message SET state = "to" WHERE "to" = ?', (ANN,))
    result = told("outbox", "list")
    assert (result.code, result.out) == (70, "")
    assert result.err.startswith("The program has a fault: LookupError at ")
    assert len(result.err.splitlines()) == 1
    assert "ann.reed" not in result.err


def test_a_message_that_the_server_refuses_fails_loudly_and_can_be_tried_again(
    told: Clocked, server: MailServer
) -> None:
    server.behaviour.rcpt[ANN] = "550 5.1.1 No such user"
    told.done("reminders", "run")
    told.moment = EVENING + timedelta(minutes=1)
    result = told("outbox", "deliver", "--json")
    assert (result.code, result.json["sent"], result.json["failed"]) == (1, 1, 1)
    (failed,) = told.done("outbox", "list", "--state", "failed", "--json").json
    assert failed["to"] == ANN
    assert "No such user" in failed["last_error"]
    server.behaviour.rcpt.clear()
    told.done("outbox", "retry", str(failed["id"]))
    told.moment = EVENING + timedelta(minutes=2)
    assert told.done("outbox", "deliver").out.startswith("1 sent")
    assert received(server) == [ANN, KIM]
    assert "was sent" in told("outbox", "retry", str(failed["id"])).err


def test_an_address_that_does_not_work_is_listed_and_unblocked(told: Clocked, server: MailServer) -> None:
    assert told.done("outbox", "undeliverable").out == "Every address works, as far as we know.\n"
    told.done("reminders", "run")
    messages = told.done("outbox", "list", "--json").json
    digest = next(message for message in messages if message["key"].startswith("digest:"))
    server.behaviour.rcpt[digest["to"]] = "550 5.1.1 No such person here"
    for days in (0, 1):
        told.moment = EVENING + timedelta(days=days)
        told.done("reminders", "run")
        told.moment += timedelta(minutes=1)
        told("outbox", "deliver")
    (blocked,) = told.done("outbox", "undeliverable", "--json").json
    assert blocked["address"] == digest["to"]
    assert "1 address does not work" in told("check").out
    assert told.done("outbox", "unblock", digest["to"]).out.startswith(f"{digest['to']} is written to again.")
    assert "outbox undeliverable" in told("outbox", "unblock", digest["to"]).err


def test_a_mail_server_that_is_away_keeps_every_message_and_says_what_to_check(
    told: Clocked, server: MailServer
) -> None:
    told.done("reminders", "run")
    told.moment = EVENING + timedelta(minutes=1)
    server.stop()
    result = told("outbox", "deliver")
    assert result.code == 1
    assert "0 sent" in result.out
    assert result.err.startswith("Stopped: ")
    assert "TRACKER_SMTP_HOST" in result.err
    assert len(result.err.splitlines()) == 1
    assert len(told.done("outbox", "list", "--state", "waiting", "--json").json) == 2
    assert "WRONG  mail server" in told("check").out
    assert "WRONG  outbox: no e-mail has gone out since 24 November 2026" in told("check").out


def test_check_says_that_a_folder_for_what_comes_back_cannot_be_read(told: Clocked) -> None:
    found = told("check", imap_host="127.0.0.1", imap_port=str(free_port()), returned_mail="/nowhere").out
    assert re.search(r"WRONG  IMAP folder: INBOX at 127.0.0.1 port \d+: .*\n.*TRACKER_IMAP_HOST", found)
    assert "WRONG  returned mail: /nowhere is no maildir folder" in found


def test_after_a_rejected_sign_in_whoever_delivers_by_hand_waits_for_nothing(told: Clocked) -> None:
    told.done("reminders", "run")
    told.moment = EVENING + timedelta(minutes=1)
    with mail_server(sign_in=("tracker", "new")) as strict:
        told.settings |= {"smtp_port": str(strict.port), "smtp_username": "tracker", "smtp_password": "old"}
        assert "TRACKER_SMTP_USERNAME and _PASSWORD" in told("outbox", "deliver").err
        strict.sign_in = ("tracker", "old")
        assert told.done("outbox", "deliver").out.startswith("2 sent")


def test_check_says_of_each_part_whether_it_is_right(told: Clocked) -> None:
    result = told("check", "--json")
    findings = {finding["what"]: finding for finding in result.json}
    jobs = {job.name for job in JOBS}
    assert set(findings) == {
        *("secret key", "address", "database", "configuration", "standings", "audit trail", "feeds", "sign-in"),
        *jobs,
        *("outbox", "mail server"),
    }
    assert all(findings[what]["ok"] for what in findings if what not in jobs), findings
    for what in jobs:
        assert findings[what]["ok"] or "serve or worker" in findings[what]["mend"], "it depends on the hour"
    wrong = told("check", base_url="http://training.example", database_url="sqlite:///none.db")
    assert wrong.code == 2
    for line in ("WRONG  secret key", "WRONG  address", "WRONG  database", "Make one with: training-tracker migrate"):
        assert line in wrong.out


def test_check_finds_that_no_group_of_roles_is_of_managers_and_loading_again_mends_it(tracker: Command) -> None:
    """As after an upgrade from when groups did not say it."""
    with sqlite3.connect(tracker.folder / "tracker.db") as connection:
        connection.create_function("tracker_act", 0, lambda: None)
        connection.execute("UPDATE role_group SET audience = 'front line'")
    result = tracker("check").out
    assert "WRONG  configuration: no group of roles is of managers" in result
    assert "load them once more" in result
    tracker.done("load", "reference")
    assert "ok     configuration" in tracker("check").out


def test_check_finds_standings_that_are_not_in_step(told: Clocked) -> None:
    with sqlite3.connect(told.folder / "tracker.db") as connection:
        connection.execute("UPDATE standing SET due_on = '2030-01-01'")
    assert "training-tracker standing rebuild" in told("check").out
    told.done("standing", "rebuild")
    assert "ok     standings: in step" in told("check").out


def test_a_completion_that_does_not_stand_is_voided_with_a_reason(tracker: Command) -> None:
    tell(tracker, [person()], [completion()])
    what = (person()["e-mail"], "CSA-INTRO", "2025-03-14")
    assert "Voided: " in tracker.done("void", *what, "--reason", "Somebody else's certificate").out
    explained = tracker.done("standing", "explain", what[0]).out
    assert "It was voided: Somebody else's certificate." in explained
    again = tracker("void", *what, "--reason", "Once more")
    assert (again.code, "it is voided already" in again.err) == (2, True)
    assert tracker("void", *what).code == 2
