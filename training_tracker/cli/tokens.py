"""user token add | list | revoke: other systems that read figures or send completions."""

from dataclasses import asdict
from datetime import timedelta

import rich_click as click

from training_tracker.access.models import TokenScope
from training_tracker.access.tokens import LONGEST_DAYS, listed_tokens, make_token, revoke_token
from training_tracker.calendar import in_words, today
from training_tracker.cli.options import as_json
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.naming import tidy
from training_tracker.people.finding import find_agency, find_partnership
from training_tracker.settings import Settings

# Where each is of use, and how.
ASKED = {TokenScope.FIGURES: "GET {}/api/uptake", TokenScope.COMPLETIONS: "POST {}/api/completions"}


@click.group()
def token() -> None:
    """Tokens with which other systems read figures or send completions, as docs/api.md tells."""


@token.command()
@click.argument("name")
@click.option("--agency", metavar="NAME", help="The agency whose figures it reads, or whose completions it sends.")
@click.option("--partnership", metavar="CODE", help="The partnership whose agencies' figures it reads.")
@click.option("--may", required=True, type=click.Choice([scope.value for scope in TokenScope]), help="What it is for.")
@click.option(
    "--days",
    type=click.IntRange(1, LONGEST_DAYS),
    default=365,
    show_default=True,
    help="For how many days it is good, from today on.",
)
@on_the_database
async def add(
    database: Database,
    settings: Settings,
    /,
    name: str,
    agency: str | None,
    partnership: str | None,
    may: str,
    days: int,
) -> int:
    """Make a token for another system, under the NAME that the audit trail and the list have for it.

    It is shown this once. Give each system its own, so that one can be revoked without the others.
    """
    if bool(agency) == bool(partnership):
        raise click.UsageError("Say whose it is: --agency NAME or --partnership CODE.")
    day = today(settings.zone)
    expires_on = day + timedelta(days=days)
    async with database.writing() as session:
        of = await find_agency(session, agency) if agency else await find_partnership(session, partnership)
        made = await make_token(session, settings, name, of, TokenScope(may), expires_on)
    say(f"The token of {tidy(name)}, for {may} of {of.name}, good until {in_words(expires_on)}:\n")
    say(f"    {made}\n")
    say("It is not shown again. Use it so:\n")
    say(f"    {ASKED[TokenScope(may)].format(settings.base_url.rstrip('/'))}")
    say("    Authorization: Bearer TOKEN")
    return DONE


@token.command("list")
@as_json
@on_the_database
async def list_(database: Database, settings: Settings, /, as_json: bool) -> int:
    """Which there are, whose, for what and until when, and when each was used last, to within the hour."""
    async with database.reading() as session:
        found = await listed_tokens(session, today(settings.zone))
    if as_json:
        print_json([asdict(one) for one in found])
        return DONE
    print_table(
        ["name", "begins with", "of", "may", "since", "until", "last used", "state"],
        [
            [
                *(one.name, one.begins_with, one.of, one.may, one.made_at.date(), one.expires_on),
                f"{one.used_at:%Y-%m-%d %H:%M} UTC" if one.used_at else "never",
                one.state,
            ]
            for one in found
        ],
    )
    return DONE


@token.command()
@click.argument("name")
@on_the_database
async def revoke(database: Database, _settings: Settings, /, name: str) -> int:
    """Let a token be good no more, from this moment on. Its name stays in the list, and is not given again."""
    async with database.writing() as session:
        was_good = await revoke_token(session, name)
    say(f"{tidy(name)} is revoked{'' if was_good else ' already'}.")
    return DONE
