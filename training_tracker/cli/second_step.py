"""user second-step list | reset: who has set up a second step of signing in, and a way back for whoever has lost it."""

from dataclasses import asdict

import rich_click as click

from training_tracker.access.second_step import listed_second_steps, reset, unreadable
from training_tracker.access.telling import APP_TAKEN_AWAY, tell_of_change
from training_tracker.calendar import today
from training_tracker.cli.options import as_json, dry_run
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.finding import find_practitioner
from training_tracker.settings import Settings


@click.group("second-step")
def second_step() -> None:
    """The authenticator apps that leads need to sign in: list, reset."""


@second_step.command("list")
@as_json
@on_the_database
async def list_(database: Database, settings: Settings, /, as_json: bool) -> int:
    """Who needs an app to sign in, since when they have it, codes left."""
    async with database.reading() as session:
        found = await listed_second_steps(session, today(settings.zone))
    if as_json:
        print_json([asdict(one) for one in found])
        return DONE
    print_table(
        ["name", "e-mail", "set up", "recovery codes left"],
        [
            [
                *(one.name, one.email or ""),
                f"{one.set_up_at.astimezone(settings.zone):%Y-%m-%d %H:%M}" if one.set_up_at else "at the next sign-in",
                "" if one.recovery_codes is None else str(one.recovery_codes),
            ]
            for one in found
        ],
    )
    return DONE


@second_step.command("reset")
@click.argument("email", required=False)
@click.option(
    "--all-unreadable",
    is_flag=True,
    help="In place of EMAIL: everybody whose app's key cannot be read, after TRACKER_SECRET_KEY was changed.",
)
@dry_run
@on_the_database
async def reset_(
    database: Database, settings: Settings, /, email: str | None, all_unreadable: bool, dry_run: bool
) -> int:
    """Let a person who has lost app and recovery codes begin anew.

    They set up another app at the next sign-in, and are signed out everywhere. Do it once you know that it is they who
    ask, by another way than e-mail: whoever reads their e-mails could then set up an app in their place.
    """
    if (email is None) != all_unreadable:
        raise click.UsageError("Give either EMAIL or --all-unreadable.")
    async with database.rehearsing() if dry_run else database.writing() as session:
        people = await unreadable(session, settings) if email is None else [await find_practitioner(session, email)]
        done = [(person.name, person.email, await reset(session, person.id)) for person in people]
    for name, address, had in done:
        if had and not dry_run:
            await tell_of_change(database, settings, address, name, APP_TAKEN_AWAY)
        now_what = "sets up an app at the next sign-in, and is signed out everywhere"
        say(f"{name} {now_what}." if had else f"{name} had no second step, and is signed out everywhere.")
    if not done:
        say("The key of every app can be read. Nobody is reset.")
    elif dry_run:
        say("Nothing was changed: this is what would happen.")
    return DONE
