"""A partnership's strategy as its lead decides it: its priorities, and which courses and resources serve each.

What serves what is written here alone, for a priority's page and for an item's.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.catalogue.models import Item, ItemPriority, Mark, Priority
from training_tracker.database import wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import tidy

LARGEST_NUMBER = 1000
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Decided:
    """What is decided about a priority. ``recommendations`` are numbers of the audit's, ``items`` the ids of items."""

    title: str
    recommendations: tuple[int, ...]
    items: frozenset[int]


async def priority_of(session: AsyncSession, partnerships: Collection[int], priority_id: int) -> Priority:
    """Raises :class:`NotFound` for a priority that is not one of these partnerships'."""
    found = await session.scalar(
        select(Priority).where(Priority.id == priority_id, Priority.partnership_id.in_(partnerships))
    )
    if found is None:
        raise NotFound(f"priority {priority_id}")
    return found


async def add_priority(session: AsyncSession, partnership_id: int, number: int, decided: Decided) -> Priority:
    """Raises :class:`Refused` for a number that another priority has, or had and was taken away with."""
    if not 1 <= number <= LARGEST_NUMBER:
        raise Refused("The number cannot be used", f"Give one between 1 and {LARGEST_NUMBER:,}.", "number")
    # Else two who add at once would both find the number free.
    await wait_for_turn(session, "strategy")
    same = select(Priority).where(Priority.partnership_id == partnership_id, Priority.number == number)
    if (other := await session.scalar(same)) is not None:
        if other.withdrawn_at is not None:
            mend = "Put that one back, and change it, or choose another number."
            raise Refused(f"Priority {number}, “{other.title}”, was taken away", mend, "number")
        raise Refused(f"Priority {number} is “{other.title}”", "Choose another number, or change that one.", "number")
    priority = Priority(
        partnership_id=partnership_id,
        number=number,
        title="",
        recommendations=[],
        mark=Mark.SOURCED,
        kept_on_pages=True,
    )
    await _decide(session, priority, decided)
    return priority


async def change_priority(session: AsyncSession, priority: Priority, decided: Decided) -> None:
    await _decide(session, priority, decided)


async def take_away(_session: AsyncSession, priority: Priority) -> None:
    """It stands in no list and no figure any more; what served it is kept, should it be put back."""
    if priority.withdrawn_at is None:
        priority.withdrawn_at, priority.kept_on_pages = now(), True


async def put_back(_session: AsyncSession, priority: Priority) -> None:
    priority.withdrawn_at = None


async def taken_away(session: AsyncSession, partnership_id: int) -> list[Priority]:
    """The priorities that can be put back, by number."""
    found = select(Priority).where(Priority.partnership_id == partnership_id, Priority.withdrawn_at.is_not(None))
    return list(await session.scalars(found.order_by(Priority.number)))


async def items_serving(session: AsyncSession, priority_id: int) -> frozenset[int]:
    """The ids of the items that serve a priority."""
    return frozenset(await session.scalars(select(ItemPriority.item_id).where(ItemPriority.priority_id == priority_id)))


async def set_priorities(
    session: AsyncSession, item_id: int, wanted: Collection[int], *, among: Collection[int]
) -> bool:
    """Say which priorities an item serves, of those that are ``among`` what may be said; whether that changed anything.

    What it serves of another partnership's stays as it is.
    """
    ours = (ItemPriority.item_id == item_id) & ItemPriority.priority_id.in_(among)
    return await _serve(session, ours, {(item_id, priority_id) for priority_id in set(wanted) & set(among)})


async def _decide(session: AsyncSession, priority: Priority, decided: Decided) -> None:
    title = tidy(decided.title)
    if not 1 <= len(title) <= LONGEST_TITLE:
        mend = f"Say in 1 to {LONGEST_TITLE} characters what it is about."
        raise Refused("The priority has no title" if not title else "The title is too long", mend, "title")
    known = set(await session.scalars(select(Item.id).where(Item.id.in_(decided.items))))
    priority.title, priority.recommendations = title, sorted(set(decided.recommendations))
    priority.kept_on_pages = True
    session.add(priority)
    await session.flush()
    await _serve(session, ItemPriority.priority_id == priority.id, {(item, priority.id) for item in known})


async def _serve(session: AsyncSession, ours: ColumnElement[bool], wanted: set[tuple[int, int]]) -> bool:
    """Keep exactly these pairs of item and priority, of those that may be changed."""
    held = {(row.item_id, row.priority_id): row for row in await session.scalars(select(ItemPriority).where(ours))}
    for pair in held.keys() - wanted:
        await session.delete(held[pair])
    session.add_all(ItemPriority(item_id=item, priority_id=priority) for item, priority in wanted - held.keys())
    await session.flush()
    return held.keys() != wanted
