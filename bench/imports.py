"""Imports: spreadsheets become facts with their standings, beside the driver inserting the same facts as rows."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from bench.measuring import Result, Stopwatch, in_turns
from bench.world import BY, TODAY, World, opened
from training_tracker.intake.completions import import_completions, read_completions
from training_tracker.intake.outcome import ImportOutcome
from training_tracker.intake.people import import_people, read_people

LARGEST = 1_000_000_000

Import = Callable[[AsyncSession, Path], Awaitable[ImportOutcome]]


async def people(world: World) -> Result:
    """From files to committed people and posts; the agencies and teams are made on the way."""
    return await _measured(
        world, "import people", "configured", world.people_files, _people, ("practitioner", "post", "employee_number")
    )


async def completions(world: World) -> Result:
    """From files to committed completions and the standings that follow from them."""
    world.databases.copy("peopled", "configured")
    async with opened(world.databases.url("peopled")) as database:
        for file in world.people_files:
            async with database.writing() as session:
                await _people(session, file)
    return await _measured(
        world, "import completions", "peopled", world.completions_files, _completions, ("completion",)
    )


async def _people(session: AsyncSession, file: Path) -> ImportOutcome:
    return await import_people(session, read_people(file, LARGEST), by=BY, create=True)


async def _completions(session: AsyncSession, file: Path) -> ImportOutcome:
    return await import_completions(session, read_completions(file, LARGEST), by=BY, today=TODAY)


async def _measured(
    world: World, measure: str, template: str, files: list[Path], bring_in: Import, tables: tuple[str, ...]
) -> Result:
    databases = world.databases
    rows = 0

    async def ours(watch: Stopwatch) -> None:
        nonlocal rows
        databases.drop("importing")
        async with opened(databases.copy("importing", template)) as database:
            # The first connection is not what is measured.
            async with database.reading() as session:
                await session.connection()
            outcomes = []
            async with watch.running():
                for file in files:
                    async with database.writing() as session:
                        outcomes.append(await bring_in(session, file))
            rows = sum(outcome.rows for outcome in outcomes)
            assert not any(outcome.refused for outcome in outcomes)

    async def plain(watch: Stopwatch) -> None:
        with databases.plain("importing") as connection:
            found = {table: connection.execute(f"SELECT * FROM {table}") for table in tables}
            for table in tables:
                connection.execute(f"DROP TABLE IF EXISTS plain_{table}")
                connection.execute(f"CREATE TABLE plain_{table} AS SELECT * FROM {table} WHERE 1 = 0")
            async with watch.running():
                connection.execute("BEGIN")
                for table in tables:
                    connection.insert(f"plain_{table}", found[table])
                connection.execute("COMMIT")

    seconds = await in_turns(ours, plain, world.size.repeats)
    databases.drop("importing")
    return Result(databases.kind, measure, "rows/s", rows, *seconds)
