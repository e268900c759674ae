"""forecast: what falls due, per item per month."""

from dataclasses import asdict
from datetime import date

import rich_click as click

from training_tracker.calendar import in_words, today
from training_tracker.cli.options import as_json, on
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.settings import Settings
from training_tracker.standing.feeds import feeds_on
from training_tracker.standing.forecast import forecast as falling_due
from training_tracker.uptake.freshness import silent_agencies


@click.command()
@on("The day from which to look ahead.")
@click.option("--months", type=click.IntRange(1, 120), default=18, show_default=True, help="How far to look ahead.")
@as_json
@on_the_database
async def forecast(database: Database, settings: Settings, /, on: date | None, months: int, as_json: bool) -> int:
    """How many people will need each course or resource, by the month in which it falls due for them.

    "No choice" are those for whom nothing else would do instead. What is overdue or in grace already is in
    "standing report". Agencies that have not sent what they were to are named: what falls due for their people may have
    been done already.
    """
    day = on or today(settings.zone)
    async with database.reading() as session:
        lines = await falling_due(session, day, months)
        silent = silent_agencies(await feeds_on(session, day))
    if as_json:
        print_json({"falling_due": [asdict(line) for line in lines], "agencies_not_heard_from": silent})
        return DONE
    if not lines:
        say(f"Nothing falls due in the {months} months from {in_words(day)}.")
    else:
        print_table(
            ["month", "item", "title", "people", "no choice"],
            [[f"{line.month:%Y-%m}", line.item, line.title, line.people, line.without_choice] for line in lines],
            title=f"Falling due from {in_words(day)}, {months} months ahead",
        )
        say("People are counted once a month and item. What they renew will fall due again later.")
    if silent:
        say(f'What is known of {", ".join(silent)} may be out of date: see "training-tracker feed list".')
    return DONE
