"""One e-mail of the daily plan a day for each practitioner, however often a day is planned and whatever still waits to
be sent: what else there is to say waits for another day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import is_one_of
from training_tracker.calendar import now
from training_tracker.mail.models import Message, MessageState
from training_tracker.records.models import Completion
from training_tracker.reminders.kinds import Kind
from training_tracker.reminders.models import Confirmation, Reminder, ReminderDecision
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """A digest or a welcome that is still in the outbox; ``claimed`` says that it is just being sent."""

    message_id: int
    kind: Kind
    claimed: bool


async def waiting_to_be_sent(session: AsyncSession) -> dict[int, Waiting]:
    """Whose digest or welcome, of whatever day, is still in the outbox: the newest of each person's."""
    kinds = or_(*(Message.key.startswith(f"{kind}:") for kind in (Kind.DIGEST, Kind.WELCOME)))
    found: dict[int, Waiting] = {}
    for row in await session.execute(
        select(Message.id, Message.key, Message.claimed_until)
        .where(Message.state == MessageState.WAITING, kinds)
        .order_by(Message.id)
    ):
        kind, person, _ = row.key.split(":")
        claimed = row.claimed_until is not None and row.claimed_until >= now()
        found[int(person)] = Waiting(row.id, Kind(kind), claimed)
    return found


async def take_over(session: AsyncSession, newer: Mapping[int, int], on: date) -> None:
    """Let newer digests say what older ones that waited were to say, which nobody has heard: it is sent with them, or
    is unsaid. ``newer`` names the message that takes the place of each."""
    if not newer:
        return
    # Not by the program's objects, which would look for each row by its own key.
    connection = await session.connection()
    await connection.execute(
        update(Reminder)
        .where(Reminder.message_id == bindparam("older"))
        .values(message_id=bindparam("newer"), planned_on=on),
        [{"older": older, "newer": message} for older, message in newer.items()],
    )


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
