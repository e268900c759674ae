"""user second-step: who needs an app to sign in, and a way back for whoever has lost theirs."""

import asyncio

import pytest
from pyotp import TOTP

from tests.cli.command import Command
from tests.cli.telling import tell
from tests.intake.spreadsheets import person
from training_tracker.access.second_step import set_up
from training_tracker.people.finding import find_practitioner
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ANN, BOB = "ann.reed@harbour.example", "bob.hall@harbour.example"


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


def have_apps(tracker: Command, secret_key: str, *emails: str) -> None:
    async def work() -> None:
        settings = Settings(_env_file=None, database_url=tracker.settings["database_url"], secret_key=secret_key)
        database = connect(settings)
        async with database.writing() as session:
            for email in emails:
                whose = await find_practitioner(session, email)
                await set_up(session, settings, whose.id, KEY, TOTP(KEY).now(), anew=False)
        await database.close()

    asyncio.run(work())


def test_after_another_secret_key_all_who_are_kept_out_by_it_begin_anew_at_once(tracker: Command) -> None:
    tell(
        tracker,
        [person(), person(name="Bob Hall", email=BOB), person(name="Cat Dunn", email="cat.dunn@harbour.example")],
    )
    have_apps(tracker, "the key that was before, long enough", ANN, BOB)
    tracker.settings["secret_key"] = "the key that is now, long enough too"
    have_apps(tracker, tracker.settings["secret_key"], "cat.dunn@harbour.example")
    reset = ("user", "second-step", "reset")
    assert tracker(*reset).code == tracker(*reset, ANN, "--all-unreadable").code == 2
    now_what = "sets up an app at the next sign-in, and is signed out everywhere."
    both = f"Ann Reed {now_what}\nBob Hall {now_what}\n"
    tried = tracker.done(*reset, "--all-unreadable", "--dry-run").out
    assert tried == f"{both}Nothing was changed: this is what would happen.\n"
    assert tracker.done(*reset, "--all-unreadable").out == both
    removed = [
        line
        for line in tracker.done("audit", "list", "--json").json
        if (line["record"], line["action"]) == ("second step of signing in", "removed")
    ]
    assert sorted(line["person"] for line in removed) == ["Ann Reed", "Bob Hall"]
    assert tracker.done(*reset, "--all-unreadable").out == "The key of every app can be read. Nobody is reset.\n"
