"""import people | completions: spreadsheets into the record."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import rich_click as click
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import today
from training_tracker.catalogue.evidence import Strength
from training_tracker.cli.options import Day, as_json, dry_run, recorder, strength
from training_tracker.cli.printing import bar, print_json, print_table, say
from training_tracker.cli.running import DONE, DONE_IN_PART, on_the_database
from training_tracker.database import Database, wait_for_turn
from training_tracker.errors import Refused
from training_tracker.intake.completions import import_completions, read_completions
from training_tracker.intake.outcome import ImportOutcome, Progress, write_rejects
from training_tracker.intake.people import import_people, read_people
from training_tracker.intake.tables import Table
from training_tracker.settings import Settings

# A person reads so many lines; the rejects file holds them all.
SHOWN = 25

Bring = Callable[[AsyncSession, Progress], Awaitable[ImportOutcome]]

spreadsheet = click.argument("file", type=click.Path(path_type=Path))
agency_of_rows = click.option(
    "--agency",
    default="",
    metavar="NAME",
    help="The agency that the whole file is for: of the rows that name none; those that name another are refused.",
)


@click.group("import")
def import_() -> None:
    """Bring in people or completions from a CSV or XLSX file, as docs/import.md describes.

    Accepted rows are saved together. Refused rows are written to a file beside yours, to be mended and sent again.
    The same file twice changes nothing the second time.
    """


@import_.command()
@spreadsheet
@click.option("--create", is_flag=True, help="Make the agencies and teams that are not known yet.")
@agency_of_rows
@dry_run
@as_json
@on_the_database
async def people(
    database: Database, settings: Settings, /, file: Path, create: bool, agency: str, dry_run: bool, as_json: bool
) -> int:
    """People and their posts: agency, sector, team, employee number, name, e-mail, role, manager e-mail, dates."""
    table = read_people(file, settings.import_max_bytes)

    def bring(session: AsyncSession, progress: Progress) -> Awaitable[ImportOutcome]:
        return import_people(session, table, by=recorder(), create=create, agency=agency, progress=progress)

    return await _bring_in(database, file, table, bring, dry_run=dry_run, as_json=as_json)


@import_.command()
@spreadsheet
@agency_of_rows
@click.option("--item", default="", metavar="CODE", help="The item of the rows that name none, by any of its names.")
@click.option(
    "--as-at",
    type=Day(),
    metavar="DATE",
    help="The last day of which the agency's file tells. The default is today.",
)
@strength(Strength.ATTENDANCE_REGISTER)
@dry_run
@as_json
@on_the_database
async def completions(
    database: Database,
    settings: Settings,
    /,
    file: Path,
    agency: str,
    item: str,
    as_at: date | None,
    strength: str,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Completions: e-mail, or agency and employee number; item, completed on, hours, evidence, source.

    With --agency it is also what that agency's feeds are waiting for ("training-tracker feed").
    """
    table = read_completions(file, settings.import_max_bytes)

    def bring(session: AsyncSession, progress: Progress) -> Awaitable[ImportOutcome]:
        day = today(settings.zone)
        return import_completions(
            *(session, table),
            by=recorder(),
            today=day,
            agency=agency,
            item=item,
            as_at=as_at,
            strength=Strength.of(strength),
            progress=progress,
        )

    return await _bring_in(database, file, table, bring, dry_run=dry_run, as_json=as_json)


async def _bring_in(database: Database, file: Path, table: Table, bring: Bring, *, dry_run: bool, as_json: bool) -> int:
    with bar() as show:
        async with database.rehearsing() if dry_run else database.writing() as session:
            # What one import makes, another one that began at the same moment would make again.
            await wait_for_turn(session, "imports")
            outcome = await bring(session, lambda done, total: show("rows", done, total))
            show("standings", 0, 0)
    rejects, trouble = None, ""
    if not dry_run:
        try:
            rejects = write_rejects(file, table, outcome)
        except Refused as refusal:
            trouble = str(refusal)
    if as_json:
        print_json(_as_json(file, outcome, rejects, dry_run=dry_run))
    else:
        _print(file, outcome, rejects, dry_run=dry_run)
    if trouble:
        click.echo(trouble, err=True)
    return DONE_IN_PART if outcome.refused else DONE


def _as_json(file: Path, outcome: ImportOutcome, rejects: Path | None, *, dry_run: bool) -> dict[str, object]:
    return {
        "file": str(file),
        "dry_run": dry_run,
        "rows": outcome.rows,
        "accepted": outcome.accepted,
        "unchanged": outcome.unchanged,
        "refused": [asdict(refused) for refused in outcome.refused],
        "created": outcome.made,
        "notes": outcome.notes,
        "ignored_columns": outcome.ignored_columns,
        "feeds_received": outcome.feeds,
        "rejects_file": str(rejects) if rejects else None,
    }


def _print(file: Path, outcome: ImportOutcome, rejects: Path | None, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    if dry_run:
        say("Nothing was changed: this is what would happen.")
    say(
        f"{file.name}: {_rows(outcome.rows)}. {outcome.accepted} {would}accepted, {outcome.unchanged} known already, "
        f"{len(outcome.refused)} {would}refused."
    )
    for title, lines in (
        ("Would be made" if dry_run else "Made", outcome.made),
        ("Columns that are not in the layout, and were ignored", outcome.ignored_columns),
        ("Notes", outcome.notes),
    ):
        _print_some(title, lines)
    if outcome.feeds:
        say(f"{'1 feed' if outcome.feeds == 1 else f'{outcome.feeds} feeds'} of the agency {would}received.")
    if not outcome.refused:
        return
    print_table(
        ["row", "field", "value", "problem", "what to do"],
        [(row.row, row.field, row.value, row.problem, row.mend) for row in outcome.refused[:SHOWN]],
        title="Refused",
    )
    if len(outcome.refused) > SHOWN:
        say(f"… and {len(outcome.refused) - SHOWN} more.")
    if rejects:
        say(f"The refused rows are in {rejects}. Mend them there and send that file.")


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"


def _print_some(title: str, lines: list[str]) -> None:
    if lines:
        say(f"{title}:")
    for line in lines[:SHOWN]:
        say(f"  {line}")
    if len(lines) > SHOWN:
        say(f"  … and {len(lines) - SHOWN} more")
