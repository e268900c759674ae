"""The parts in which the two databases differ, and the schema."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from training_tracker.catalogue.models import Item
from training_tracker.database import Base, Database, migrations
from training_tracker.people.models import Practitioner


async def test_the_migrations_make_exactly_what_the_models_say(empty: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with empty.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_changes_nothing_the_second_time(empty: Database) -> None:
    before, newest = await empty.migrate()
    assert before == newest
    assert newest is not None


async def test_the_newest_revision_is_the_one_that_alembic_knows(empty: Database) -> None:
    found, newest = await empty.revisions()
    assert found == newest == ScriptDirectory.from_config(migrations()).get_current_head()


async def test_what_the_database_refuses_is_told_without_the_row(empty: Database) -> None:
    with pytest.raises(IntegrityError) as raised:
        async with empty.writing() as session:
            session.add(Practitioner(id=1, email="ann@agency.example"))
    assert "[SQL: INSERT INTO practitioner" in str(raised.value)
    assert "[parameters:" not in str(raised.value)


async def test_a_write_that_fails_leaves_nothing(empty: Database) -> None:
    async def write_and_fail() -> None:
        async with empty.writing() as session:
            session.add(Practitioner(name="Ann Reed", email="ann@agency.example"))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Practitioner)) == 0


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_who_reads_writes_nothing(empty: Database) -> None:
    async with empty.reading() as session:
        session.add(Practitioner(name="Ann Reed", email="ann@agency.example"))
    async with empty.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Practitioner)) == 0
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with empty.reading() as session:
            await session.execute(insert(Practitioner).values(name="Ann Reed", email="ann@agency.example"))


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_what_is_read_again_and_again_is_planned_once(empty: Database) -> None:
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM item%'")
    for _ in range(8):
        async with empty.reading() as session:
            await session.execute(select(Item))
    async with empty.reading() as session:
        assert await session.scalar(prepared) == 1


A_LONG_STATEMENT = """
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 400000)
    SELECT n FROM number ORDER BY -n
"""


@pytest.mark.parametrize("statement", [A_LONG_STATEMENT, "SELECT 1"])
async def test_a_write_that_is_told_to_stop_in_mid_statement_keeps_nobody_from_writing(
    empty: Database, statement: str
) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with empty.writing() as session:
            session.add(Practitioner(name="Ann Reed", email="ann@agency.example"))
            await session.flush()
            begun.set()
            while True:
                await session.execute(text(statement))

    task = asyncio.create_task(write())
    await begun.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):  # and whoever has it in hand holds on to what was at work
        await task
    async with asyncio.timeout(20), empty.writing() as session:
        assert await session.scalar(select(func.count()).select_from(Practitioner)) == 0
