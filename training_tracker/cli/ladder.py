"""reminders ladder: at which distances from a due date an agency's people are reminded."""

from dataclasses import asdict

import rich_click as click

from training_tracker.cli.options import as_json, recorder
from training_tracker.cli.printing import print_json, print_table
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.finding import find_agency
from training_tracker.reminders.ladder import USUAL, Ladder
from training_tracker.reminders.ladders import ladders_by_agency, named_ladders, read_days, set_ladder
from training_tracker.settings import Settings


@click.command()
@click.argument("agency", required=False)
@click.option("--before", metavar="DAYS", help="Days before the due date, such as 60,30,7.")
@click.option("--after", metavar="DAYS", help="Days after it, such as 7,14.")
@click.option("--monthly/--not-monthly", default=None, help="Whether it goes on once a month after that.")
@click.option("--escalate-after", type=int, metavar="DAYS", help="How long overdue before the manager is told.")
@click.option("--usual", is_flag=True, help="Give the agency the usual ladder again.")
@as_json
@on_the_database
async def ladder(
    database: Database,
    _settings: Settings,
    /,
    agency: str | None,
    before: str | None,
    after: str | None,
    monthly: bool | None,
    escalate_after: int | None,
    usual: bool,
    as_json: bool,
) -> int:
    """At which distances from a due date people are reminded. AGENCY sets its own; without it, all are listed."""
    changes = usual or not all(each is None for each in (before, after, monthly, escalate_after))
    if changes and agency is None:
        raise click.UsageError("say whose ladder it is: reminders ladder AGENCY --before 60,30,7")
    async with database.writing() if changes else database.reading() as session:
        named = await find_agency(session, agency) if agency else None
        if named and changes:
            old = USUAL if usual else (await ladders_by_agency(session)).get(named.id, USUAL)
            new = Ladder(
                old.days_before if before is None else read_days(before, "--before"),
                old.days_after if after is None else read_days(after, "--after"),
                old.monthly if monthly is None else monthly,
                old.escalate_after if escalate_after is None else escalate_after,
            )
            await set_ladder(session, named.id, new, recorder())
            await session.flush()
        rows = await named_ladders(session)
    chosen = [(name, ladder) for name, ladder in rows if named is None or name == named.name]
    if as_json:
        print_json([{"agency": name, **asdict(ladder)} for name, ladder in chosen])
    else:
        print_table(["agency", "reminded"], [(name, ladder) for name, ladder in chosen])
    return DONE
