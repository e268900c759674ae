"""escalations run: telling managers of whoever is overdue for longer than the agency's limit."""

import rich_click as click

from training_tracker.calendar import in_words, today
from training_tracker.cli.options import as_json, dry_run
from training_tracker.cli.planning import counted, print_held
from training_tracker.cli.printing import print_json, print_table, say, waiting
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.reminders.escalating import plan_escalations
from training_tracker.settings import Settings


@click.group()
def escalations() -> None:
    """The week's e-mails to managers about who is long overdue."""


@escalations.command("run")
@dry_run
@as_json
@on_the_database
async def run_escalations(database: Database, settings: Settings, /, dry_run: bool, as_json: bool) -> int:
    """Plan the week's escalations into the outbox: one for each manager who has not heard of somebody yet.

    The limit is 30 days, or what the agency says: reminders ladder AGENCY --escalate-after 45. A manager who has had
    the week's gets no second one.
    """
    now = today(settings.zone)
    with waiting("planning"):
        async with database.rehearsing() if dry_run else database.writing() as session:
            plan = await plan_escalations(session, now, today=now)
    if as_json:
        print_json(
            {
                "on": plan.on,
                "dry_run": dry_run,
                "planned": [
                    {"key": each.key, "to": each.to, "subject": each.subject, "why": each.because}
                    for each in plan.planned
                ],
                "held_back": {reason.value: number for reason, number in plan.held.items()},
                "none_for": [
                    {"manager": each.manager.name, "to": each.to or None, "why": each.held}
                    for each in plan.decisions
                    if each.held
                ],
            }
        )
        return DONE
    if plan.planned:
        print_table(["to", "subject", "why"], [(each.to, each.subject, each.because) for each in plan.planned])
    held = [each for each in plan.decisions if each.held]
    if dry_run and held:
        print_table(["none for", "address", "why"], [(each.manager.name, each.to, each.held) for each in held])
    many = counted(len(plan.planned), "escalation", "escalations", dry_run=dry_run)
    say(f"{many} for the week of {in_words(now)}.")
    print_held(plan.held, "managers")
    return DONE
