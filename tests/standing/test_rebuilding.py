"""A rebuild from every side: killed half-way, watched by readers, and no more work than a change asks for."""

import signal
import sys
from asyncio.subprocess import create_subprocess_exec
from dataclasses import replace
from datetime import date
from time import perf_counter

import pytest
from sqlalchemy import select, update

from tests.facts import Facts
from tests.standing.test_refreshing import TODAY, as_kept, computed
from training_tracker.database import Database, touch
from training_tracker.expectations.publishing import Scope, publish, rule_of
from training_tracker.standing import refreshing
from training_tracker.standing.models import Standing
from training_tracker.standing.refreshing import rebuild

WRONG = date(1999, 9, 9)

# Goes through the people one by one, and dies after the first.
DYING = """
import asyncio, os, signal, sys
import training_tracker.schema
from training_tracker.settings import Settings
from training_tracker.standing import refreshing

async def main():
    refreshing.AT_A_TIME = refreshing.INDEXES_LAST = 1
    database = refreshing.connect(Settings(database_url=sys.argv[1], _env_file=None))
    async with database.writing() as session:
        await refreshing.rebuild(session, lambda done, people: os.kill(os.getpid(), signal.SIGKILL) if done else None)

asyncio.run(main())
"""


async def some_people(database: Database) -> None:
    """Three of them, and standings that have gone wrong."""
    async with database.writing() as session:
        facts = Facts(session)
        course = await facts.item()
        await facts.version(await facts.expectation(), [course], period_months=12)
        for name in ("Ann Reed", "Ben Cole", "Cat Dunn"):
            await facts.completed(await facts.post(name), course, TODAY)
    async with database.writing() as session:
        await session.execute(update(Standing).values(due_on=WRONG))


async def test_killed_half_way_it_has_changed_nothing_and_a_second_one_completes(
    empty: Database, empty_url: str
) -> None:
    await some_people(empty)
    async with empty.reading() as session:
        before = await as_kept(session)
    process = await create_subprocess_exec(sys.executable, "-c", DYING, empty_url)
    assert await process.wait() == -signal.SIGKILL
    async with empty.reading() as session:
        assert await as_kept(session) == before != await computed(session)
    async with empty.writing() as session:
        await rebuild(session)
    async with empty.reading() as session:
        assert await as_kept(session) == await computed(session)


async def test_readers_neither_wait_for_it_nor_see_half(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "AT_A_TIME", 2)
    monkeypatch.setattr(refreshing, "INDEXES_LAST", 1)
    await some_people(empty)
    seen = []
    began = perf_counter()
    async with empty.writing() as session:
        rebuilt = await rebuild(session, lambda done, people: seen.append((done, people)))
        async with empty.reading() as reader:
            assert set(await reader.scalars(select(Standing.due_on))) == {WRONG}
    assert seen == [(1, 3), (3, 3)]
    assert rebuilt.standings == 3
    assert 0 < rebuilt.seconds < perf_counter() - began
    async with empty.reading() as session:
        assert await as_kept(session) == await computed(session)


async def test_everybody_is_worked_out_anew_where_a_fact_may_touch_everybody_or_touches_very_many(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "MANY", 2)
    await some_people(empty)
    for touched, mended in (
        ({"practitioners": [1], "posts": [2]}, False),
        ({"practitioners": [1], "posts": [1, 2]}, True),
        ({"everything": True}, True),
    ):
        async with empty.writing() as session:
            await session.execute(update(Standing).values(due_on=WRONG))
            touch(session, **touched)
        async with empty.reading() as session:
            assert (await as_kept(session) == await computed(session)) is mended, touched


async def test_a_changed_rule_touches_the_posts_it_applies_or_applied_to_and_no_other(empty: Database) -> None:
    async with empty.writing() as session:
        facts = Facts(session)
        course, other = await facts.item("A"), await facts.item("B")
        first, second = await facts.team("First"), await facts.team("Second")
        await facts.post("Ann Reed", team=first)
        await facts.post("Ben Cole", team=second)
        of_first = [Scope(team_id=first.id)]
        version = await facts.version(await facts.expectation("MOVED"), [course], scopes=of_first, period_months=12)
        await facts.version(await facts.expectation("STAYS"), [other])
        rule = await rule_of(session, version)
    async with empty.writing() as session:
        unmoved = update(Standing).where(Standing.expectation_id != version.expectation_id)
        await session.execute(unmoved.values(due_on=WRONG))
    async with empty.writing() as session:
        moved = replace(rule, scopes=frozenset({Scope(team_id=second.id)}))
        await publish(session, version.expectation_id, moved, "tests")
    async with empty.reading() as session:
        others = Standing.expectation_id != version.expectation_id
        assert set(await session.scalars(select(Standing.due_on).where(others))) == {WRONG}
        touched = {row for row in await as_kept(session) if row[4] == version.expectation_id}
        assert touched == {row for row in await computed(session) if row[4] == version.expectation_id}
        assert len(touched) == 1
