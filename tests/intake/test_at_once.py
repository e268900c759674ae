"""A completion that comes from two sides at the same moment is one fact, and neither side fails."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.intake.spreadsheets import LARGEST, TODAY, bring, completion, completions_file, person
from training_tracker.catalogue.finding import find_item
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.intake.completions import import_completions, read_completions
from training_tracker.people.finding import find_practitioner
from training_tracker.records.models import Completion
from training_tracker.records.recording import NewCompletion, Outcome, record_completion
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

ANN = "ann.reed@harbour.example"


@pytest.fixture
async def two(configured_url: str, tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    """One database that knows Ann Reed, as two processes see it."""
    one, other = (connect(Settings(database_url=configured_url, _env_file=None)) for _ in range(2))
    await bring(one, tmp_path, person())
    yield one, other
    await one.close()
    await other.close()


async def import_while_a_page_records(
    two: tuple[Database, Database], folder: Path, hours: float | None
) -> tuple[int, Outcome]:
    """A page records what an import is about to commit: how many rows that accepts, and what the page says."""
    one, other = two
    table = read_completions(completions_file(folder, completion(hours="2")), LARGEST)

    async def page() -> Outcome:
        async with other.writing() as session:
            ann = await find_practitioner(session, ANN)
            new = NewCompletion(ann.id, await find_item(session, "CSA-INTRO"), date(2025, 3, 14), hours)
            return await record_completion(session, new, by="Ann Reed", today=TODAY)

    async with one.writing() as session:
        outcome = await import_completions(session, table, by="tests", today=TODAY)
        recording = asyncio.create_task(page())
        await asyncio.sleep(0.5)
        assert not recording.done()
    return outcome.accepted, await recording


async def test_a_page_finds_known_what_an_import_records_meanwhile(
    two: tuple[Database, Database], tmp_path: Path
) -> None:
    assert await import_while_a_page_records(two, tmp_path, None) == (1, Outcome.KNOWN_ALREADY)
    async with two[0].reading() as session:
        assert await session.scalar(select(func.count()).select_from(Completion)) == 1


async def test_other_hours_recorded_meanwhile_are_told(two: tuple[Database, Database], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="with other hours"):
        await import_while_a_page_records(two, tmp_path, 3)
