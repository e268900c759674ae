"""How long records are kept, and erasing somebody who asks for it, from the command line."""

from datetime import UTC, datetime

import pytest

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person

ANN = "ann.reed@harbour.example"


@pytest.fixture
def told(tracker: Command) -> Command:
    """Ann Reed left in 2019; Bob Hall works on."""
    bob = person(name="Bob Hall", email="bob.hall@harbour.example")
    tell(tracker, [person(started="2015-01-05", ended="2019-06-30"), bob])
    return tracker


def refused(told: Command, *arguments: str) -> str:
    result = told(*arguments)
    assert result.code == 2
    return result.err


def test_a_period_is_looked_at_set_and_carried_out(told: Command) -> None:
    assert "until somebody asks" in told.done("retention", "list").out
    (agency,) = (line["agency"] for line in told.done("retention", "list", "--json").json)
    assert told.done("retention", "preview").out == "Nobody would be erased.\n"
    assert "Ann Reed" in told.done("retention", "preview", agency, "--months", "72").out
    assert "12 and 600" in refused(told, "retention", "set", agency, "6")
    assert "say for how long" in refused(told, "retention", "set", agency)
    assert "1 are erased" in told.done("retention", "set", agency, "72").out
    assert [line["name"] for line in told.done("retention", "preview", "--json").json] == ["Ann Reed"]
    assert told.done("retention", "run", "--yes").out == "1 erased.\n"
    assert told.done("retention", "run").out == "0 erased.\n"
    assert "Ann Reed" not in told.done("audit", "list", "--json").out
    told.done("audit", "verify")
    assert "for 72 months" in told.done("retention", "list").out
    told.done("retention", "set", agency, "--for-ever")
    assert "until somebody asks" in told.done("retention", "list").out


def test_whoever_has_left_and_asks_is_erased(told: Command) -> None:
    assert "has a post still" in refused(told, "user", "erase", "bob.hall@harbour.example", "--yes")
    before = told.done("standing", "report", "--on", str(datetime.now(UTC).date()), "--format", "json").out
    assert told.done("user", "erase", ANN, "--yes").out.startswith("Erased.")
    assert "Nobody here has the e-mail address" in refused(told, "user", "erase", ANN, "--yes")
    assert told.done("standing", "report", "--on", str(datetime.now(UTC).date()), "--format", "json").out == before
