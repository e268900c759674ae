"""One e-mail of the daily plan a day for each practitioner, however often a day is planned and whatever still waits to
be sent: what else there is to say waits for another day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import is_one_of
from training_tracker.calendar import now
from training_tracker.mail.models import Message, MessageState
from training_tracker.records.models import Completion
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.models import Confirmation, ReminderDecision
from training_tracker.standing.models import StandingNews

WITH_NEWER = "told together with what was recorded since"


async def take_back_confirmations(session: AsyncSession) -> dict[int, int]:
    """Withdraw the confirmations that still wait to be sent, so that they are decided on again with what is newer.

    Returns those that were tried in vain, by person: where one is due again it is the same message, so that what a mail
    server puts off from day to day fails after as many days as anything else.
    """
    unclaimed = or_(Message.claimed_until.is_(None), Message.claimed_until < now())
    withdrawn = await session.execute(
        update(Message)
        .where(Message.state == MessageState.WAITING, Message.key.startswith(f"{Kind.CONFIRMATION}:"), unclaimed)
        .values(state=MessageState.WITHDRAWN, withdrawn_because=WITH_NEWER, claimed_until=None)
        .returning(Message.id, Message.key, Message.attempts)
        .execution_options(synchronize_session=False)
    )
    taken = withdrawn.all()
    told = is_one_of(Confirmation.message_id, [row.id for row in taken])
    people = select(Completion.practitioner_id).join(Confirmation, Confirmation.completion_id == Completion.id)
    await session.execute(insert(StandingNews).from_select(["practitioner_id"], people.where(told).distinct()))
    await session.execute(delete(Confirmation).where(told).execution_options(synchronize_session=False))
    return {int(row.key.split(":")[1]): row.id for row in taken if row.attempts}


async def try_on(session: AsyncSession, messages: Sequence[int]) -> None:
    """Let messages that were taken back wait again, with the attempts that they have had."""
    await session.execute(
        update(Message)
        .where(is_one_of(Message.id, messages))
        .values(state=MessageState.WAITING, withdrawn_because=None)
        .execution_options(synchronize_session=False)
    )


async def waiting_to_be_sent(session: AsyncSession) -> dict[int, Kind]:
    """Whose digest or welcome, of whatever day, is still in the outbox."""
    kinds = or_(*(Message.key.startswith(f"{kind}:") for kind in (Kind.DIGEST, Kind.WELCOME)))
    keys = select(Message.key).where(Message.state == MessageState.WAITING, kinds)
    parts = [key.split(":") for key in await session.scalars(keys)]
    return {int(person): Kind(kind) for kind, person, _ in parts}


async def written_to_on(session: AsyncSession, people: Sequence[int], on: date) -> set[int]:
    """Which of these people have an e-mail of a day already."""
    decided = (
        select(ReminderDecision.practitioner_id)
        .join(Message, Message.id == ReminderDecision.message_id)
        .where(
            is_one_of(ReminderDecision.practitioner_id, people),
            ReminderDecision.on == on,
            # What failed, or was taken back, may say it again.
            Message.state.in_((MessageState.WAITING, MessageState.SENT)),
        )
    )
    return set(await session.scalars(decided))
