"""What people say they have done and a manager has still to confirm, as their e-mails tell it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import LONDON, in_words
from training_tracker.catalogue.models import Item
from training_tracker.records.models import Completion
from training_tracker.reminders.due import PEOPLE, of_people
from training_tracker.standing.confirming import declared
from training_tracker.standing.explained import WAITS
from training_tracker.standing.known import asking
from training_tracker.standing.status import standings_asked


@dataclass(frozen=True, slots=True)
class SelfDeclared:
    """``recorded_on`` is the day on which they said so."""

    title: str
    recorded_on: date

    def waits(self, *, named: bool) -> str:
        """In the sentence of My training; ``named`` where the e-mail tells of several things."""
        return f"You recorded {f'“{self.title}”' if named else 'this'} on {in_words(self.recorded_on)}: {WAITS}."


# By post and version of a rule.
Declared = Mapping[tuple[int, int], Sequence[SelfDeclared]]
NOTHING_DECLARED: Declared = {}


async def self_declared_by(session: AsyncSession, people: Sequence[int], on: date) -> Declared:
    """The newest of each thing that waits, for these people, on a day from today on."""
    found: dict[tuple[int, int], dict[str, SelfDeclared]] = defaultdict(dict)
    for row in await session.execute(_waiting(), {PEOPLE.key: people, **asking(on, None)}):
        recorded_on = row.recorded_at.astimezone(LONDON).date()
        found[row.post_id, row.version_id].setdefault(row.title, SelfDeclared(row.title, recorded_on))
    return {about: list(titles.values()) for about, titles in found.items()}


@cache
def _waiting() -> Select[Any]:
    standing = standings_asked(True, None, of_people).subquery("standing_on")
    return (
        declared(standing)
        .with_only_columns(standing.c.post_id, standing.c.version_id, Item.title, Completion.recorded_at)
        .join(Item, Item.id == Completion.item_id)
        .order_by(Completion.completed_on.desc(), Completion.id.desc())
    )
