"""exemption grant | withdraw | list: what somebody's work does not need."""

from collections.abc import Sequence
from datetime import date

import rich_click as click

from training_tracker.calendar import in_words, today
from training_tracker.cli.options import Day, as_json, recorder
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.expectations.exempting import (
    ExemptionLine,
    exemptions,
    grant_exemption,
    withdraw_exemption,
)
from training_tracker.expectations.finding import find_expectation
from training_tracker.expectations.models import Exemption, Expectation
from training_tracker.people.finding import find_posts
from training_tracker.people.models import Practitioner
from training_tracker.settings import Settings
from training_tracker.standing.expected import posts_expected

PAGE = 1_000


@click.group()
def exemption() -> None:
    """What somebody's work does not need: one expectation, until a day, for a reason about the work."""


@exemption.command()
@click.argument("email")
@click.argument("expectation")
@click.argument("until", type=Day())
@click.option("--from", "since", type=Day(), metavar="DATE", help="The first day of it. The default is today.")
@click.option(
    "--reason", required=True, help="Why the work does not need it. Never anything about health, or about a child."
)
@as_json
@on_the_database
async def grant(
    database: Database,
    settings: Settings,
    /,
    email: str,
    expectation: str,
    until: date,
    since: date | None,
    reason: str,
    as_json: bool,
) -> int:
    """Exempt a person from an expectation until a day, that day included.

    EXPECTATION is its code or title. It is for every post of theirs of which it is expected.
    """
    first = since or today(settings.zone)
    async with database.writing() as session:
        person, posts = await find_posts(session, email)
        expected = await find_expectation(session, expectation)
        of_posts = await posts_expected(session, posts, expected.id, first=first, last=max(first, until))
        if not of_posts:
            problem = f"“{expected.title}” is not expected of {person.name} in that time"
            raise Refused(problem, "“standing explain” shows what is.")
        found = await grant_exemption(
            session,
            of_posts,
            expected.id,
            starts_on=first,
            until=until,
            reason=reason,
            by=recorder(),
            today=today(settings.zone),
        )
    return _told("Granted", person, expected, found, as_json=as_json)


@exemption.command()
@click.argument("email")
@click.argument("expectation")
@as_json
@on_the_database
async def withdraw(database: Database, settings: Settings, /, email: str, expectation: str, as_json: bool) -> int:
    """Take back an exemption that has not run out. It stays in what was known before."""
    async with database.writing() as session:
        person, posts = await find_posts(session, email)
        expected = await find_expectation(session, expectation)
        found = await withdraw_exemption(session, posts, expected.id, today=today(settings.zone))
    return _told("Withdrawn", person, expected, found, as_json=as_json)


@exemption.command("list")
@click.argument("email", required=False)
@as_json
@on_the_database
async def list_(database: Database, settings: Settings, /, email: str | None, as_json: bool) -> int:
    """Every exemption of one person or, of everybody, what has not run out. The newest comes first."""
    lines: list[ExemptionLine] = []
    async with database.reading() as session:
        posts = (await find_posts(session, email))[1] if email else None
        since = None if email else today(settings.zone)
        while len(lines) % PAGE == 0:
            found = await exemptions(session, posts, since=since, page=len(lines) // PAGE + 1, page_size=PAGE)
            if not found.lines:
                break
            lines += found.lines
    names = ("name", "team", "expectation", "starts_on", "until", "reason", "granted_by")
    if as_json:
        print_json([{name: getattr(line, name) for name in (*names, "title", "granted_at")} for line in lines])
    elif not lines:
        say("No exemption is recorded." if email else "Nobody is exempt, or will be.")
    else:
        print_table(
            ["name", "team", "expectation", "from", "until", "reason", "granted by"],
            [[getattr(line, name) for name in names] for line in lines],
        )
    return DONE


def _told(done: str, person: Practitioner, expected: Expectation, found: Sequence[Exemption], *, as_json: bool) -> int:
    if as_json:
        print_json(
            [
                {
                    "e-mail": person.email,
                    "expectation": expected.code,
                    "post": one.post_id,
                    "starts_on": one.starts_on,
                    "until": one.until,
                    "state": done.lower(),
                }
                for one in found
            ]
        )
    else:
        # Two posts with the same exemption are told once.
        for first, last in dict.fromkeys((one.starts_on, one.until) for one in found):
            say(f"{done}: {person.name}, {expected.title}, from {in_words(first)} until {in_words(last)}.")
    return DONE
