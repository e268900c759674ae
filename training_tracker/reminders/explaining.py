"""Why somebody was written to on a day, or was not: what was decided then, or would be decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, is_working_day
from training_tracker.mail.models import Message
from training_tracker.reminders.asked import asked_by_version
from training_tracker.reminders.digests import Decided, decide
from training_tracker.reminders.models import ReminderDecision


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision that was made, with the e-mail that came of it."""

    decision: ReminderDecision
    message: Message | None


@dataclass(frozen=True, slots=True)
class Explained:
    """``made`` are the decisions of the day or, where there is none, the newest before it; ``would`` is what a run on
    the day would decide, asked of today and later. ``nothing_because`` says why on such a day nobody is written to."""

    on: date
    made: Sequence[Kept]
    would: Decided | None
    nothing_because: str


async def explain_reminders(session: AsyncSession, practitioner_id: int, on: date, *, today: date) -> Explained:
    theirs = ReminderDecision.practitioner_id == practitioner_id
    newest = select(func.max(ReminderDecision.on)).where(theirs, ReminderDecision.on <= on).scalar_subquery()
    made = await session.execute(
        select(ReminderDecision, Message)
        .outerjoin(Message, Message.id == ReminderDecision.message_id)
        .where(theirs, ReminderDecision.on == newest)
        .order_by(ReminderDecision.id)
    )
    would = None
    if on >= today and is_working_day(on):
        (would,) = await decide(session, [practitioner_id], await asked_by_version(session), on, today=today)
    because = "" if is_working_day(on) else f"{on:%A} {in_words(on)} is not a working day"
    return Explained(on, [Kept(decision, message) for decision, message in made], would, because)
