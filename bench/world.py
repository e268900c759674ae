"""The region that is measured: the demo's, the same for the same number of people, and its spreadsheets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import training_tracker.schema
from bench.databases import Databases
from bench.measuring import Size
from training_tracker.database import Database
from training_tracker.demo.region import Region, settle
from training_tracker.intake.configuration import REFERENCE
from training_tracker.intake.loading import load_configuration
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

assert training_tracker.schema.TABLES

TODAY = date(2026, 11, 24)
BY = "bench"


@dataclass(frozen=True, slots=True)
class World:
    """Two databases: ``configured`` with the reference configuration, ``settled`` with the whole region as well."""

    databases: Databases
    region: Region
    people_files: list[Path]
    completions_files: list[Path]
    size: Size
    folder: Path


async def build(databases: Databases, folder: Path, size: Size) -> World:
    databases.create("configured")
    async with opened(databases.url("configured")) as database:
        await database.migrate()
        async with database.writing() as session:
            await load_configuration(session, REFERENCE, BY)
    databases.copy("settled", "configured")
    spreadsheets = folder / f"spreadsheets-{databases.kind}"
    async with opened(databases.url("settled")) as database:
        region = await settle(database, spreadsheets, people=size.people, today=TODAY)
    return World(
        databases,
        region,
        sorted(spreadsheets.glob("people*.csv"), key=_in_order),
        sorted(spreadsheets.glob("completions*.csv"), key=_in_order),
        size,
        folder,
    )


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = connect(Settings(database_url=url, _env_file=None))
    try:
        yield database
    finally:
        await database.close()


def _in_order(file: Path) -> tuple[int, str]:
    return len(file.name), file.name
