"""Small spreadsheets in the two layouts, and bringing them in as the command line does."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import select

from training_tracker.catalogue.evidence import Strength
from training_tracker.database import Base, Database
from training_tracker.intake import completions, people
from training_tracker.intake.completions import import_completions, read_completions
from training_tracker.intake.outcome import ImportOutcome, RefusedRow
from training_tracker.intake.people import import_people, read_people
from training_tracker.people.models import Agency, Post, Practitioner, Role, Team

LARGEST = 50_000_000
TODAY = date(2026, 11, 24)
TRUST = "Sandown Harbour Trust"
PEOPLE = [column.name for column in people.COLUMNS]
COMPLETIONS = [column.name for column in completions.COLUMNS]
_HEADINGS: dict[str, str] = {
    "number": "employee number",
    "email": "e-mail",
    "manager": "manager e-mail",
    "started": "started on",
    "ended": "ended on",
    "completed": "completed on",
}

Row = dict[str, Any]


def person(**cells: Any) -> Row:
    """A row of a people file: Ann Reed, a manager at the harbour trust, unless said otherwise."""
    usual: Row = {
        "agency": TRUST,
        "sector": "NHS trust",
        "team": "Children's community",
        "name": "Ann Reed",
        "email": "ann.reed@harbour.example",
        "role": "Manager",
        "started": "2024-01-08",
    }
    return {_HEADINGS.get(name, name): value for name, value in (usual | cells).items()}


def completion(**cells: Any) -> Row:
    """A row of a completions file: Ann Reed's introduction course, unless said otherwise."""
    usual: Row = {"email": "ann.reed@harbour.example", "item": "CSA-INTRO", "completed": "2025-03-14"}
    return {_HEADINGS.get(name, name): value for name, value in (usual | cells).items()}


def lines(headings: Sequence[str], rows: Sequence[Row]) -> list[list[Any]]:
    return [list(headings), *([row.get(heading, "") for heading in headings] for row in rows)]


def write_csv(file: Path, table: Sequence[Sequence[Any]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(table)
    return file


def write_xlsx(file: Path, *sheets: Sequence[Sequence[Any]]) -> Path:
    """Cells keep their kind: dates are Excel dates, numbers are numbers."""
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        as_date = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for table in sheets:
            sheet = workbook.add_worksheet()
            for at, row in enumerate(table):
                for position, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, position, cell, as_date)
                    else:
                        sheet.write(at, position, cell)
    return file


def people_file(folder: Path, *rows: Row, name: str = "people.csv") -> Path:
    write = write_xlsx if name.endswith(".xlsx") else write_csv
    return write(folder / name, lines(PEOPLE, rows))


def completions_file(folder: Path, *rows: Row, name: str = "completions.csv") -> Path:
    write = write_xlsx if name.endswith(".xlsx") else write_csv
    return write(folder / name, lines(COMPLETIONS, rows))


async def bring_people(database: Database, file: Path, *, create: bool = True, agency: str = "") -> ImportOutcome:
    async with database.writing() as session:
        outcome = await import_people(session, read_people(file, LARGEST), by="tests", create=create, agency=agency)
    return sound(outcome)


async def bring_completions(
    database: Database,
    file: Path,
    *,
    agency: str = "",
    item: str = "",
    as_at: date | None = None,
    strength: Strength = Strength.ATTENDANCE_REGISTER,
) -> ImportOutcome:
    async with database.writing() as session:
        outcome = await import_completions(
            session,
            read_completions(file, LARGEST),
            by="tests",
            today=TODAY,
            agency=agency,
            item=item,
            as_at=as_at,
            strength=strength,
        )
    return sound(outcome)


async def bring(database: Database, folder: Path, *rows: Row, create: bool = True, agency: str = "") -> ImportOutcome:
    return await bring_people(database, people_file(folder, *rows), create=create, agency=agency)


async def learn(database: Database, folder: Path, *rows: Row, agency: str = "", item: str = "") -> ImportOutcome:
    return await bring_completions(database, completions_file(folder, *rows), agency=agency, item=item)


def sound(outcome: ImportOutcome) -> ImportOutcome:
    """What holds for every outcome: the counts add up, and every refusal says what and how to mend it."""
    assert outcome.accepted + outcome.unchanged + len(outcome.refused) == outcome.rows
    assert len({refused.row for refused in outcome.refused}) == len(outcome.refused)
    for refused in outcome.refused:
        assert refused.row > 1
        assert refused.field in {*PEOPLE, *COMPLETIONS}
        assert refused.problem
        assert refused.mend
    return outcome


def only_refusal(outcome: ImportOutcome) -> RefusedRow:
    (refused,) = outcome.refused
    return refused


async def content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    async with database.reading() as session:
        return {
            table.name: sorted((tuple(row) for row in await session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


Job = tuple[str, str, str, str, date | None, date | None]


async def jobs(database: Database) -> list[Job]:
    """Who works where: name, agency, team, role, first and last day."""
    query = (
        select(Practitioner.name, Agency.name, Team.name, Role.name, Post.started_on, Post.ended_on)
        .join(Post, Post.practitioner_id == Practitioner.id)
        .join(Team, Team.id == Post.team_id)
        .join(Agency, Agency.id == Team.agency_id)
        .join(Role, Role.id == Post.role_id)
        .order_by(Post.id)
    )
    async with database.reading() as session:
        return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in await session.execute(query)]
