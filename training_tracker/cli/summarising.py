"""summaries run: planning the month's summaries into the outbox, as the scheduler does at its hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import rich_click as click
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, today, working_day
from training_tracker.cli.options import Month, as_json, dry_run
from training_tracker.cli.planning import counted, print_held, refuse_far_off
from training_tracker.cli.printing import print_json, print_table, say, waiting
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.lead_summaries import plan_agency_summaries, plan_partnership_summaries
from training_tracker.reminders.summaries import plan_summaries
from training_tracker.settings import Settings

# The working day of a month from which each kind is planned.
FROM = {Kind.SUMMARY: 1, Kind.AGENCY_SUMMARY: 1, Kind.PARTNERSHIP_SUMMARY: 5}


@dataclass(frozen=True)
class Planned:
    """``rows`` are what a table shows of each summary, below ``headings``; ``details`` the same for a program."""

    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    details: Sequence[Mapping[str, object]]
    held: Mapping[Any, int]
    of_whom: str


@click.group()
def summaries() -> None:
    """The monthly summaries, for managers and for whoever leads training."""


@summaries.command("run")
@click.option("--month", type=Month(), metavar="YYYY-MM", help="The month in which they are sent. The default is this.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in FROM]),
    default=Kind.SUMMARY.value,
    help="For managers (summary, the default), or for the leads of agencies or of the partnership.",
)
@dry_run
@as_json
@on_the_database
async def run_summaries(
    database: Database, settings: Settings, /, month: date | None, kind: str, dry_run: bool, as_json: bool
) -> int:
    """Plan the month's summaries into the outbox: one for each manager, with the figures of today.

    Or, with --kind, one for whoever leads the training of an agency or of the partnership.

    For a month that is over, the figures are those of the working day on which they were due: its first, for the
    partnership its fifth. Whoever has had the month's summary gets no second one. A month that has not come can only be
    looked at, with --dry-run.
    """
    now = today(settings.zone)
    month = month or now.replace(day=1)
    refuse_far_off(month, now)
    if month > now and not dry_run:
        raise Refused(
            f"{month:%B %Y} has not come, and e-mails that are planned go out now", "Look at it with --dry-run."
        )
    this_month = (month.year, month.month) == (now.year, now.month)
    on = now if this_month else working_day(month.year, month.month, FROM[Kind(kind)])
    with waiting("planning"):
        async with database.rehearsing() if dry_run else database.writing() as session:
            planned = await _plan(session, Kind(kind), month, on, now, settings)
    if as_json:
        print_json(
            {
                "month": f"{month:%Y-%m}",
                "kind": kind,
                "on": on,
                "dry_run": dry_run,
                "planned": planned.details,
                "held_back": {reason.value: number for reason, number in planned.held.items()},
            }
        )
        return DONE
    if dry_run and planned.rows:
        print_table(planned.headings, planned.rows)
    one = Kind(kind).in_words
    many = counted(len(planned.rows), one, f"{one.removesuffix('y')}ies", dry_run=dry_run)
    say(f"{many} for {month:%B %Y}, with the figures of {in_words(on)}.")
    print_held(planned.held, planned.of_whom)
    return DONE


async def _plan(session: AsyncSession, kind: Kind, month: date, on: date, today: date, settings: Settings) -> Planned:
    if kind is Kind.SUMMARY:
        plan = await plan_summaries(session, month, on=on, today=today, base_url=settings.base_url)
        return Planned(
            ["to", "teams", "people"],
            [(each.to, "; ".join(each.teams), each.people) for each in plan.summaries],
            [
                {"key": each.key, "to": each.to, "subject": each.subject, "people": each.people}
                for each in plan.summaries
            ],
            plan.held,
            "managers",
        )
    plan_for_leads = plan_agency_summaries if kind is Kind.AGENCY_SUMMARY else plan_partnership_summaries
    leads = await plan_for_leads(
        session, month, on=on, today=today, base_url=settings.base_url, threshold=settings.suppression_threshold
    )
    letters = [(each, leads.chosen[each.key].name) for each in leads.planned]
    return Planned(
        ["to", "of"],
        [(each.to, name) for each, name in letters],
        [{"key": each.key, "to": each.to, "subject": each.subject, "of": name} for each, name in letters],
        leads.held,
        "people who lead training",
    )
