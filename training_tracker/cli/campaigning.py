"""campaign send | list | show: one message about one item to the holders of some roles."""

from dataclasses import asdict
from typing import TextIO

import rich_click as click

from training_tracker.calendar import today
from training_tracker.catalogue.finding import item_by_code
from training_tracker.cli.options import as_json, dry_run, recorder
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.finding import find_agency, find_partnership, find_role
from training_tracker.reminders.campaign_results import campaigns, recipients_of
from training_tracker.reminders.campaigns import NewCampaign, begin_campaign
from training_tracker.settings import Settings

SHOWN = 10


@click.group()
def campaign() -> None:
    """Messages to some roles about one item, such as “a medical is always holistic”: who got one, who has read it."""


@campaign.command()
@click.argument("item")
@click.option(
    "--role", "roles", multiple=True, required=True, metavar="CODE", help="A role that gets it; once for each."
)
@click.option("--subject", required=True, help="What stands in the inbox: no names, nothing for other eyes.")
@click.option("--words", type=click.File(encoding="utf-8"), required=True, help="A text file; - for standard input.")
@click.option("--agency", metavar="NAME", help="The agency that sends it, to its own people.")
@click.option("--partnership", metavar="CODE", help="The partnership that sends it, if there are several.")
@click.option("--statutory", is_flag=True, help="To people in statutory agencies only.")
@dry_run
@as_json
@on_the_database
async def send(
    database: Database,
    settings: Settings,
    /,
    item: str,
    roles: tuple[str, ...],
    subject: str,
    words: TextIO,
    agency: str | None,
    partnership: str | None,
    statutory: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Send one message about ITEM to everybody who holds one of the roles today. What was said is kept."""
    async with database.rehearsing() if dry_run else database.writing() as session:
        new = NewCampaign(
            owner=await find_agency(session, agency) if agency else await find_partnership(session, partnership),
            item_id=(await item_by_code(session, item)).id,
            subject=subject,
            words=words.read(),
            roles=tuple([await find_role(session, code) for code in roles]),
            statutory_only=statutory,
        )
        begun, drafts = await begin_campaign(session, new, today(settings.zone), by=recorder())
        number = begun.id
    if as_json:
        print_json({"id": number, "dry_run": dry_run, "to": [draft.to for draft in drafts]})
        return DONE
    people = "1 person" if len(drafts) == 1 else f"{len(drafts)} people"
    for draft in drafts[:SHOWN] if dry_run else ():
        say(f"  {draft.to}")
    if dry_run and len(drafts) > SHOWN:
        say(f"  and {len(drafts) - SHOWN} more")
    say(f"It would go to {people}." if dry_run else f"Campaign {number} waits to be sent to {people}.")
    return DONE


@campaign.command("list")
@as_json
@on_the_database
async def list_(database: Database, _settings: Settings, /, as_json: bool) -> int:
    """All campaigns, the newest first, with how many have got them and how many have read them."""
    async with database.reading() as session:
        found = await campaigns(session)
    if as_json:
        print_json([asdict(one) for one in found])
    elif found:
        print_table(
            ["id", "from", "item", "subject", "people", "sent", "read"],
            [(one.id, one.owner, one.item, one.subject, one.recipients, one.sent, one.acknowledged) for one in found],
        )
    else:
        say("There has been no campaign.")
    return DONE


@campaign.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1), metavar="ID")
@as_json
@on_the_database
async def show(database: Database, settings: Settings, /, number: int, as_json: bool) -> int:
    """Who got a campaign, and who has said that they have read it."""
    async with database.reading() as session:
        found = await recipients_of(session, number, today(settings.zone))
    if as_json:
        print_json([asdict(one) for one in found])
        return DONE
    print_table(
        ["name", "agency", "state", "read on"],
        [
            (
                one.name,
                one.agency,
                one.state.value,
                one.acknowledged_at and one.acknowledged_at.astimezone(settings.zone).date(),
            )
            for one in found
        ],
    )
    return DONE
