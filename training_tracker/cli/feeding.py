"""feed expect | stop | received | withdraw | list: what agencies send of which items, and whether it came."""

from dataclasses import dataclass
from datetime import date, datetime

import rich_click as click
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, today
from training_tracker.catalogue.finding import find_item
from training_tracker.catalogue.models import Item
from training_tracker.cli.options import Day, as_json, known_at, on, recorder
from training_tracker.cli.printing import print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.people.finding import find_agency
from training_tracker.people.models import Agency
from training_tracker.records.feeding import (
    Declared,
    expect_feed,
    receive_feed,
    standing_feed,
    stop_feed,
    withdraw_receipt,
)
from training_tracker.settings import Settings
from training_tracker.standing.feeds import FeedState, feeds_on


@dataclass(frozen=True, slots=True)
class Asked:
    agency: Agency
    item: Item


@click.group()
def feed() -> None:
    """What agencies send of which items, as files or from another system, and whether it came.

    Where a feed is declared and nothing has come in time, what is due or met is "unknown": counted neither as done nor
    as overdue. AGENCY and ITEM may be any of their names.
    """


@feed.command()
@click.argument("agency")
@click.argument("item")
@click.option("--at-most-days", type=int, required=True, metavar="N", help="How old the agency's data may be, in days.")
@click.option(
    "--from", "since", type=Day(), metavar="DATE", help="The day it begins. The default is today, or as it was."
)
@as_json
@on_the_database
async def expect(
    database: Database,
    settings: Settings,
    /,
    agency: str,
    item: str,
    at_most_days: int,
    since: date | None,
    as_json: bool,
) -> int:
    """Expect an agency's completions of an item at least every so many days."""
    async with database.writing() as session:
        asked = await _find(session, agency, item)
        known = await standing_feed(session, asked.agency.id, asked.item.id)
        starts_on = since or (known.starts_on if known else today(settings.zone))
        became = await expect_feed(
            session, asked.agency.id, asked.item.id, limit_days=at_most_days, starts_on=starts_on, by=recorder()
        )
    if as_json:
        print_json({**_named(asked), "at_most_days": at_most_days, "starts_on": starts_on, "became": became})
    else:
        how = {Declared.NEW: "Expected", Declared.CHANGED: "Changed", Declared.KNOWN_ALREADY: "Expected already"}
        say(f"{how[became]}: {_in_words(asked)}, at most {_days(at_most_days)} old, from {in_words(starts_on)}.")
    return DONE


@feed.command()
@click.argument("agency")
@click.argument("item")
@as_json
@on_the_database
async def stop(database: Database, _settings: Settings, /, agency: str, item: str, as_json: bool) -> int:
    """Expect a feed no longer: from now on no day is unknown for want of it. What was known before keeps it."""
    async with database.writing() as session:
        asked = await _find(session, agency, item)
        stopped = await stop_feed(session, asked.agency.id, asked.item.id)
    if as_json:
        print_json({**_named(asked), "stopped": stopped})
    else:
        say(f"{'Expected no longer' if stopped else 'It was not expected'}: {_in_words(asked)}.")
    return DONE


@feed.command()
@click.argument("agency")
@click.argument("item")
@click.option("--as-at", type=Day(), metavar="DATE", help="The last day of which the data tell. The default is today.")
@as_json
@on_the_database
async def received(
    database: Database, settings: Settings, /, agency: str, item: str, as_at: date | None, as_json: bool
) -> int:
    """Record that a feed came: from another system, or with nothing new to tell. An import says so by itself."""
    now = today(settings.zone)
    day = as_at or now
    async with database.writing() as session:
        asked = await _find(session, agency, item)
        await receive_feed(
            session, asked.agency.id, asked.item.id, as_at=day, source="command line", by=recorder(), today=now
        )
    if as_json:
        print_json({**_named(asked), "as_at": day})
    else:
        say(f"Received: {_in_words(asked)}, up to {in_words(day)}.")
    return DONE


@feed.command()
@click.argument("agency")
@click.argument("item")
@click.option("--as-at", type=Day(), metavar="DATE", required=True, help="The last day of which the data told.")
@as_json
@on_the_database
async def withdraw(
    database: Database, _settings: Settings, /, agency: str, item: str, as_at: date, as_json: bool
) -> int:
    """Take back that a feed came, where that was recorded by mistake. Its completions stay: void what is wrong of them.

    Reports as known before still say that it had come.
    """
    async with database.writing() as session:
        asked = await _find(session, agency, item)
        await withdraw_receipt(session, asked.agency.id, asked.item.id, as_at=as_at)
    if as_json:
        print_json({**_named(asked), "as_at": as_at, "withdrawn": True})
    else:
        say(f"Withdrawn: {_in_words(asked)}, up to {in_words(as_at)}.")
    return DONE


@feed.command("list")
@on("The day on which to look.")
@known_at
@as_json
@on_the_database
async def list_(
    database: Database, settings: Settings, /, on: date | None, known_at: datetime | None, as_json: bool
) -> int:
    """Every feed, with the day of its newest data, how old they are, and whether that is too old."""
    day = on or today(settings.zone)
    async with database.reading() as session:
        feeds = await feeds_on(session, day, known_at=known_at)
    if as_json:
        print_json([_as_json(one) for one in feeds])
    elif not feeds:
        say("No feed is expected.")
    else:
        print_table(
            ["agency", "item", "at most days", "data as at", "days old", "state"],
            [(f.agency, f.item, f.limit_days, f.as_at or "never came", f.age_days, _state(f)) for f in feeds],
            title=f"Feeds on {in_words(day)}",
        )
    return DONE


def _as_json(one: FeedState) -> dict[str, object]:
    return {
        "agency": one.agency,
        "item": one.item,
        "title": one.title,
        "at_most_days": one.limit_days,
        "starts_on": one.starts_on,
        "as_at": one.as_at,
        "days_old": one.age_days,
        "state": _state(one),
    }


def _state(one: FeedState) -> str:
    if one.as_at is None:
        return "missing"
    return "stale" if one.silent else "in time"


async def _find(session: AsyncSession, agency: str, item: str) -> Asked:
    found = await find_agency(session, agency)
    return Asked(found, await session.get_one(Item, await find_item(session, item)))


def _named(asked: Asked) -> dict[str, object]:
    return {"agency": asked.agency.name, "item": asked.item.code}


def _in_words(asked: Asked) -> str:
    return f"{asked.agency.name}, {asked.item.title}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
