"""user grant: who may see more than their own record."""

import rich_click as click

from training_tracker.access.granting import lead_agency, lead_partnership
from training_tracker.cli.printing import say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.agencies import name_managers
from training_tracker.people.finding import find_agency, find_partnership, find_practitioner, find_team
from training_tracker.settings import Settings

# What each role must be told about, and may be told.
NEEDS = {"agency-lead": "agency", "partnership-lead": "", "manager": "team"}
MAY_HAVE = {"agency-lead": {"agency"}, "partnership-lead": {"partnership"}, "manager": {"agency", "team"}}


@click.group()
def user() -> None:
    """Who may see more than their own record."""


@user.command()
@click.argument("email")
@click.argument("role", type=click.Choice(list(NEEDS)))
@click.option("--agency", metavar="NAME", help="The agency whose training they lead, or whose team they manage.")
@click.option("--team", metavar="NAME", help="The team they manage, with all the teams below it.")
@click.option("--partnership", metavar="CODE", help="The partnership they lead, by code or name, if there are several.")
@on_the_database
async def grant(
    database: Database,
    _settings: Settings,
    /,
    email: str,
    role: str,
    agency: str | None,
    team: str | None,
    partnership: str | None,
) -> int:
    """Let a person lead an agency's training, lead the partnership's, or manage a team.

    An agency's lead sees its people; the partnership's lead sees every agency's figures and nobody's name.
    """
    given = {name for name, value in (("agency", agency), ("team", team), ("partnership", partnership)) if value}
    if NEEDS[role] and NEEDS[role] not in given:
        raise click.UsageError(f"{role} needs --{NEEDS[role]}")
    if unwanted := given - MAY_HAVE[role]:
        raise click.UsageError(f"{role} takes no --{unwanted.pop()}")
    async with database.writing() as session:
        person = await find_practitioner(session, email)
        home = await find_agency(session, agency) if agency else None
        if role == "partnership-lead":
            led = await find_partnership(session, partnership)
            new, what = await lead_partnership(session, person.id, led.id), f"leads training for {led.name}"
        elif team:
            managed = await find_team(session, team, home)
            new, what = bool(await name_managers(session, [(managed.id, person.id)])), f"manages {managed.name}"
        else:
            assert home is not None, "an agency's lead has been given one"
            new, what = await lead_agency(session, person.id, home.id), f"leads training at {home.name}"
    say(f"{person.name} {what}{' now' if new else ' already'}.")
    return DONE
