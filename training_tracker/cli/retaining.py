"""retention list | set | preview | run: how long the records of whoever has left are kept."""

from dataclasses import asdict
from datetime import date

import rich_click as click

from training_tracker.access.retention import Leaver, erase_leavers, leavers, period_in_words, retentions, set_retention
from training_tracker.calendar import today
from training_tracker.cli.options import Day, as_json, recorder
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.finding import find_agency
from training_tracker.schema import TABLES
from training_tracker.settings import Settings

assert TABLES  # all of which are gone through

PAGE = 1_000


@click.group()
def retention() -> None:
    """How long each agency keeps the records of whoever has left, and who is erased when that is over.

    The scheduler erases on the month's first working day: names, addresses, e-mails and what the audit trail says of
    them. Their posts and completions stay without a name, so that no figure of the past changes.
    """


@retention.command("list")
@as_json
@on_the_database
async def listed(database: Database, _settings: Settings, /, as_json: bool) -> int:
    """For how many months after their last day each agency keeps the records of its people."""
    async with database.reading() as session:
        kept = await retentions(session)
    if as_json:
        print_json([{"agency": agency.name, "months": months} for agency, months in kept])
    else:
        print_table(["agency", "kept"], [(agency.name, period_in_words(months)) for agency, months in kept])
    return DONE


@retention.command("set")
@click.argument("agency")
@click.argument("months", type=int, required=False)
@click.option("--for-ever", is_flag=True, help="Keep them until somebody asks, as before it was first set.")
@on_the_database
async def set_(database: Database, settings: Settings, /, agency: str, months: int | None, for_ever: bool) -> int:
    """Keep the records of whoever leaves AGENCY for so many MONTHS after their last day; look first with preview."""
    if for_ever == (months is not None):
        raise click.UsageError("say for how long: retention set AGENCY 72, or --for-ever")
    async with database.writing() as session:
        named = await find_agency(session, agency)
        await set_retention(session, named.id, months, recorder())
        await session.flush()
        found = await leavers(session, today(settings.zone), named.id, page_size=1)
    say(f"{named.name} keeps the records of whoever has left {period_in_words(months)}.")
    if found.total:
        say(f"On the month's next first working day {found.total:,} are erased: retention preview lists them.")
    return DONE


@retention.command()
@click.argument("agency", required=False)
@click.option("--months", type=int, help="As if AGENCY kept records for so many months.")
@click.option("--on", type=Day(), help="On another day than today.")
@as_json
@on_the_database
async def preview(
    database: Database,
    settings: Settings,
    /,
    agency: str | None,
    months: int | None,
    on: date | None,
    as_json: bool,
) -> int:
    """Whose record would be erased: of all agencies, or of one. Nothing is changed."""
    if months is not None and agency is None:
        raise click.UsageError("say which agency: retention preview AGENCY --months 72")
    day, lines = on or today(settings.zone), list[Leaver]()
    async with database.reading() as session:
        named = await find_agency(session, agency) if agency else None
        while len(lines) % PAGE == 0:
            page = len(lines) // PAGE + 1
            found = await leavers(session, day, named.id if named else None, months, page=page, page_size=PAGE)
            if not found.lines:
                break
            lines += found.lines
    if as_json:
        print_json([asdict(line) for line in lines])
    elif lines:
        print_table(["name", "last day"], [(line.name, line.left_on) for line in lines])
    else:
        say("Nobody would be erased.")
    return DONE


@retention.command()
@click.option("--yes", is_flag=True, help="Do not ask once more.")
@on_the_database
async def run(database: Database, settings: Settings, /, yes: bool) -> int:
    """Erase now whoever is listed by preview, without waiting for the scheduler. It cannot be taken back."""
    day = today(settings.zone)
    async with database.reading() as session:
        many = (await leavers(session, day, page_size=1)).total
    if many and not yes:
        click.confirm(f"Erase {many:,} people for good?", abort=True)
    say(f"{await erase_leavers(database, day):,} erased.")
    return DONE
