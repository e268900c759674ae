"""extension ask | grant | refuse | withdraw | list: more time for what falls due."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import rich_click as click
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, today
from training_tracker.cli.options import Day, as_json, recorder
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.expectations.finding import find_expectation
from training_tracker.expectations.models import Expectation, Extension
from training_tracker.people.finding import find_practitioner
from training_tracker.people.models import Practitioner
from training_tracker.people.posts import posts_of
from training_tracker.settings import Settings
from training_tracker.standing.extending import (
    ask_for_extension,
    extensions,
    give_extension,
    grant_extension,
    refuse_extension,
    withdraw_extension,
)
from training_tracker.standing.known import among

REASON = "What in the work needs it. Never anything about health, or about a child."


@click.group()
def extension() -> None:
    """More time for what falls due: asked for, granted or refused, and taken back. No later due day moves with it."""


@extension.command()
@click.argument("email")
@click.argument("expectation")
@click.argument("until", type=Day())
@click.option("--reason", required=True, help=REASON)
@as_json
@on_the_database
async def ask(
    database: Database, settings: Settings, /, email: str, expectation: str, until: date, reason: str, as_json: bool
) -> int:
    """Ask that a person may have until a day. It changes nothing until somebody grants it.

    EXPECTATION is its code or title; UNTIL is the new last day. It is for every post of theirs that falls due before.
    """
    now = today(settings.zone)
    async with database.writing() as session:
        person, expected, posts = await _whom(session, email, expectation)
        found = await ask_for_extension(
            session, posts, expected.id, until=until, reason=reason, by=recorder(), today=now
        )
    return _told("Asked for", person, expected, found, as_json=as_json)


@extension.command()
@click.argument("email")
@click.argument("expectation")
@click.option("--until", type=Day(), metavar="DATE", help="Give time until this day, without being asked.")
@click.option("--reason", default="", help=f"With --until: {REASON[0].lower()}{REASON[1:]}")
@as_json
@on_the_database
async def grant(
    database: Database,
    settings: Settings,
    /,
    email: str,
    expectation: str,
    until: date | None,
    reason: str,
    as_json: bool,
) -> int:
    """Grant what was asked for or, with --until and --reason, give time that nobody asked for."""
    if reason and until is None:
        raise click.UsageError("--reason belongs to --until; what was asked for has its reason already")
    now = today(settings.zone)
    async with database.writing() as session:
        person, expected, posts = await _whom(session, email, expectation)
        if until is None:
            found = await grant_extension(session, posts, expected.id, by=recorder(), today=now)
        else:
            found = await give_extension(
                session, posts, expected.id, until=until, reason=reason, by=recorder(), today=now
            )
    return _told("Granted", person, expected, found, as_json=as_json)


@extension.command()
@click.argument("email")
@click.argument("expectation")
@as_json
@on_the_database
async def refuse(database: Database, _settings: Settings, /, email: str, expectation: str, as_json: bool) -> int:
    """Refuse what was asked for. It stays on record, and changes nothing."""
    async with database.writing() as session:
        person, expected, posts = await _whom(session, email, expectation)
        found = await refuse_extension(session, posts, expected.id, by=recorder())
    return _told("Refused", person, expected, found, as_json=as_json)


@extension.command()
@click.argument("email")
@click.argument("expectation")
@as_json
@on_the_database
async def withdraw(database: Database, settings: Settings, /, email: str, expectation: str, as_json: bool) -> int:
    """Take back what was asked for, or what was granted and has not run out.

    It stays in the record, and in what was known before.
    """
    async with database.writing() as session:
        person, expected, posts = await _whom(session, email, expectation)
        found = await withdraw_extension(session, posts, expected.id, today=today(settings.zone))
    return _told("Withdrawn", person, expected, found, as_json=as_json)


@extension.command("list")
@click.argument("email", required=False)
@as_json
@on_the_database
async def list_(database: Database, _settings: Settings, /, email: str | None, as_json: bool) -> int:
    """What was asked for and what came of it, of one person or of everybody; what waits for an answer first."""
    async with database.reading() as session:
        if email:
            person = await find_practitioner(session, email)
            posts = await posts_of(session, person.id)
            lines = await extensions(session, posts=among(posts))
        else:
            lines = await extensions(session)
    if as_json:
        print_json([asdict(line) for line in lines])
    elif not lines:
        say("Nobody has asked for more time.")
    else:
        print_table(
            ["name", "team", "expectation", "due", "until", "state", "reason", "asked by", "decided by"],
            [
                [
                    *(line.name, line.team, line.expectation, line.due_on, line.until, line.state.value),
                    *(line.reason, line.asked_by, line.decided_by),
                ]
                for line in lines
            ],
        )
    return DONE


async def _whom(session: AsyncSession, email: str, expectation: str) -> tuple[Practitioner, Expectation, list[int]]:
    person = await find_practitioner(session, email)
    return person, await find_expectation(session, expectation), await posts_of(session, person.id)


def _told(done: str, person: Practitioner, expected: Expectation, found: Sequence[Extension], *, as_json: bool) -> int:
    if as_json:
        what = {"e-mail": person.email, "expectation": expected.code}
        print_json(
            [
                {**what, "post": one.post_id, "due_on": one.due_on, "until": one.until, "state": done.lower()}
                for one in found
            ]
        )
    else:
        for until in sorted({one.until for one in found}):
            say(f"{done}: {person.name}, {expected.title}, until {in_words(until)}.")
    return DONE
