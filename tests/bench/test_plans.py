"""How the databases go about the questions that are asked all day: by index, on a region where they have the choice."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bench import region
from bench.databases import PlainPostgres, PlainSqlite
from bench.world import TODAY, opened
from training_tracker.database import Database, Touched
from training_tracker.standing.models import Standing
from training_tracker.standing.refreshing import rebuild, refresh_touched
from training_tracker.standing.status import standings_on
from training_tracker.uptake.counting import By, uptake

POSTS = 3_000


@pytest.fixture
async def peopled(kind: str, empty_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    with region.made(POSTS, tmp_path / "region.duckdb") as made:
        plain = (
            PlainSqlite(Path(empty_url.removeprefix("sqlite:///"))) if kind == "sqlite" else PlainPostgres(empty_url)
        )
        region.fill(made, plain, tmp_path)
        plain.connection.close()
    async with opened(empty_url) as database:
        async with database.writing() as session:
            await rebuild(session)
        if kind == "postgresql":
            # It does so by itself after a while. SQLite never does, and nor do we.
            async with database.writing() as session:
                await session.execute(text("ANALYZE"))
        yield database


async def test_one_persons_refresh_looks_nothing_up_by_going_through_everybody(peopled: Database) -> None:
    async with peopled.writing() as session:
        (person,) = await session.scalars(select(func.max(Standing.post_id)))
        plans = await plans_of(session, lambda: refresh_touched(session, Touched(practitioners={person // 2})))
    assert len(plans) >= 2
    for table in ("completion", "post", "standing", "practitioner"):
        assert not any(goes_through(plan, table) for plan in plans), table


async def test_what_falls_due_on_a_day_is_found_by_that_day(peopled: Database) -> None:
    standing = standings_on(TODAY, today=TODAY).c
    on_the_day = select(standing.post_id, standing.status).where(standing.due_on == TODAY + timedelta(days=20))
    async with peopled.reading() as session:
        (plan,) = await plans_of(session, lambda: session.execute(on_the_day))
    assert "ix_standing_due_on" in plan
    assert not goes_through(plan, "standing")
    assert not goes_through(plan, "post")


async def test_todays_uptake_reads_standings_and_no_completions(peopled: Database) -> None:
    async with peopled.reading() as session:
        plans = await plans_of(session, lambda: uptake(session, TODAY, by=By.AGENCY, today=TODAY))
    assert plans
    assert not any("completion" in plan for plan in plans)


async def plans_of(session: AsyncSession, work: Callable[[], Any]) -> list[str]:
    """How the database would go about each of the statements of some work, in its own words."""
    connection = await session.connection()
    statements: list[tuple[str, Any]] = []

    def heard(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    event.listen(connection.sync_connection, "before_cursor_execute", heard)
    await work()
    event.remove(connection.sync_connection, "before_cursor_execute", heard)
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    plans = []
    for statement, parameters in statements:
        rows = await connection.exec_driver_sql(explain + statement, parameters)
        plans.append("\n".join(str(row[-1]) for row in rows))
    return plans


def goes_through(plan: str, table: str) -> bool:
    """Whether every row of a table would be read, one after the other, or in the order of an index."""
    words = (f"SCAN {table}", f"BLOOM FILTER ON {table}", f"Seq Scan on {table}")
    return any(line.strip(" ->").split("  (")[0].startswith(words) for line in plan.splitlines())
