"""What e-mails say, looked at before anybody gets one: with the installed command."""

import pytest

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import TRUST, person

ANN, AGENCY = "ann.reed@harbour.example", TRUST


@pytest.fixture
def told(tracker: Command) -> Command:
    """Ann Reed, who has done nothing."""
    tell(tracker, [person()])
    return tracker


def refusal(told: Command, *arguments: str) -> str:
    result = told(*arguments)
    assert result.code == 2, result
    return " ".join(result.err.split())


def test_an_e_mail_is_looked_at_without_sending_anything(told: Command) -> None:
    letter = told.done("mail", "preview", "welcome", "--for", ANN).out
    assert letter.startswith(f"To: {ANN}\nSubject: Your new post: the training that goes with it\n\n")
    assert (
        letter.index("IF YOU DO ONE THING") < letter.index("HIPS Child Sexual Abuse toolkit") < letter.index("AND THEN")
    )
    assert told.done("mail", "preview", "digest", "--for", ANN, "--json").json["to"] == ANN
    assert told.done("mail", "preview", "digest", "--for", ANN, "--html").out.startswith("<!DOCTYPE html>")
    assert told.done("outbox", "list").out == "The outbox is empty.\n"


def test_of_nothing_there_is_no_e_mail(told: Command) -> None:
    complaint = refusal(told, "mail", "preview", "summary", "--for", ANN)
    assert "there is nothing of which a summary could tell them" in complaint


def test_a_test_goes_to_whoever_is_named_and_says_that_it_is_one(told: Command) -> None:
    told.done("mail", "test", "digest", "--for", ANN, "--to", "me@harbour.example")
    (message,) = told.done("outbox", "list", "--json").json
    assert message["to"] == "me@harbour.example"
    assert message["subject"].startswith("Test: Your training: ")
    assert "is not an e-mail address" in refusal(told, "mail", "test", "digest", "--for", ANN, "--to", "me")


def test_an_agency_has_words_of_its_own_until_it_goes_back_to_the_usual_ones(told: Command) -> None:
    say = ("mail", "words", AGENCY, "digest", "support")
    told.done(*say, "--say", "Ring <Kay> on 01983 000000.")
    assert "Ring <Kay> on 01983 000000." in told.done("mail", "preview", "digest", "--for", ANN).out
    assert "Ring &lt;Kay&gt; on 01983" in told.done("mail", "preview", "digest", "--for", ANN, "--html").out
    (row,) = told.done(*say, "--json").json
    assert (row["words"], row["own"]) == ("Ring <Kay> on 01983 000000.", True)
    told.done(*say, "--usual")
    usual = told.done("mail", "preview", "digest", "--for", ANN).out
    assert "some of us know it from our own lives" in " ".join(usual.split())
    nowhere = refusal(told, "mail", "words", AGENCY, "digest", "greeting", "--say", "Hi")
    assert "has no place called “greeting”" in nowhere


def test_answers_go_where_the_agency_says(told: Command) -> None:
    assert told.done("mail", "answers", AGENCY).out.endswith("go to Training Tracker <training@tracker.example>.\n")
    told.done("mail", "answers", AGENCY, "training@harbour.example")
    preview = told.done("mail", "preview", "digest", "--for", ANN, "--json").json
    assert preview["reply_to"] == "training@harbour.example"
