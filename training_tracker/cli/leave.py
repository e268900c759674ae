"""leave record | end | withdraw | list: who is away for long. The reason is never asked for."""

from collections.abc import Sequence
from datetime import date

import rich_click as click

from training_tracker.calendar import today
from training_tracker.cli.options import Day, as_json, recorder
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.finding import find_posts
from training_tracker.people.leave import (
    LeaveLine,
    end_leave,
    leave_begun_on,
    leave_in_words,
    leave_to_end,
    leaves,
    record_leave,
    withdraw_leave,
)
from training_tracker.people.models import Absence, Practitioner
from training_tracker.settings import Settings

PAGE = 1_000

of_a_team = click.option(
    "--team", metavar="NAME", help="Only their posts in this team and the ones below it. The default is every post."
)


@click.group()
def leave() -> None:
    """Long leave: what falls due in it is paused, and nobody is reminded. Only days are kept, never a reason."""


@leave.command()
@click.argument("email")
@click.argument("first", type=Day())
@click.argument("last", type=Day(), required=False)
@of_a_team
@as_json
@on_the_database
async def record(
    database: Database,
    _settings: Settings,
    /,
    email: str,
    first: date,
    last: date | None,
    team: str | None,
    as_json: bool,
) -> int:
    """Record that a person is away from FIRST until LAST, both days included; without LAST, until it is ended."""
    async with database.writing() as session:
        person, posts = await find_posts(session, email, team)
        found = await record_leave(session, posts, first, last, by=recorder())
    return _told("Recorded", person, found, as_json=as_json)


@leave.command()
@click.argument("email")
@click.argument("last", type=Day())
@of_a_team
@as_json
@on_the_database
async def end(
    database: Database, settings: Settings, /, email: str, last: date, team: str | None, as_json: bool
) -> int:
    """Say on which day leave ends, or that it ends on another day than was recorded. LAST is the last day away.

    It is the last leave that began by then and is not long over. What was known before keeps the old end.
    """
    async with database.writing() as session:
        person, posts = await find_posts(session, email, team)
        running = await leave_to_end(session, posts, last, today=today(settings.zone))
        found = await end_leave(session, running, last, by=recorder())
    return _told("Ended", person, found, as_json=as_json)


@leave.command()
@click.argument("email")
@click.argument("first", type=Day())
@of_a_team
@as_json
@on_the_database
async def withdraw(
    database: Database, _settings: Settings, /, email: str, first: date, team: str | None, as_json: bool
) -> int:
    """Take back leave that was recorded by mistake. FIRST is its first day. It stays in what was known before."""
    async with database.writing() as session:
        person, posts = await find_posts(session, email, team)
        found = await leave_begun_on(session, posts, first)
        withdraw_leave(session, found)
    return _told("Withdrawn", person, found, as_json=as_json)


@leave.command("list")
@click.argument("email", required=False)
@as_json
@on_the_database
async def list_(database: Database, settings: Settings, /, email: str | None, as_json: bool) -> int:
    """All leave of one person or, of everybody, what is not over. What begins last comes first."""
    lines: list[LeaveLine] = []
    async with database.reading() as session:
        posts = (await find_posts(session, email))[1] if email else None
        since = None if email else today(settings.zone)
        while len(lines) % PAGE == 0:
            found = await leaves(session, posts, since=since, page=len(lines) // PAGE + 1, page_size=PAGE)
            if not found.lines:
                break
            lines += found.lines
    if as_json:
        names = ("name", "agency", "team", "role", "starts_on", "ends_on", "recorded_by", "recorded_at")
        print_json([{name: getattr(line, name) for name in names} for line in lines])
    elif not lines:
        say("No leave is recorded." if email else "Nobody is on long leave, or will be.")
    else:
        print_table(
            ["name", "team", "first day", "last day", "recorded by"],
            [(line.name, line.team, line.starts_on, line.ends_on or "not known", line.recorded_by) for line in lines],
        )
    return DONE


def _told(done: str, person: Practitioner, found: Sequence[Absence], *, as_json: bool) -> int:
    if as_json:
        print_json(
            [
                {
                    "e-mail": person.email,
                    "post": one.post_id,
                    "starts_on": one.starts_on,
                    "ends_on": one.ends_on,
                    "state": done.lower(),
                }
                for one in found
            ]
        )
    else:
        # Who is away from several posts is told of it once.
        for words in dict.fromkeys(leave_in_words(one.starts_on, one.ends_on) for one in found):
            say(f"{done}: {person.name}, on leave {words}.")
        if not found:
            say(f"{person.name}'s leave ends on that day already.")
    return DONE
