"""Two runs at once, each on its own connections, plan everything once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.facts import Facts
from training_tracker.database import Database
from training_tracker.mail.models import Message
from training_tracker.people.agencies import name_managers
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.models import Reminder
from training_tracker.reminders.summaries import plan_summaries
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

BASE = "https://training.tracker.example"
ON = date(2026, 6, 1)
PEOPLE = 5

Run = Callable[[AsyncSession], Awaitable[int]]


async def digests(session: AsyncSession) -> int:
    return (await plan_reminders(session, ON, today=ON)).digests


async def summaries(session: AsyncSession) -> int:
    return len((await plan_summaries(session, ON, on=ON, today=ON, base_url=BASE)).summaries)


@pytest.fixture
async def two(empty_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """One database of five people who are overdue, each a manager of all, as two processes see it."""
    one, other = (connect(Settings(database_url=empty_url, _env_file=None)) for _ in range(2))
    async with one.writing() as session:
        facts = Facts(session)
        await facts.version(await facts.expectation(), [await facts.item()])
        team = await facts.team()
        for number in range(PEOPLE):
            post = await facts.post(f"Person {number}")
            await name_managers(session, [(team.id, post.practitioner_id)])
    yield one, other
    await one.close()
    await other.close()


async def in_outbox(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Message)) or 0


@pytest.mark.parametrize("run", [digests, summaries])
async def test_the_second_waits_for_the_first_and_finds_nothing_left(two: tuple[Database, Database], run: Run) -> None:
    one, other = two

    async def second() -> int:
        async with other.writing() as session:
            return await run(session)

    async with one.writing() as session:
        assert await run(session) == PEOPLE
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.3)
        assert not waiting.done()
    assert await waiting == 0
    assert await in_outbox(one) == PEOPLE


@pytest.mark.parametrize("run", [digests, summaries])
async def test_where_the_first_dies_the_second_plans_everything(two: tuple[Database, Database], run: Run) -> None:
    one, other = two

    async def second() -> int:
        async with other.writing() as session:
            return await run(session)

    async with one.rehearsing() as session:
        assert await run(session) == PEOPLE
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.1)
    assert await waiting == PEOPLE
    assert await in_outbox(one) == PEOPLE


async def test_however_many_start_together_each_digest_is_planned_once(two: tuple[Database, Database]) -> None:
    async def run(database: Database) -> int:
        async with database.writing() as session:
            return await digests(session)

    planned = await asyncio.gather(*(run(database) for database in two * 3))
    assert sorted(planned) == [0, 0, 0, 0, 0, PEOPLE]
    async with two[0].reading() as session:
        assert await session.scalar(select(func.count()).select_from(Reminder)) == PEOPLE
    assert await in_outbox(two[0]) == PEOPLE


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_digests_and_summaries_do_not_wait_for_each_other(two: tuple[Database, Database]) -> None:
    """On PostgreSQL, that is: SQLite has one writer."""
    one, other = two
    async with one.writing() as session, other.writing() as other_session:
        assert await digests(session) == PEOPLE
        assert await asyncio.wait_for(summaries(other_session), 20) == PEOPLE
