"""standing report | explain | compare | rebuild: who has met what, on any day."""

import csv
import sys
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import rich_click as click

from training_tracker.calendar import Days, in_words, today
from training_tracker.cli.options import Moment, as_json, known_at, on
from training_tracker.cli.printing import bar, print_json, print_table, say
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.intake.outcome import harmless
from training_tracker.people.finding import find_agency, find_practitioner
from training_tracker.settings import Settings
from training_tracker.standing.comparing import Difference
from training_tracker.standing.comparing import compare as compare_standings
from training_tracker.standing.explained import ExplainedStanding, Merged
from training_tracker.standing.explanation import as_json as in_plain
from training_tracker.standing.explanation import explain as explain_standings
from training_tracker.standing.feeds import FeedState, feeds_on, feeds_telling
from training_tracker.standing.known import posts_of_agency
from training_tracker.standing.refreshing import rebuild as rebuild_standings
from training_tracker.standing.status import Status
from training_tracker.uptake.counting import By, Uptake, uptake
from training_tracker.uptake.coverage import coverage as settings_covered
from training_tracker.uptake.coverage import not_covered
from training_tracker.uptake.freshness import data_as_at, freshness_in_words

STATUSES = ("compliant", "due_soon", "in_grace", "overdue", "not_yet_due", "undated", "exempt", "on_leave", "unknown")


@click.group()
def standing() -> None:
    """Who has met what is expected of them: for today or any other day, as known now or then."""


