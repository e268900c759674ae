"""A job runs once for each period, on both databases: whoever else looks, fails, or dies on the way."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from tests.schedule.holder import holder
from tests.schedule.worlds import runs
from training_tracker.database import Database
from training_tracker.schedule.ledger import once
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

LEASE = timedelta(minutes=5)
SHORT = timedelta(seconds=1.5)


class Work:
    """Counts how often it is done."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = seconds
        self.done = 0
        self.begun = asyncio.Event()

    async def __call__(self) -> str:
        self.begun.set()
        await asyncio.sleep(self.seconds)
        self.done += 1
        return f"time {self.done}"


async def test_a_job_runs_once_for_a_period_and_says_what_it_did(empty: Database) -> None:
    work = Work()
    assert await once(empty, "digests", "2026-11-24", LEASE, work) == "time 1"
    assert await once(empty, "digests", "2026-11-24", LEASE, work) is None
    assert await once(empty, "digests", "2026-11-25", LEASE, work) == "time 2"
    assert await once(empty, "summaries", "2026-11-24", LEASE, work) == "time 3"
    run = (await runs(empty))["digests", "2026-11-24"]
    assert run.result == "time 1"
    assert run.finished_at is not None
    assert run.started_at <= run.finished_at


async def test_of_many_that_look_at_the_same_moment_one_runs_it(empty: Database, empty_url: str) -> None:
    work = Work(seconds=0.2)
    others = [connect(Settings(database_url=empty_url, _env_file=None)) for _ in range(3)]
    try:
        results = await asyncio.gather(
            *(once(database, "digests", "2026-11-24", LEASE, work) for database in [empty, *others] for _ in range(3))
        )
    finally:
        for other in others:
            await other.close()
    assert work.done == 1
    assert [result for result in results if result] == ["time 1"]


async def test_what_a_killed_process_was_at_is_taken_up_when_its_lease_ends(empty: Database, empty_url: str) -> None:
    work = Work()
    with holder(empty_url) as process:
        process.kill()
        process.wait(60)
    assert await once(empty, "digests", "2026-11-24", LEASE, work) is None, "the claim holds"
    assert (await runs(empty))["digests", "2026-11-24"].finished_at is None
    with time_machine.travel(datetime.now(UTC) + LEASE + timedelta(seconds=30)):
        assert await once(empty, "digests", "2026-11-24", LEASE, work) == "time 1"
        assert await once(empty, "digests", "2026-11-24", LEASE, work) is None


async def test_a_run_that_takes_longer_than_the_lease_keeps_its_claim(empty: Database, empty_url: str) -> None:
    long, other = Work(seconds=4), Work()
    second = connect(Settings(database_url=empty_url, _env_file=None))
    running = asyncio.create_task(once(empty, "digests", "2026-11-24", SHORT, long))
    try:
        await asyncio.sleep(0.3)
        while not running.done():
            assert await once(second, "digests", "2026-11-24", SHORT, other) is None
            await asyncio.sleep(0.1)
        assert await running == "time 1"
    finally:
        await second.close()
    assert other.done == 0
    assert (await runs(empty))["digests", "2026-11-24"].result == "time 1"


async def test_a_run_that_fails_is_let_go_and_runs_again(empty: Database) -> None:
    async def fail() -> str:
        raise RuntimeError("Ann Reed's row")

    with pytest.raises(RuntimeError):
        await once(empty, "digests", "2026-11-24", LEASE, fail)
    run = (await runs(empty))["digests", "2026-11-24"]
    assert (run.finished_at, run.result) == (None, "failed: RuntimeError")
    work = Work()
    assert await once(empty, "digests", "2026-11-24", LEASE, work) == "time 1"


async def test_a_run_that_is_told_to_stop_is_let_go_and_runs_again(empty: Database) -> None:
    work = Work(seconds=60)
    running = asyncio.create_task(once(empty, "digests", "2026-11-24", LEASE, work))
    await work.begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert (await runs(empty))["digests", "2026-11-24"].result == "stopped"
    assert await once(empty, "digests", "2026-11-24", LEASE, Work()) == "time 1"


async def test_a_run_that_is_told_to_stop_stops_even_where_the_database_does_not_answer(empty: Database) -> None:
    work = Work(seconds=60)
    running = asyncio.create_task(once(empty, "digests", "2026-11-24", LEASE, work))
    await work.begun.wait()
    async with empty.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE job_run RENAME TO away"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
