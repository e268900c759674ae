"""Summaries that were not sent because their reader's address did not work: when it works again, or they have another,
they are sent in the same month."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import is_one_of
from training_tracker.calendar import now
from training_tracker.mail.claiming import TO_NOWHERE
from training_tracker.mail.models import Message, MessageState
from training_tracker.mail.undeliverable import reachable
from training_tracker.people.models import Practitioner
from training_tracker.reminders.kinds import Kind

MONTHLY = (Kind.SUMMARY, Kind.AGENCY_SUMMARY, Kind.PARTNERSHIP_SUMMARY)


async def summaries_again(session: AsyncSession, month: date, kinds: Collection[Kind] = MONTHLY) -> int:
    """Let the summaries of a month wait again whose readers can be reached now; says how many.

    Their figures are those of the day that they name. Whom they tell of what is looked at when they are sent.
    """
    begins = datetime.combine(month.replace(day=1), time(), UTC) - timedelta(days=1)  # whichever zone the month is of
    withdrawn = await session.execute(
        select(Message.id, Message.key).where(
            Message.state == MessageState.WITHDRAWN,
            Message.not_before >= begins,
            Message.withdrawn_because == TO_NOWHERE,
            or_(*(Message.key.startswith(f"{kind}:") for kind in kinds)),
        )
    )
    readers: dict[int, list[int]] = {}
    for number, key in withdrawn:
        _kind, reader, of = key.split(":")[:3]
        if of == f"{month:%Y-%m}":
            readers.setdefault(int(reader), []).append(number)
    if not readers:
        return 0
    there = await session.scalars(
        select(Practitioner.id).where(is_one_of(Practitioner.id, list(readers)), reachable(Practitioner.email))
    )
    messages = [number for reader in there for number in readers[reader]]
    if messages:
        await session.execute(
            update(Message)
            .where(is_one_of(Message.id, messages))
            .values(state=MessageState.WAITING, withdrawn_because=None, attempts=0, not_before=now())
            .execution_options(synchronize_session=False)
        )
    return len(messages)
