"""audit list | verify: who did what to which record, and whether the trail is as it was written."""

from dataclasses import asdict

import rich_click as click
from sqlalchemy import true

from training_tracker.audit.models import AuditEntry
from training_tracker.audit.reading import HistoryLine, history
from training_tracker.audit.verifying import verify as verify_trail
from training_tracker.cli.options import as_json
from training_tracker.cli.printing import print_json, print_table, say, waiting
from training_tracker.cli.running import DONE, NOT_DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.finding import find_practitioner
from training_tracker.schema import TABLES
from training_tracker.settings import Settings

assert TABLES  # all of which are gone through


@click.group()
def audit() -> None:
    """Who changed or looked at which record, when and from where."""


@audit.command("list")
@click.option("--about", metavar="EMAIL", help="Only what concerns this person.")
@click.option("--last", "number", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many.")
@as_json
@on_the_database
async def listed(database: Database, settings: Settings, /, about: str | None, number: int, as_json: bool) -> int:
    """What was done last, the newest first."""
    async with database.reading() as session:
        person = await find_practitioner(session, about) if about else None
        where = AuditEntry.practitioner_id == person.id if person else true()
        found = await history(session, where, page_size=number)
    if as_json:
        print_json([asdict(line) for line in found.lines])
        return DONE
    if not found.lines:
        say("Nothing was changed or looked at yet.")
        return DONE
    print_table(
        ["at", "by", "how", "action", "record", "about", "changes"],
        (
            [
                line.at.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M:%S") if line.at else "",
                line.by,
                " ".join(filter(None, (line.how, line.origin))),
                line.action,
                line.record,
                line.person,
                _in_words(line),
            ]
            for line in found.lines
        ),
    )
    if found.total > len(found.lines):
        say(f"{found.total - len(found.lines):,} earlier ones are not shown: --last says how many are.")
    return DONE


@audit.command()
@as_json
@on_the_database
async def verify(database: Database, _settings: Settings, /, as_json: bool) -> int:
    """Go through the whole trail: whether an act was changed, taken away or put in, and what was done past the program.

    Keep the last line's number and hash elsewhere: a later trail in which that number has another hash, or none, has
    been cut off and written anew. The exit code is 2 if something is wrong.
    """
    with waiting("Reading the trail"):
        async with database.reading() as session:
            found = await verify_trail(session)
    if as_json:
        print_json(asdict(found))
    else:
        say(f"{found.acts:,} acts with {found.entries:,} entries are as they were written.")
        if found.redacted:
            say(f"{found.redacted:,} of them tell of somebody who was erased: of those what is left is as it was left.")
        if found.broken:
            say(f"WRONG  {found.broken}. Everything from there on is in doubt.")
        if found.past_the_program:
            say(f"WRONG  {found.past_the_program:,} changes were made past the program: audit list shows them.")
        if found.unwatched:
            say(f"WRONG  Changes of these are not written down: {', '.join(found.unwatched)}.")
        if found.altered:
            say(f"WRONG  {found.altered} are not what the trail says they became.")
        say(f"The last: {found.head}")
    return DONE if found.right else NOT_DONE


def _in_words(line: HistoryLine) -> str:
    return "; ".join(
        f"{change.field}: {change.before or 'nothing'} → {change.after or 'nothing'}"
        if change.before
        else f"{change.field}: {change.after}"
        for change in line.changes
    )
