"""reminders run | explain: planning into the outbox, as the scheduler does at its hour."""

from datetime import date

import rich_click as click

from training_tracker.calendar import in_words, today
from training_tracker.cli.ladder import ladder
from training_tracker.cli.options import as_json, dry_run, on
from training_tracker.cli.planning import counted, print_held, refuse_far_off
from training_tracker.cli.printing import print_json, print_table, say, waiting
from training_tracker.cli.running import DONE, on_the_database
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.mail.models import Message
from training_tracker.people.finding import find_practitioner
from training_tracker.reminders.digests import Decided, plan_reminders
from training_tracker.reminders.explaining import Explained, Kept, explain_reminders
from training_tracker.settings import Settings


@click.group()
def reminders() -> None:
    """The practitioners' digests."""


reminders.add_command(ladder)


@reminders.command("run")
@on("The day whose digests are planned.")
@dry_run
@as_json
@on_the_database
async def run_reminders(
    database: Database, settings: Settings, /, on: date | None, dry_run: bool, as_json: bool
) -> int:
    """Plan the day's e-mails to practitioners: at most one for each, and only if there is something new to hear.

    A welcome to who is new in a post, a digest of what is due, or a confirmation of what somebody else recorded.

    Planning a day twice adds nothing. Another day than today can only be looked at, with --dry-run: what was missed
    is in today's digests, and what is to come may be done by then. The outbox is delivered by the scheduler or by:
    outbox deliver.
    """
    now = today(settings.zone)
    on = on or now
    refuse_far_off(on, now)
    if on != now and not dry_run:
        raise Refused(
            f"{in_words(on)} is not today, and e-mails that are planned go out now",
            "Plan today's without --on, which has whatever was missed; or look at the day with --dry-run.",
        )
    letters: list[Decided] = []

    def tell(decided: Decided) -> None:
        if decided.kind and (dry_run or as_json):
            letters.append(decided)

    with waiting("planning"):
        async with database.rehearsing() if dry_run else database.writing() as session:
            plan = await plan_reminders(session, on, today=now, tell=tell)
    if as_json:
        print_json(
            {
                "on": plan.on,
                "dry_run": dry_run,
                "planned": [
                    {"key": letter.key, "to": letter.to, "subject": letter.subject, "why": letter.because}
                    for letter in letters
                ],
                "summaries_again": plan.summaries_again,
                "held_back": {reason.value: number for reason, number in plan.held.items()},
                "nothing_because": plan.nothing_because or None,
            }
        )
        return DONE
    if letters:
        print_table(["to", "subject", "why"], [(letter.to, letter.subject, letter.because) for letter in letters])
    say(f"{counted(plan.digests, 'digest', 'digests', dry_run=dry_run)} for {in_words(plan.on)}.")
    if plan.welcomes:
        say(f"{counted(plan.welcomes, 'welcome', 'welcomes', dry_run=dry_run)} to a new post.")
    if plan.confirmations:
        say(f"{counted(plan.confirmations, 'confirmation', 'confirmations', dry_run=dry_run)} of what was recorded.")
    if plan.summaries_again:
        say(
            f"{counted(plan.summaries_again, 'summary', 'summaries', dry_run=dry_run)} again: the address of their"
            " reader works now."
        )
    print_held(plan.held, "people who were looked at")
    if plan.nothing_because:
        say(f"  {plan.nothing_because}")
    return DONE


@reminders.command()
@click.argument("email")
@on("The day that is asked about.")
@as_json
@on_the_database
async def explain(database: Database, settings: Settings, /, email: str, on: date | None, as_json: bool) -> int:
    """Say why a person was written to on a day, or was not, and what became of the e-mail."""
    now = today(settings.zone)
    on = on or now
    async with database.reading() as session:
        person = await find_practitioner(session, email)
        explained = await explain_reminders(session, person.id, on, today=now)
    if as_json:
        print_json(
            {
                "on": explained.on,
                "nothing_because": explained.nothing_because or None,
                "decided": [_kept(kept) for kept in explained.made],
                "would": _would(explained.would) if explained.would else None,
            }
        )
        return DONE
    for kept in explained.made:
        for line in _in_words(kept, settings):
            say(line)
    if not explained.made:
        say("Nothing has been decided about them yet.")
    if explained.nothing_because:
        say(f"No digests on {in_words(on)}: {explained.nothing_because}.")
    elif all(kept.decision.on != on for kept in explained.made):
        say(_not_looked_at(explained) if on < now else _to_come(explained))
    return DONE


def _kept(kept: Kept) -> dict[str, object]:
    decision, message = kept.decision, kept.message
    return {
        "on": decision.on,
        "decided_at": decision.decided_at,
        "held_back": decision.held,
        "why": decision.why,
        "look_again_on": decision.look_again_on,
        "message": message
        and {
            "id": message.id,
            "state": message.state.value,
            "sent_at": message.sent_at,
            "withdrawn_because": message.withdrawn_because,
            "last_error": message.last_error,
        },
    }


def _would(decided: Decided) -> dict[str, object]:
    return {"held_back": decided.held, "why": decided.because, "subject": decided.subject if decided.kind else None}


def _in_words(kept: Kept, settings: Settings) -> list[str]:
    decision, message = kept.decision, kept.message
    at = f"{in_words(decision.on)}, decided at {decision.decided_at.astimezone(settings.zone):%H:%M}"
    lines = [f"{at}: {f'no digest, {decision.held}' if decision.held else 'a digest'}."]
    if decision.why:
        lines.append(f"  {'Not said' if decision.held else 'Because of'}: {decision.why}.")
    if message:
        lines.append(f"  {_became_of(message, settings)}")
    if decision.look_again_on:
        lines.append(f"  Looked at again from {in_words(decision.look_again_on)}, or when something changes.")
    return lines


def _became_of(message: Message, settings: Settings) -> str:
    if message.sent_at:
        return f"Message {message.id} was sent on {message.sent_at.astimezone(settings.zone):%-d %B %Y at %H:%M}."
    why = message.withdrawn_because or message.last_error
    return f"Message {message.id} is {message.state.value}{f': {why}' if why else ''}."


def _not_looked_at(explained: Explained) -> str:
    on = in_words(explained.on)
    return f"On {on} they were not looked at: nothing had changed since, and nothing new had fallen due."


def _to_come(explained: Explained) -> str:
    decided = explained.would
    assert decided is not None, "on a working day to come"
    what = f"a {decided.kind}, “{decided.subject}”" if decided.kind else f"no digest, {decided.held}"
    return f"As things stand, {in_words(explained.on)}: {what}.{f' {decided.because}.' if decided.because else ''}"
