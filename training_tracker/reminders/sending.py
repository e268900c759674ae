"""What a message says at the moment it is sent: the facts of that moment, or nothing where they are others now."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Insert, delete, func, insert, select, tuple_, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import today
from training_tracker.database import insert_unless_known
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Author, Draft, Withdrawn, Write, Written
from training_tracker.mail.undeliverable import unblock
from training_tracker.people.models import Practitioner
from training_tracker.records.models import Completion
from training_tracker.reminders.asked import asked_by_version
from training_tracker.reminders.campaigns import write_campaigns
from training_tracker.reminders.confirming import write_confirmations
from training_tracker.reminders.deciding import Held, held_back
from training_tracker.reminders.deputies import write_deputies
from training_tracker.reminders.due import Due, what_is_due
from training_tracker.reminders.escalating import write_escalations
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.lead_summaries import look_at_lead_summaries
from training_tracker.reminders.letter import digest, things_to_do
from training_tracker.reminders.letterhead import letterheads
from training_tracker.reminders.models import TOLD_AGAIN, Confirmation, Escalation, Nudge, Reminder, Welcome
from training_tracker.reminders.nudging import write_nudges
from training_tracker.reminders.readers import keep_what_failed
from training_tracker.reminders.self_declared import self_declared_by
from training_tracker.reminders.summaries import write_summaries
from training_tracker.reminders.welcome import write_welcomes
from training_tracker.settings import Settings
from training_tracker.standing.models import StandingNews

NEWER = "a newer digest takes its place"
DONE = "what it was about is done, or no longer asked"
MOVED = "what it was about falls due on another day now"


# Which post, which expectation, due on which day.
Step = tuple[int, int, date]


def author(settings: Settings) -> Author:
    return Author(writing(settings), forget, look_again)


def writing(settings: Settings) -> Write:
    """Writes each message as the facts are on the day of sending; summaries keep figures that are true of their day."""

    async def write(session: AsyncSession, messages: Sequence[Message]) -> Written:
        day = today(settings.zone)
        kinds: dict[str, dict[int, list[Message]]] = defaultdict(lambda: defaultdict(list))
        for message in messages:
            kind, _, occasion = message.key.partition(":")
            if kind in _WRITERS:
                kinds[kind][int(occasion.partition(":")[0])].append(message)
        written: Written = {}
        for kind, write_some in _WRITERS.items():
            if kind in kinds:
                written |= await write_some(session, kinds[kind], day, settings.base_url)
        return written

    return write


async def _digests(session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str) -> Written:
    numbers = {message.id for several in messages.values() for message in several}
    said = await _said_by(session, list(numbers))
    newest = await _newest(session, list(messages))
    asked = await asked_by_version(session)
    heads = await letterheads(session, list(messages), on, base_url)
    declared = await self_declared_by(session, list(messages), on)
    written: Written = {}
    steps: list[dict[str, Any]] = []
    for person in await what_is_due(session, list(messages), on, today=on, unsent=numbers):
        for message in messages[person.practitioner_id]:
            if message.id < newest.get(person.practitioner_id, 0):
                written[message.id] = Withdrawn(NEWER)
                continue
            # What this message was planned to say is why it is sent, and counts as not said yet.
            others = [_about(due) not in said[message.id] for due in person.due]
            dues = [replace(due, said=other) for due, other in zip(person.due, others, strict=True)]
            held = held_back(replace(person, due=dues), on)
            if held:
                written[message.id] = Withdrawn(_reason(held, said[message.id], dues))
            else:
                # What has come since comes first with it.
                new = [replace(due, said=due.said and other) for due, other in zip(person.due, others, strict=True)]
                lines = things_to_do(new, asked, declared)
                written[message.id] = digest(
                    heads.of(person.practitioner_id), message.key, person.email or "", person.name, lines
                )
                steps += [_step(person.practitioner_id, message.id, due, on, again=due.said) for due in new if due.open]
    await _remember(session, steps, on)
    return written


async def _welcomes(session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str) -> Written:
    written = await write_welcomes(session, messages, on, base_url)
    sent = [number for number, what in written.items() if isinstance(what, Draft)]
    rows = await session.execute(
        update(Welcome)
        .where(Welcome.message_id.in_(sent))
        .values(planned_on=on)
        .returning(Welcome.post_id, Welcome.message_id)
        .execution_options(synchronize_session=False)
    )
    welcomed = {row.post_id: row.message_id for row in rows}
    said = await _said_by(session, sent)
    steps = [
        _step(
            person.practitioner_id,
            number := welcomed[due.post_id],
            due,
            on,
            again=due.said and _about(due) not in said[number],
        )
        for person in await what_is_due(session, list(messages), on, today=on)
        for due in person.due
        if due.open and due.post_id in welcomed
    ]
    await _remember(session, steps, on)
    return written


def _reason(held: Held, said: set[Step], dues: Sequence[Due]) -> str:
    if held not in {Held.NOTHING_DUE, Held.NOTHING_NEW}:
        return held
    open_now = {(due.post_id, due.expectation_id) for due in dues if due.open}
    return MOVED if any((post, expectation) in open_now for post, expectation, _ in said) else DONE


async def _newest(session: AsyncSession, people: Sequence[int]) -> dict[int, int]:
    """The newest digest of each of these people that says something and did not fail."""
    rows = await session.execute(
        select(Reminder.practitioner_id, func.max(Reminder.message_id).label("message_id"))
        .join(Message, Message.id == Reminder.message_id)
        .where(
            Reminder.practitioner_id.in_(people),
            Message.key.startswith(f"{Kind.DIGEST}:"),
            Message.state != MessageState.FAILED,
        )
        .group_by(Reminder.practitioner_id)
    )
    return {row.practitioner_id: row.message_id for row in rows}


def _about(due: Due) -> Step:
    return due.post_id, due.expectation_id, due.due_on


def _step(practitioner_id: int, message: int, due: Due, on: date, *, again: bool) -> dict[str, Any]:
    return {
        "post_id": due.post_id,
        "expectation_id": due.expectation_id,
        "due_on": due.due_on,
        "step": TOLD_AGAIN if again else due.step.name,
        "practitioner_id": practitioner_id,
        "message_id": message,
        "planned_on": on,
    }


async def _remember(session: AsyncSession, steps: Sequence[Mapping[str, Any]], on: date) -> None:
    """What a digest or a welcome says, it says on the day on which it is written, of everything that is open then, and
    of nothing else that it was planned to say: what was done by then may be open again."""
    if not steps:
        return
    messages = {step["message_id"] for step in steps}
    key = (Reminder.message_id, Reminder.post_id, Reminder.expectation_id, Reminder.due_on)
    told = [tuple(step[column.key] for column in key) for step in steps]
    await session.execute(
        delete(Reminder)
        .where(Reminder.message_id.in_(messages), tuple_(*key).not_in(told))
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(Reminder)
        .where(Reminder.message_id.in_(messages), Reminder.planned_on < on)
        .values(planned_on=on)
        .execution_options(synchronize_session=False)
    )
    statement = insert_unless_known(session, Reminder)
    anew = ("practitioner_id", "message_id", "planned_on")
    newest = statement.on_conflict_do_update(
        index_elements=[column.name for column in Reminder.__table__.primary_key],
        set_={name: statement.excluded[name] for name in anew},
        where=Reminder.step == TOLD_AGAIN,
    )
    await session.execute(newest, list(steps))


async def _said_by(session: AsyncSession, messages: Sequence[int]) -> dict[int, set[Step]]:
    said: dict[int, set[Step]] = defaultdict(set)
    rows = await session.execute(
        select(Reminder.message_id, Reminder.post_id, Reminder.expectation_id, Reminder.due_on).where(
            Reminder.message_id.in_(messages), Reminder.step != TOLD_AGAIN
        )
    )
    for message, post_id, expectation_id, due_on in rows:
        said[message].add((post_id, expectation_id, due_on))
    return said


async def forget(session: AsyncSession, unsent: Mapping[int, str]) -> None:
    """What is not sent was not said, so those it was for are looked at again at the next run."""
    # What is open of an older digest stands in the newer one, so that is said.
    messages = [message for message, because in unsent.items() if because != NEWER]
    if not messages:
        return
    await session.execute(_news_of(messages))
    for said in (Reminder, Welcome, Confirmation, Escalation, Nudge):
        await session.execute(
            delete(said).where(said.message_id.in_(messages)).execution_options(synchronize_session=False)
        )


async def look_again(session: AsyncSession, messages: Sequence[int]) -> None:
    """What never arrived was not said, so those it was for are looked at again at the next run."""
    await session.execute(_news_of(messages))
    # The manager has not heard of them, and hears with the next week's; whoever was not nudged may be at once.
    for said in (Escalation, Nudge):
        await session.execute(
            delete(said).where(said.message_id.in_(messages)).execution_options(synchronize_session=False)
        )


def _news_of(messages: Sequence[int]) -> Insert:
    people = union(
        select(Reminder.practitioner_id).where(Reminder.message_id.in_(messages)),
        select(Welcome.practitioner_id).where(Welcome.message_id.in_(messages)),
        select(Completion.practitioner_id)
        .join(Confirmation, Confirmation.completion_id == Completion.id)
        .where(Confirmation.message_id.in_(messages)),
    )
    return insert(StandingNews).from_select(["practitioner_id"], people)


async def write_again_to(session: AsyncSession, address: str) -> bool:
    """Write to an address again that did not work, from the next run of reminders on; says whether it was one."""
    unblocked = await unblock(session, [address])
    people = select(Practitioner.id).where(Practitioner.email.in_(unblocked))
    await session.execute(insert(StandingNews).from_select(["practitioner_id"], people))
    await keep_what_failed(session, unblocked)
    return bool(unblocked)


_WRITERS = {
    Kind.DIGEST: _digests,
    Kind.WELCOME: _welcomes,
    Kind.CONFIRMATION: write_confirmations,
    Kind.SUMMARY: write_summaries,
    Kind.ESCALATION: write_escalations,
    Kind.AGENCY_SUMMARY: look_at_lead_summaries,
    Kind.PARTNERSHIP_SUMMARY: look_at_lead_summaries,
    Kind.CAMPAIGN: write_campaigns,
    Kind.NUDGE: write_nudges,
    Kind.DEPUTY: write_deputies,
}
