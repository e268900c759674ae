"""The schedule as the command tells it: what runs next, how it went, and what is late."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import time_machine
from sqlalchemy import text

from tests.cli.command import Clocked, Command
from tests.schedule.worlds import at
from training_tracker.database import Database
from training_tracker.schedule.running import run_what_is_due
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect


@pytest.fixture
def clocked(tracker: Command) -> Clocked:
    return Clocked(tracker.folder, **tracker.settings)


def shown(clocked: Clocked, day: str, clock: str, **settings: str) -> dict[str, tuple[str, str | None]]:
    """When digests and summaries run next, and the period of which a run is late."""
    clocked.moment = at(day, clock)
    rows = clocked.done("schedule", "--json", **settings).json
    return {
        row["job"]: (row["next_run_at"][:16], row["late"]) for row in rows if row["job"] in {"digests", "summaries"}
    }


def look(clocked: Clocked, day: str, clock: str, *, before: str = "") -> list[str]:
    """A minute of the scheduler, as ``serve`` has it; ``before`` is done to the database first."""

    async def work(database: Database) -> list[str]:
        if before:
            async with database.writing() as session:
                await session.execute(text(before))
        with time_machine.travel(at(day, clock), tick=False):
            return await run_what_is_due(database, Settings(_env_file=None))

    return asyncio.run(_on(clocked, work))


async def _on(clocked: Clocked, work: Callable[[Database], Awaitable[list[str]]]) -> list[str]:
    database = connect(Settings(_env_file=None, database_url=clocked.settings["database_url"]))
    try:
        return await work(database)
    finally:
        await database.close()


def test_the_next_runs_are_on_working_days_by_the_clock_of_the_partnership(clocked: Clocked) -> None:
    assert shown(clocked, "2026-11-24", "08:00") == {
        "digests": ("2026-11-24T08:15", None),
        "summaries": ("2026-11-24T08:30", None),
    }
    assert look(clocked, "2026-11-24", "08:30")
    assert shown(clocked, "2026-11-24", "08:31") == {
        "digests": ("2026-11-25T08:15", None),
        "summaries": ("2026-12-01T08:30", None),
    }
    assert look(clocked, "2026-12-24", "08:30")
    assert shown(clocked, "2026-12-24", "09:00") == {
        "digests": ("2026-12-29T08:15", None),  # after a Friday and a Monday that are bank holidays
        "summaries": ("2027-01-04T08:30", None),
    }
    auckland = shown(clocked, "2026-12-24", "09:00", timezone="Pacific/Auckland")
    assert auckland["digests"] == ("2026-12-29T08:15", None)


def test_a_run_that_waits_is_due_at_once_and_late_after_a_while(clocked: Clocked) -> None:
    assert shown(clocked, "2026-11-24", "08:20")["digests"] == ("2026-11-24T08:20", None)
    assert shown(clocked, "2026-11-24", "11:00")["digests"] == ("2026-11-24T11:00", "2026-11-24")
    said = clocked.done("schedule").out
    assert "at once" in said
    assert "that of 2026-11-24" in said
    assert "Keep training-tracker serve or worker running" in said
    # In the evening nobody is written to: digests have missed their day, summaries not yet their month.
    assert shown(clocked, "2026-11-24", "17:20") == {
        "digests": ("2026-11-25T08:15", None),
        "summaries": ("2026-11-25T08:30", None),
    }


def test_the_last_run_says_what_it_did_or_how_it_failed(clocked: Clocked) -> None:
    clocked.moment = at("2026-11-24", "09:00")
    assert "never" in clocked.done("schedule").out
    look(clocked, "2026-11-24", "08:30")
    publication, digests, summaries, *_others = clocked.done("schedule", "--json").json
    assert publication["last_run"]["result"] == "0 figures published anew"
    assert digests["last_run"] == {
        "period": "2026-11-24",
        "started_at": "2026-11-24T08:30:00+00:00",
        "finished_at": "2026-11-24T08:30:00+00:00",
        "result": "0 digests, 0 welcomes and 0 confirmations planned",
    }
    assert summaries["last_run"]["period"] == "2026-11"
    said = clocked.done("schedule").out
    assert "Tuesday 24 November 2026 at 08:30" in said
    assert "0 digests, 0 welcomes and 0 confirmations planned" in said

    look(clocked, "2026-11-25", "08:15", before="ALTER TABLE reminder_decision RENAME TO mislaid")
    clocked.moment = at("2026-11-25", "08:40")
    failed = clocked.done("schedule", "--json").json[1]
    assert failed["last_run"]["finished_at"] is None
    assert failed["last_run"]["result"].startswith("failed: ")
    assert failed["late"] == "2026-11-25"
    assert "failed: " in clocked.done("schedule").out
