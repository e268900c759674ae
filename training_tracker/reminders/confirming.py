"""The confirmation of completions that somebody else recorded for a person, with how to say that one is wrong."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import insert_many, is_one_of
from training_tracker.calendar import LONDON, Days
from training_tracker.catalogue.models import Item
from training_tracker.database import insert_unless_known
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.outbox import Draft, Withdrawn, Written
from training_tracker.mail.undeliverable import reachable
from training_tracker.people.leave import at_work
from training_tracker.people.models import Practitioner
from training_tracker.records.models import Completion
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.letterhead import Letterhead, letterheads
from training_tracker.reminders.models import Confirmation

# What was done longer before it was recorded is history that is being loaded, and no news to anybody.
HISTORY = timedelta(days=92)
# What was recorded longer ago is not confirmed any more: the record shows it.
NEWS = timedelta(days=14)
NOTHING_LEFT = "what was recorded does not stand any more, or they are not at work"
# So many are told one by one.
MOST = 20


@dataclass(frozen=True, slots=True)
class Recorded:
    """A completion that somebody else recorded. ``source`` is where they had it from, as they said it."""

    id: int
    practitioner_id: int
    title: str
    days: Days
    source: str


async def not_confirmed(
    session: AsyncSession, people: Sequence[int], on: date, zone: ZoneInfo = LONDON
) -> dict[int, list[int]]:
    """The ids of completions that these people have not been told of, by person."""
    # What never arrived was not said.
    told = exists().where(
        Confirmation.completion_id == Completion.id,
        Message.id == Confirmation.message_id,
        Message.state != MessageState.FAILED,
    )
    since = datetime.combine(on - NEWS, time(), zone)
    found: dict[int, list[int]] = defaultdict(list)
    for row in await session.execute(
        select(Completion.id, Completion.practitioner_id, Completion.completed_on, Completion.recorded_at)
        .join(Practitioner, Practitioner.id == Completion.practitioner_id)
        .where(
            is_one_of(Completion.practitioner_id, people),
            Completion.recorded_at >= since,
            _by_another(),
            reachable(Practitioner.email),
            at_work(Practitioner.id, on),
            ~told,
        )
        .order_by(Completion.id)
    ):
        if row.completed_on > row.recorded_at.astimezone(zone).date() - HISTORY:
            found[row.practitioner_id].append(row.id)
    return found


async def keep_confirmations(
    session: AsyncSession, completions: Mapping[int, Sequence[int]], messages: Mapping[int, int]
) -> None:
    """Remember which completions were told of, by person, and in which message."""
    rows = [
        {"completion_id": completion, "message_id": messages[person]}
        for person, several in completions.items()
        for completion in several
    ]
    statement = insert_unless_known(session, Confirmation)
    again = {"message_id": statement.excluded.message_id}
    await insert_many(session, statement.on_conflict_do_update(index_elements=["completion_id"], set_=again), rows)


async def write_confirmations(
    session: AsyncSession, messages: Mapping[int, list[Message]], on: date, base_url: str
) -> Written:
    """What the confirmations say on the day on which they are sent: what stands of what they were planned for."""
    told: dict[int, list[Recorded]] = defaultdict(list)
    for message_id, row, title in await session.execute(
        select(Confirmation.message_id, Completion, Item.title)
        .join(Completion, Completion.id == Confirmation.completion_id)
        .join(Item, Item.id == Completion.item_id)
        .where(
            Confirmation.message_id.in_([message.id for several in messages.values() for message in several]),
            Completion.voided_at.is_(None),
        )
        .order_by(Completion.completed_on.desc(), Item.title)
    ):
        told[message_id].append(_recorded(row, title))
    heads = await letterheads(session, list(messages), on, base_url)
    written: Written = {}
    for recipient in await session.execute(
        select(
            Practitioner.id, Practitioner.name, Practitioner.email, at_work(Practitioner.id, on).label("there")
        ).where(Practitioner.id.in_(messages))
    ):
        for message in messages[recipient.id]:
            written[message.id] = (
                confirmation(heads.of(recipient.id), message.key, recipient.email, recipient.name, told[message.id])
                if told[message.id] and recipient.email and recipient.there
                else Withdrawn(NOTHING_LEFT)
            )
    return written


async def newest_recorded(session: AsyncSession, practitioner_id: int) -> list[Recorded]:
    """What somebody else recorded for a person last, at most three of it."""
    rows = await session.execute(
        select(Completion, Item.title)
        .join(Item, Item.id == Completion.item_id)
        .join(Practitioner, Practitioner.id == Completion.practitioner_id)
        .where(Completion.practitioner_id == practitioner_id, _by_another())
        .order_by(Completion.recorded_at.desc(), Completion.id.desc())
        .limit(3)
    )
    return [_recorded(row, title) for row, title in rows]


def _recorded(row: Completion, title: str) -> Recorded:
    return Recorded(row.id, row.practitioner_id, title, Days(row.completed_on, row.completed_by), row.source)


def subject_of(many: int) -> str:
    return "Recorded for you: 1 completion" if many == 1 else f"Recorded for you: {many} completions"


def confirmation(letterhead: Letterhead, key: str, to: str, name: str, recorded: Sequence[Recorded]) -> Draft:
    return letterhead.write(
        Kind.CONFIRMATION,
        key,
        to,
        subject_of(len(recorded)),
        name=name,
        recorded=recorded[:MOST],
        more=max(0, len(recorded) - MOST),
    )


def _by_another() -> ColumnElement[bool]:
    """Standing, of somebody who can be written to, and recorded by another."""
    return (
        Completion.voided_at.is_(None)
        & Practitioner.email.is_not(None)
        & (func.lower(Completion.recorded_by) != Practitioner.email)
    )
