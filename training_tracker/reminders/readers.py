"""Summaries that were not sent because their reader's address did not work: when it works again, or they have another,
they are sent in the same month."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Row, and_, or_, select, update
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
    """Let the summaries of a month wait again whose readers can be reached now: those that were kept back, and those
    that failed at an address which is not theirs any more. Says how many.

    Their figures are those of the day that they name. Whom they tell of what is looked at when they are sent.
    """
    begins = datetime.combine(month.replace(day=1), time(), UTC) - timedelta(days=1)  # whichever zone the month is of
    kept_back = and_(Message.state == MessageState.WITHDRAWN, Message.withdrawn_because == TO_NOWHERE)
    unsent = await session.execute(
        select(Message.id, Message.key, Message.to, Message.state).where(
            or_(kept_back, Message.state == MessageState.FAILED), Message.not_before >= begins, _of(kinds)
        )
    )
    theirs: dict[int, list[Row[int, str, str, MessageState]]] = defaultdict(list)
    for row in unsent:
        _kind, reader, of = row.key.split(":")[:3]
        if of == f"{month:%Y-%m}":
            theirs[int(reader)].append(row)
    if not theirs:
        return 0
    readers = await session.execute(
        select(Practitioner.id, Practitioner.email).where(
            is_one_of(Practitioner.id, list(theirs)), reachable(Practitioner.email)
        )
    )
    again = [
        row.id
        for reader, email in readers
        for row in theirs[reader]
        if row.state is MessageState.WITHDRAWN or row.to != email
    ]
    if again:
        await session.execute(
            update(Message)
            .where(is_one_of(Message.id, again))
            .values(state=MessageState.WAITING, withdrawn_because=None, attempts=0, not_before=now())
            .execution_options(synchronize_session=False)
        )
    return len(again)


async def keep_what_failed(session: AsyncSession, addresses: Collection[str]) -> None:
    """Summaries that failed at these addresses, which work again, count as kept back for them."""
    await session.execute(
        update(Message)
        .where(Message.state == MessageState.FAILED, Message.to.in_(addresses), _of(MONTHLY))
        .values(state=MessageState.WITHDRAWN, withdrawn_because=TO_NOWHERE)
        .execution_options(synchronize_session=False)
    )


def _of(kinds: Collection[Kind]) -> ColumnElement[bool]:
    return or_(*(Message.key.startswith(f"{kind}:") for kind in kinds))
