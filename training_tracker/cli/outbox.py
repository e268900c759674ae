"""outbox list | deliver | retry | undeliverable | unblock: the e-mails that are planned, sent or given up."""

from collections.abc import AsyncIterator
from dataclasses import asdict

import rich_click as click

from training_tracker.calendar import in_words
from training_tracker.cli.options import as_json
from training_tracker.cli.printing import print_json, print_table, say, waiting
from training_tracker.cli.running import DONE, DONE_IN_PART, on_the_database
from training_tracker.database import Database
from training_tracker.errors import NotFound
from training_tracker.mail.connecting import smtp_login
from training_tracker.mail.delivery import deliver as deliver_waiting
from training_tracker.mail.logins import try_at_once
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import listed
from training_tracker.mail.outbox import retry as try_again
from training_tracker.mail.undeliverable import listed_undeliverable
from training_tracker.reminders.sending import author, write_again_to
from training_tracker.settings import Settings

PAGE = 1_000
HIGHEST_ID = 2**63 - 1


@click.group()
def outbox() -> None:
    """The e-mails: waiting, sent, withdrawn because they were not true any more, or failed and in need of somebody."""


@outbox.command("list")
@click.option("--state", type=click.Choice([state.value for state in MessageState]), help="Only those in this state.")
@as_json
@on_the_database
async def list_(database: Database, _settings: Settings, /, state: str | None, as_json: bool) -> int:
    """The messages, oldest first."""
    wanted = MessageState(state) if state else None
    messages = [message async for message in _all(database, wanted)]
    if as_json:
        print_json([_row(message) for message in messages])
    elif messages:
        print_table(
            ["id", "to", "subject", "state", "attempts", "why"],
            [
                (message.id, message.to, message.subject, message.state.value, message.attempts, _why(message))
                for message in messages
            ],
        )
    else:
        say(f"No message is {state}." if state else "The outbox is empty.")
    return DONE


async def _all(database: Database, state: MessageState | None) -> AsyncIterator[Message]:
    after = 0
    async with database.reading() as session:
        while page := await listed(session, state=state, after=after, limit=PAGE):
            for message in page:
                yield message
            after = page[-1].id


def _row(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "key": message.key,
        "to": message.to,
        "subject": message.subject,
        "state": message.state.value,
        "attempts": message.attempts,
        "planned_at": message.planned_at,
        "not_before": message.not_before,
        "sent_at": message.sent_at,
        "last_error": message.last_error,
        "withdrawn_because": message.withdrawn_because,
    }


def _why(message: Message) -> str | None:
    return message.withdrawn_because or message.last_error


@outbox.command()
@as_json
@on_the_database
async def deliver(database: Database, settings: Settings, /, as_json: bool) -> int:
    """Send what is waiting, at once, whatever the hour.

    The scheduler does this by itself every half a minute, within the hours in which people are written to.
    """
    await try_at_once(database, smtp_login(settings))
    with waiting("sending"):
        delivered = await deliver_waiting(database, settings, author(settings))
    if as_json:
        print_json(asdict(delivered))
    else:
        say(
            f"{delivered.sent} sent, {delivered.withdrawn} withdrawn, {delivered.postponed} to be tried again later,"
            f" {delivered.failed} failed."
        )
        if delivered.failed:
            say("See which, and why: training-tracker outbox list --state failed")
        if delivered.stopped:
            click.echo(f"Stopped: {delivered.stopped}", err=True)
    return DONE_IN_PART if delivered.failed or delivered.stopped else DONE


@outbox.command()
@click.argument("message", type=click.IntRange(1, HIGHEST_ID), metavar="ID")
@on_the_database
async def retry(database: Database, _settings: Settings, /, message: int) -> int:
    """Put a message that was given up back among the waiting."""
    async with database.writing() as session:
        await try_again(session, message)
    say(f"Message {message} waits to be sent.")
    return DONE


@outbox.command()
@as_json
@on_the_database
async def undeliverable(database: Database, settings: Settings, /, as_json: bool) -> int:
    """The addresses to which nothing is sent, because mail servers refused them for good more than once."""
    async with database.reading() as session:
        found = await listed_undeliverable(session)
    if as_json:
        print_json([{"address": one.address, "since": one.since} for one in found])
    elif found:
        rows = [(one.address, in_words(one.since.astimezone(settings.zone).date())) for one in found]
        print_table(["address", "since"], rows)
    else:
        say("Every address works, as far as we know.")
    return DONE


@outbox.command()
@click.argument("address")
@on_the_database
async def unblock(database: Database, _settings: Settings, /, address: str) -> int:
    """Send to an address again that did not work.

    An address that an import replaces is unblocked by itself.
    """
    async with database.writing() as session:
        if not await write_again_to(session, address):
            raise NotFound(f"address {address} among those that do not work: training-tracker outbox undeliverable")
    say(f"{address} is written to again. What is open, or was kept back, is looked at in the next run of reminders.")
    return DONE
