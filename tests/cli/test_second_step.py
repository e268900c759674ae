"""user second-step: who needs an app to sign in, and a way back for whoever has lost theirs."""

import pytest

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person


@pytest.fixture
def told(tracker: Command) -> Command:
    tell(tracker, [person()])
    return tracker


def test_who_needs_a_second_step_is_listed_and_can_begin_anew(told: Command) -> None:
    assert told.done("user", "second-step", "list", "--json").json == []
    told.done("user", "grant", "ann.reed@harbour.example", "scrutineer")
    (listed,) = told.done("user", "second-step", "list", "--json").json
    assert listed == {
        "name": "Ann Reed",
        "email": "ann.reed@harbour.example",
        "set_up_at": None,
        "recovery_codes": None,
    }
    assert "at the next sign-in" in told.done("user", "second-step", "list").out
    reset = told.done("user", "second-step", "reset", "ann.reed@harbour.example").out
    assert reset == "Ann Reed had no second step, and is signed out everywhere.\n"
    assert told("user", "second-step", "reset", "nobody@harbour.example").code == 2