@standing.command()
@on("The day whose standings are counted.")
@known_at
@click.option("--by", type=click.Choice([by.value for by in By]), default="agency", show_default=True)
@click.option("--format", "as_what", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@on_the_database
async def report(
    database: Database,
    settings: Settings,
    /,
    on: date | None,
    known_at: datetime | None,
    by: str,
    as_what: str,
) -> int:
    """Count the posts by status, for each expectation and each agency, team, role or item.

    The counts add up to "expected". Percent is (compliant + due soon + in grace) of (those + overdue), cut to one
    decimal and never rounded up. By agency or team, CSV and JSON say beside them how many feeds of the agency tell of
    the expectation, how many of these are silent, and as at which day the oldest of their data are.
    """
    now = today(settings.zone)
    day = on or now
    async with database.reading() as session:
        lines = await uptake(session, day, by=By(by), today=now, known_at=known_at)
        feeds = await feeds_on(session, day, known_at=known_at)
        telling = await feeds_telling(session, day, known_at=known_at)
    rows = [_row(line, By(by), day, telling) for line in lines]
    if as_what == "json":
        print_json(rows)
    elif as_what == "csv":
        _print_csv(rows, By(by))
    else:
        _print_report(rows, By(by), day, known_at)
        for sentence in freshness_in_words(feeds):
            say(sentence)
    return DONE


def _row(line: Uptake, by: By, on: date, telling: dict[tuple[int, int], list[FeedState]]) -> dict[str, Any]:
    counts = line.counts
    feeds = telling.get((line.agency_id, line.expectation_id), []) if line.agency_id else []
    age = (len(feeds), sum(feed.silent for feed in feeds), data_as_at(feeds))
    return {
        **{name: getattr(line, name) for name in _dimensions(by)},
        "expectation": line.expectation,
        "title": line.title,
        "required": line.required,
        "on": on,
        "expected": counts.expected,
        **{name: getattr(counts, name) for name in STATUSES},
        "people": line.people,
        "percent": counts.percent,
        "target": line.target_percent,
        **dict(zip(_age(by), age, strict=bool(_age(by)))),
    }


def _age(by: By) -> tuple[str, ...]:
    """Only a line of one agency has feeds of its own."""
    return ("feeds", "feeds_silent", "data_as_at") if by in (By.AGENCY, By.TEAM) else ()


def _dimensions(by: By) -> tuple[str, ...]:
    return ("agency", "team") if by is By.TEAM else (by.value,)


def _print_csv(rows: list[dict[str, Any]], by: By) -> None:
    names = [*_dimensions(by), "expectation", "title", "required", "on", "expected", *STATUSES]
    writer = csv.writer(sys.stdout)
    writer.writerow([*names, "people", "percent", "target", *_age(by)])
    for row in rows:
        writer.writerow(harmless(value) if isinstance(value, str) else value for value in row.values())


def _print_report(rows: list[dict[str, Any]], by: By, on: date, known_at: datetime | None) -> None:
    if not rows:
        say(f"Nothing was expected of anybody on {in_words(on)}.")
        return
    names = [*_dimensions(by), "expectation", "expected", *STATUSES, "percent", "target"]
    print_table(
        [name.replace("_", " ") for name in names],
        [[row[name] for name in names] for row in rows],
        title=f"Standings on {in_words(on)}{_as_known(known_at)}",
    )
    say("Posts are counted. Percent: (compliant + due soon + in grace) of (those + overdue), cut to one decimal.")


def _as_known(known_at: datetime | None) -> str:
    return f", as known on {in_words(known_at.date())} at {known_at:%H:%M}" if known_at else ""


@standing.command()
@on("The day whose settings are looked at.")
@known_at
@click.option("--agency", default="", metavar="NAME", help="One agency only.")
@click.option("--format", "as_what", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@on_the_database
async def coverage(
    database: Database,
    settings: Settings,
    /,
    on: date | None,
    known_at: datetime | None,
    agency: str,
    as_what: str,
) -> int:
    """Whether enough people in each agency or team have what a rule about settings asks, and how many are missing."""
    now = today(settings.zone)
    day = on or now
    async with database.reading() as session:
        posts = posts_of_agency((await find_agency(session, agency)).id) if agency else None
        lines = await settings_covered(session, day, today=now, known_at=known_at, posts=posts)
    names = ["agency", "team", "expectation", "title", "needed", "people", "covered", "missing"]
    rows = [{name: getattr(line, name) for name in names} | {"on": day} for line in lines]
    if as_what == "json":
        print_json(rows)
    elif as_what == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow([*names, "on"])
        for row in rows:
            writer.writerow(harmless(value) if isinstance(value, str) else value for value in row.values())
    elif rows:
        print_table(
            ["agency", "team", "expectation", "needed", "people", "missing"],
            [
                [line.agency, line.team or "the whole agency", line.expectation, line.needed, line.people, line.missing]
                for line in lines
            ],
            title=f"Settings on {in_words(day)}{_as_known(known_at)}",
        )
        say(f"{not_covered(lines)} of {len(lines)} not covered. People on leave, exempt or in grace cover no setting.")
    else:
        say(f"No rule about a setting held on {in_words(day)}.")
    return DONE


@standing.command()
@click.argument("email")
@on("The day to explain.")
@known_at
@as_json
@on_the_database
async def explain(
    database: Database,
    settings: Settings,
    /,
    email: str,
    on: date | None,
    known_at: datetime | None,
    as_json: bool,
) -> int:
    """Why each of a person's statuses is what it is: what counts, what does not, and what follows."""
    now = today(settings.zone)
    day = on or now
    async with database.reading() as session:
        person = await find_practitioner(session, email)
        explained = await explain_standings(session, person.id, day, today=now, known_at=known_at)
    if as_json:
        asked = {"person": {"name": person.name, "email": person.email}, "on": day, "known_at": known_at}
        print_json(asked | in_plain(explained))
    else:
        say(f"{person.name} on {in_words(day)}{_as_known(known_at)}")
        for one in explained:
            _print_explained(one, day)
        if not explained:
            say("Nothing is expected of them on this day.")
    return DONE


def _print_explained(one: ExplainedStanding, day: date) -> None:
    asked = "" if one.required else " (recommended)"
    say(f"\n{one.status.value.upper()}: {one.title}{asked}. {one.code}; {one.role}, {one.team}, {one.agency}")
    say(f"  Rule: {one.rule}")
    for step in one.steps:
        say(f"  {step}")
    for counted in one.counting:
        hours = f", {counted.hours:g} hours" if counted.hours else ""
        done = Days(counted.completed_on, counted.completed_by)
        say(f"  Counts: {counted.title}, {done}{hours}; {counted.source or 'no source'}")
    for left_out in one.not_counting:
        done = Days(left_out.completed_on, left_out.completed_by)
        say(f"  Does not count: {left_out.title}, {done}: {left_out.reason}")
    if one.next_step:
        say(f"  Next: {one.next_step}")
    if one.merged:
        _print_merged(one.merged, day)


def _print_merged(line: Merged, day: date) -> None:
    """What the person sees in place of this standing and of those that ask the same."""
    owners = " and ".join(f"{origin.expected_by} ({origin.code})" for origin in line.origins)
    due = f", due by {in_words(line.due_on)}" if line.due_on else ""
    ends = "lapsed after" if line.met_until and line.met_until < day else "valid through"
    until = f", {ends} {in_words(line.met_until)}" if line.met_until else ""
    say(f"  Shown as one line, the strictest of what {owners} expect: {line.status}{until}{due}. {line.rule}")


@standing.command()
@on("The day to compare.")
@click.option("--known-at", "before", type=Moment(), metavar="TIME", required=True, help="What was known at this time.")
@click.option("--and", "after", type=Moment(), metavar="TIME", help="What was known at this one. The default is now.")
@as_json
@on_the_database
async def compare(
    database: Database,
    settings: Settings,
    /,
    on: date | None,
    before: datetime,
    after: datetime | None,
    as_json: bool,
) -> int:
    """What is known of a day that was not known of it before: each status and due day that differs, and why."""
    now = today(settings.zone)
    day = on or now
    async with database.reading() as session:
        differences = await compare_standings(session, day, today=now, before=before, after=after)
    if as_json:
        print_json([asdict(difference) for difference in differences])
        return DONE
    for one in differences:
        say(f"{one.agency}, {one.team}: {one.name}. {one.title}: {_difference(one)}")
        for cause in one.causes:
            say(f"  {cause}")
    say(f"{len(differences) or 'No'} {'difference' if len(differences) == 1 else 'differences'}.")
    return DONE


def _difference(one: Difference) -> str:
    """The due day only where the status is the same, which then says nothing of what differs."""
    if one.before is not one.after:
        return f"{_read(one.before)} → {_read(one.after)}"
    return f"{_read(one.before)}, {_due(one.due_before)} → {_due(one.due_after)}"


def _due(day: date | None) -> str:
    return f"due {in_words(day)}" if day else "never due"


def _read(status: Status | None) -> str:
    return status.value if status else "not expected"


@standing.command()
@as_json
@on_the_database
async def rebuild(database: Database, _settings: Settings, /, as_json: bool) -> int:
    """Compute every standing anew from the facts. Needed only when a check says so: each change keeps them in step."""
    with bar() as show:
        async with database.writing() as session:
            rebuilt = await rebuild_standings(session, lambda done, people: show("people", done, people))
    if as_json:
        print_json({"standings": rebuilt.standings, "seconds": round(rebuilt.seconds, 2)})
    else:
        say(f"{rebuilt.standings} standings in {rebuilt.seconds:.1f} seconds.")
    return DONE
