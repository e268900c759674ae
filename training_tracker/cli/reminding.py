"""reminders run, summaries run: planning into the outbox, as the scheduler does at its hours."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import rich_click as click

from training_tracker.calendar import first_working_day, in_words, today
from training_tracker.cli.options import Month, as_json, dry_run, on
from training_tracker.cli.printing import print_json, print_table, say, waiting
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.reminders.digests import plan_reminders
from training_tracker.reminders.summaries import plan_summaries
from training_tracker.settings import Settings

# A dry run looks so many years back and ahead: whoever asks for more has mistyped the year.
YEARS = 10


@click.group()
def reminders() -> None:
    """The practitioners' digests."""


@reminders.command("run")
@on("The day whose digests are planned.")
@dry_run
@as_json
@on_the_database
async def run_reminders(
    database: Database, settings: Settings, /, on: date | None, dry_run: bool, as_json: bool
) -> int:
    """Plan the day's digests into the outbox: one for each person who has something new to hear.

    Planning a day twice adds nothing. Another day than today can only be looked at, with --dry-run: what was missed
    is in today's digests, and what is to come may be done by then. The outbox is delivered by the scheduler or by:
    outbox deliver.
    """
    now = today(settings.zone)
    on = on or now
    _refuse_far_off(on, now)
    if on != now and not dry_run:
        raise Refused(
            f"{in_words(on)} is not today, and e-mails that are planned go out now",
            "Plan today's without --on, which has whatever was missed; or look at the day with --dry-run.",
        )
    with waiting("planning"):
        async with database.rehearsing() if dry_run else database.writing() as session:
            plan = await plan_reminders(session, on, today=now, base_url=settings.base_url)
    if as_json:
        print_json(
            {
                "on": plan.on,
                "dry_run": dry_run,
                "planned": [
                    {"key": digest.key, "to": digest.to, "subject": digest.subject, "why": digest.why}
                    for digest in plan.digests
                ],
                "held_back": {reason.value: number for reason, number in plan.held.items()},
                "nothing_because": plan.nothing_because or None,
            }
        )
        return DONE
    if dry_run and plan.digests:
        print_table(["to", "subject", "why"], [(digest.to, digest.subject, digest.why) for digest in plan.digests])
    say(f"{_counted(len(plan.digests), 'digest', 'digests', dry_run=dry_run)} for {in_words(plan.on)}.")
    _print_held(plan.held, "people with something due")
    if plan.nothing_because:
        say(f"  {plan.nothing_because}")
    return DONE


@click.group()
def summaries() -> None:
    """The managers' monthly summaries."""


@summaries.command("run")
@click.option("--month", type=Month(), metavar="YYYY-MM", help="The month in which they are sent. The default is this.")
@dry_run
@as_json
@on_the_database
async def run_summaries(
    database: Database, settings: Settings, /, month: date | None, dry_run: bool, as_json: bool
) -> int:
    """Plan the month's summaries into the outbox: one for each manager, with the figures of today.

    For a month that is over, the figures are those of its first working day. A manager who has had the month's
    summary gets no second one. A month that has not come can only be looked at, with --dry-run.
    """
    now = today(settings.zone)
    month = month or now.replace(day=1)
    _refuse_far_off(month, now)
    if month > now and not dry_run:
        raise Refused(
            f"{month:%B %Y} has not come, and e-mails that are planned go out now", "Look at it with --dry-run."
        )
    on = now if (month.year, month.month) == (now.year, now.month) else first_working_day(month.year, month.month)
    with waiting("planning"):
        async with database.rehearsing() if dry_run else database.writing() as session:
            plan = await plan_summaries(session, month, on=on, today=now, base_url=settings.base_url)
    if as_json:
        print_json(
            {
                "month": f"{plan.month:%Y-%m}",
                "on": plan.on,
                "dry_run": dry_run,
                "planned": [
                    {"key": summary.key, "to": summary.to, "subject": summary.subject, "people": summary.people}
                    for summary in plan.summaries
                ],
                "held_back": {reason.value: number for reason, number in plan.held.items()},
            }
        )
        return DONE
    if dry_run and plan.summaries:
        print_table(
            ["to", "teams", "people"],
            [(summary.to, "; ".join(summary.teams), summary.people) for summary in plan.summaries],
        )
    many = _counted(len(plan.summaries), "summary", "summaries", dry_run=dry_run)
    say(f"{many} for {plan.month:%B %Y}, with the figures of {in_words(plan.on)}.")
    _print_held(plan.held, "managers")
    return DONE


def _refuse_far_off(day: date, now: date) -> None:
    if abs(day.year - now.year) > YEARS:
        raise Refused(f"The year {day.year} is too far from this one to be meant", "Correct the year.")


def _counted(number: int, one: str, many: str, *, dry_run: bool) -> str:
    return f"{number} {one if number == 1 else many} {'would be planned' if dry_run else 'planned'}"


def _print_held(held: Mapping[Any, int], of_whom: str) -> None:
    for reason, number in held.items():
        say(f"  none for {number} {of_whom}: {reason.value}")
