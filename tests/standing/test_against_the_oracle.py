"""The engine and its oracle agree on random histories, and both databases with them."""

import math
import os
from collections import Counter
from datetime import date, datetime
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.standing import oracle
from tests.standing.loading import load
from tests.standing.worlds import MOMENTS, PRACTITIONERS, changing_worlds, days, worlds
from training_tracker.database import Database
from training_tracker.standing.known import ASKED_DAY, KnownAt, asking, moment_asked
from training_tracker.standing.models import Standing
from training_tracker.standing.refreshing import rebuild
from training_tracker.standing.status import standings_on
from training_tracker.standing.thresholds import thresholds

COLUMNS = (
    *(Standing.post_id, Standing.version_id, Standing.in_force_from, Standing.in_force_until, Standing.expectation_id),
    *(Standing.first_due_on, Standing.met_from, Standing.met_until, Standing.renewal_opens_on),
    *(Standing.kept_until, Standing.transition_until, Standing.due_on, Standing.grace_until),
)

# How many people's histories the engine and the oracle are asked about, by each of the two tests and on each database;
# "make prove" asks for many more.
HISTORIES = int(os.environ.get("TRACKER_TEST_HISTORIES", "200"))

# One example is a whole population, loaded into a real database.
histories = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
many_histories = settings(histories, max_examples=math.ceil(HISTORIES / len(PRACTITIONERS)))


@many_histories
@given(world=worlds(), some_days=st.lists(days, min_size=3, max_size=3), moment=st.sampled_from(MOMENTS))
async def test_the_engine_and_the_oracle_agree(
    empty: Database, world: oracle.World, some_days: list[date], moment: datetime
) -> None:
    newest = max(completion.on for completion in world.completions)
    async with empty.writing() as session:
        await load(session, world)
        await rebuild(session)
    async with empty.reading() as session:
        kept = [oracle.Standing._make(row) for row in await session.execute(select(*COLUMNS))]
        assert Counter(kept) == Counter(oracle.standings(world)), "as kept"
        for on in (newest, date(2029, 2, 28)):
            assert await read(session, on, today=newest) == oracle.statuses(world, on), "read from those kept"
        for on in some_days:
            for known_at in (None, moment):
                note(f"on {on}, known at {known_at}")
                assert Counter(await asked(session, on, known_at)) == Counter(oracle.standings(world, on, known_at))
                assert await read(session, on, today=date.max, known_at=known_at) == oracle.statuses(
                    world, on, known_at
                )


@many_histories
@given(world=changing_worlds(), on=days)
async def test_the_engine_and_the_oracle_agree_on_rules_that_change(
    empty: Database, world: oracle.World, on: date
) -> None:
    async with empty.writing() as session:
        await load(session, world)
        await rebuild(session)
    async with empty.reading() as session:
        kept = [oracle.Standing._make(row) for row in await session.execute(select(*COLUMNS))]
        assert Counter(kept) == Counter(oracle.standings(world))
        assert Counter(await asked(session, on, None)) == Counter(oracle.standings(world, on))


async def asked(session: AsyncSession, on: date, known_at: datetime | None) -> list[oracle.Standing]:
    rows = await session.execute(engine(moment_asked(known_at)), asking(on, known_at))
    return [oracle.Standing._make(row[column.name] for column in COLUMNS) for row in rows.mappings()]


@cache
def engine(known_at: KnownAt) -> Select[Any]:
    """Put together once, since that takes longer than to run it."""
    return thresholds(on=ASKED_DAY, known_at=known_at)


async def read(
    session: AsyncSession, on: date, *, today: date, known_at: datetime | None = None
) -> dict[tuple[int, int], str]:
    standing = standings_on(on, today=today, known_at=known_at)
    rows = await session.execute(select(standing.c.post_id, standing.c.version_id, standing.c.status))
    return {(post, version): status for post, version, status in rows}
