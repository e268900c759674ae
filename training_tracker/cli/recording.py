"""complete, void: one completion into the record, or out of every count."""

from datetime import date as day

import rich_click as click

from training_tracker.calendar import Days, today
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.finding import find_item
from training_tracker.catalogue.models import Item
from training_tracker.cli.options import DayOrRange, as_json, recorder, strength
from training_tracker.cli.printing import print_json, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.finding import find_practitioner
from training_tracker.records.reading import find_completion
from training_tracker.records.recording import NewCompletion, Outcome, record_completion, void_completion
from training_tracker.settings import Settings


@click.command()
@click.argument("email")
@click.argument("item")
@click.argument("date", type=DayOrRange())
@click.option("--hours", type=float, help="How long it took, such as 1.5. Otherwise the item's usual length.")
@strength(Strength.MANAGER_ATTESTED)
@as_json
@on_the_database
async def complete(
    database: Database,
    settings: Settings,
    /,
    email: str,
    item: str,
    date: Days,
    hours: float | None,
    strength: str,
    as_json: bool,
) -> int:
    """Record that a person completed a course or resource on a day.

    ITEM is its code, its title or another name for it; DATE is 2026-03-31, 31/03/2026 or "31 March 2026". Where the day
    is not known, it is "March 2026", 2026 or "before 2026".
    """
    async with database.writing() as session:
        person = await find_practitioner(session, email)
        item_id = await find_item(session, item)
        title = (await session.get_one(Item, item_id)).title
        new = NewCompletion(
            *(person.id, item_id, date.first, hours),
            source="command line",
            strength=Strength.of(strength),
            completed_by=date.last,
        )
        outcome = await record_completion(session, new, by=recorder(), today=today(settings.zone))
    recorded = outcome is Outcome.RECORDED
    if as_json:
        print_json(
            {
                "recorded": recorded,
                "e-mail": person.email,
                "item": title,
                "completed_on": date.first,
                "completed_by": date.last,
            }
        )
    else:
        say(f"{'Recorded' if recorded else 'Known already'}: {person.name}, {title}, {date}.")
    return DONE


@click.command()
@click.argument("email")
@click.argument("item")
@click.argument("date", type=DayOrRange())
@click.option("--reason", required=True, help="Why it does not stand. Never anything about a child.")
@as_json
@on_the_database
async def void(
    database: Database, _settings: Settings, /, email: str, item: str, date: Days, reason: str, as_json: bool
) -> int:
    """Take a completion out of every count. It stays in the record, with the reason, and in what was known before."""
    async with database.writing() as session:
        person = await find_practitioner(session, email)
        item_id = await find_item(session, item)
        title = (await session.get_one(Item, item_id)).title
        completion_id = await find_completion(session, person.id, item_id, date.first)
        await void_completion(session, completion_id, reason=reason, by=recorder())
    if as_json:
        print_json(
            {
                "voided": True,
                "e-mail": person.email,
                "item": title,
                "completed_on": date.first,
                "completed_by": date.last,
            }
        )
    else:
        say(f"Voided: {person.name}, {title}, {date}.")
    return DONE


def _plain(days: Days) -> dict[str, day | None]:
    """``completed_by`` is the last day that it can have been, where the day is not known."""
    return {"completed_on": days.first, "completed_by": days.last}
