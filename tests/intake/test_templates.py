"""The files to fill in, read back through the import, on both databases."""

from datetime import date
from pathlib import Path

import pytest

from tests.intake.spreadsheets import LARGEST, bring_completions, bring_people, jobs
from training_tracker.database import Database
from training_tracker.intake import completions, people
from training_tracker.intake.completions import read_completions
from training_tracker.intake.people import read_people
from training_tracker.intake.rows import Column
from training_tracker.intake.tables import Table
from training_tracker.intake.templates import Kind, template

KINDS: tuple[Kind, ...] = ("csv", "xlsx")


def written(folder: Path, name: str, columns: tuple[Column, ...], ending: Kind) -> Path:
    file = folder / f"{name}.{ending}"
    file.write_bytes(template(columns, ending))
    return file


@pytest.mark.parametrize("ending", KINDS)
async def test_the_examples_of_both_templates_can_be_brought_in(
    configured: Database, tmp_path: Path, ending: Kind
) -> None:
    outcome = await bring_people(configured, written(tmp_path, "people", people.COLUMNS, ending))
    assert (outcome.accepted, outcome.refused) == (2, [])
    trust, community = "Sandown Harbour Trust", "Children's community"
    assert await jobs(configured) == [
        ("Morwenna Hale", trust, community, "Manager", date(2021, 9, 6), None),
        ("Idris Tobin", trust, "Health visiting", "Children's clinical staff", date(2024, 3, 14), None),
    ]
    outcome = await bring_completions(configured, written(tmp_path, "completions", completions.COLUMNS, ending))
    assert (outcome.accepted, outcome.refused) == (2, [])


@pytest.mark.parametrize("ending", KINDS)
def test_a_template_has_every_column_of_its_layout_and_no_other(tmp_path: Path, ending: Kind) -> None:
    for table, columns in (
        (read_people(written(tmp_path, "people", people.COLUMNS, ending), LARGEST), people.COLUMNS),
        (read_completions(written(tmp_path, "completions", completions.COLUMNS, ending), LARGEST), completions.COLUMNS),
    ):
        assert table.headings == [column.name for column in columns]
        assert table.ignored == []
        assert texts_of(table) == [tuple(column.examples[row] for column in columns) for row in (0, 1)]


def texts_of(table: Table) -> list[tuple[str, ...]]:
    """The rows as somebody reads them; an Excel date as its day, an Excel number as short as it goes."""

    def text(cell: object) -> str:
        return "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)[:200]

    return [tuple(text(cell) for cell in row.as_written) for row in table.rows]
