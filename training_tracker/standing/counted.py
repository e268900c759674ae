"""What the engine counts for one person, completion by completion, and how far it is needed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import FromClause, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.catalogue.models import Item
from training_tracker.database import Day
from training_tracker.expectations.models import ExpectationVersion, Measure
from training_tracker.records.disputes import is_disputed
from training_tracker.records.models import Completion, Dispute
from training_tracker.standing.known import ASKED_DAY, KnownAt, asking, moment_asked
from training_tracker.standing.totals import ROUNDING, Totals

# A standing's key: its post, its version, and the first day of its term.
Key = tuple[int, int, date]


@dataclass(frozen=True, slots=True)
class Counted:
    """One completion as one expected item: a line of what the engine adds up."""

    expected_id: int
    completion: Completion
    item: Item
    hours: float
    participatory: bool


@dataclass(frozen=True, slots=True)
class Completed:
    """All that a person has completed, newest first, and what of it counts towards each standing; ``disputed`` since
    when they say of some that it is not right."""

    completions: list[tuple[Completion, Item]]
    counted: Mapping[Key, list[Counted]]
    disputed: Mapping[int, datetime]


async def completed_by(
    session: AsyncSession, practitioner_id: int, on: date, *, today: date, known_at: datetime | None
) -> Completed:
    now = on >= today and known_at is None
    statement = _completed(None if now else ASKED_DAY, moment_asked(known_at))
    completions: dict[int, tuple[Completion, Item]] = {}
    counted: dict[Key, list[Counted]] = defaultdict(list)
    disputed: dict[int, datetime] = {}
    for row in await session.execute(statement, {"practitioner_id": practitioner_id, **asking(on, known_at)}):
        completion, item = completions.setdefault(row.Completion.id, (row.Completion, row.Item))
        if row.said_at is not None:
            disputed[completion.id] = row.said_at
        if row.expected_id is not None:
            part = Counted(row.expected_id, completion, item, row.counted_hours, row.participatory)
            counted[row.post_id, row.version_id, row.in_force_from].append(part)
    return Completed(list(completions.values()), counted, disputed)


@cache
def _completed(on: Day | None, known_at: KnownAt) -> Select[Any]:
    """A row for each completion and standing that it counts towards, and one for each that counts towards none."""

    def own(table: FromClause) -> ColumnElement[bool]:
        return table.c.practitioner_id == bindparam("practitioner_id")

    totals = Totals(on, known_at, own, own)
    counting, term = totals.counting, totals.term
    counts = (
        select(
            *(term.c.post_id, term.c.version_id, term.c.in_force_from),
            *(counting.c.completion_id, counting.c.expected_id, counting.c.participatory),
            counting.c.hours.label("counted_hours"),
        )
        .join(term, term.c.term_id == counting.c.term_id)
        .where(term.c.entered_id == 0)
        .subquery("counts")
    )
    return (
        select(Completion, Item, Dispute.said_at, *(column for column in counts.c if column.key != "completion_id"))
        .join(Item, Item.id == Completion.item_id)
        .outerjoin(Dispute, is_disputed(Completion, known_at))
        .outerjoin(counts, counts.c.completion_id == Completion.id)
        .where(Completion.practitioner_id == bindparam("practitioner_id"))
        .order_by(Completion.completed_on.desc(), Completion.id.desc())
    )


def added_up(version: ExpectationVersion, counted: list[Counted]) -> tuple[list[Counted], bool]:
    """What the engine adds up, newest first, as far as the amount needs it; and whether it is reached.

    Items: the newest completion of each expected item. Hours: each completion once, as any of its expected items;
    once there are enough, only the participatory ones that are still missing.
    """
    newest_first = sorted(counted, key=_newest_and_as_itself, reverse=True)
    by_items = version.measure is Measure.ITEMS
    parts: list[Counted] = []
    seen: set[int] = set()
    total = together = 0.0
    for part in newest_first:
        key = part.expected_id if by_items else part.completion.id
        enough = total >= version.amount - ROUNDING
        enough_together = together >= version.participatory_amount - ROUNDING or not part.participatory
        if (enough and enough_together) or key in seen or (part.hours == 0 and not by_items):
            continue
        seen.add(key)
        parts.append(part)
        total += 1 if by_items else part.hours
        together += part.hours if part.participatory else 0
    reached = total >= version.amount - ROUNDING and together >= version.participatory_amount - ROUNDING
    return parts, reached


def _newest_and_as_itself(part: Counted) -> tuple[date, int, bool]:
    return part.completion.completed_on, part.completion.id, part.expected_id == part.item.id
