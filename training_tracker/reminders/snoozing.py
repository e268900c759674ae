"""A manager leaves somebody out of their own e-mails for a while: it is in hand, and no figure changes by it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.errors import Refused
from training_tracker.reminders.models import Snooze

LONGEST = timedelta(days=92)


async def snooze(session: AsyncSession, manager_id: int, practitioner_id: int, until: date, *, today: date) -> None:
    """Leave somebody out of a manager's e-mails until a day, that day included.

    Raises :class:`Refused` for a day that has come, or is too far off to be kept an eye on.
    """
    if until <= today:
        raise Refused(f"{in_words(until)} has come already", "Give a day to come.", "until")
    if until > today + LONGEST:
        raise Refused(
            f"{in_words(until)} is too far off",
            f"Give a day until {in_words(today + LONGEST)}, then look again.",
            "until",
        )
    kept = await session.get(Snooze, (manager_id, practitioner_id))
    if kept is None:
        session.add(Snooze(manager_id=manager_id, practitioner_id=practitioner_id, until=until))
    else:
        kept.until = until


async def wake(session: AsyncSession, manager_id: int, practitioner_id: int) -> None:
    """Let a manager read of somebody again."""
    kept = await session.get(Snooze, (manager_id, practitioner_id))
    if kept is not None:
        await session.delete(kept)


async def snoozed_until(session: AsyncSession, manager_id: int, practitioner_id: int, on: date) -> date | None:
    kept = await session.get(Snooze, (manager_id, practitioner_id))
    return kept.until if kept and kept.until >= on else None


async def snoozed_by(session: AsyncSession, managers: Sequence[int], on: date) -> dict[int, set[int]]:
    """Whom each of these managers does not want to read of on a day."""
    found: dict[int, set[int]] = defaultdict(set)
    for row in await session.scalars(select(Snooze).where(Snooze.manager_id.in_(managers), Snooze.until >= on)):
        found[row.manager_id].add(row.practitioner_id)
    return found
