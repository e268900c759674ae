"""The priorities of a partnership's strategy: what is taught for each, how far that has come, and where nothing is."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.models import Item, ItemPriority, Priority
from training_tracker.expectations.models import ExpectationItem, ExpectationVersion
from training_tracker.uptake.counting import Counts
from training_tracker.uptake.suppression import PublishedCell, PublishedTable


@dataclass(frozen=True, slots=True)
class PriorityLine:
    """``items`` are codes and titles. ``expectations`` are what is required about them, each with its total over the
    agencies. ``counts`` adds up those that may be told; ``hidden`` is how many may not, ``as_at`` the oldest day.
    """

    id: int
    number: int
    title: str
    recommendations: tuple[int, ...]
    items: tuple[tuple[str, str], ...]
    expectations: tuple[tuple[str, str, PublishedCell], ...]

    @property
    def counts(self) -> Counts:
        return sum((cell.counts for *_what, cell in self.expectations if cell.counts), Counts())

    @property
    def hidden(self) -> int:
        return sum(cell.counts is None for *_what, cell in self.expectations)

    @property
    def as_at(self) -> date | None:
        return min((cell.as_at for *_what, cell in self.expectations if cell.counts), default=None)

    @property
    def gaps(self) -> list[str]:
        """What is missing, in words."""
        return [
            words
            for missing, words in (
                (not self.recommendations, "no recommendation of the audit names it"),
                (not self.items, "no course or resource is mapped to it"),
                (bool(self.items) and not self.expectations, "nobody is required to do any of it"),
            )
            if missing
        ]


async def strategy(session: AsyncSession, partnership_id: int, table: PublishedTable) -> list[PriorityLine]:
    """Each priority by its number, with what a published table says of it. Two statements.

    A course counts for each of its priorities. An expectation counts for those of every item that it ever asked for.
    """
    items: dict[Priority, list[tuple[str, str]]] = defaultdict(list)
    for priority, code, title in await session.execute(
        select(Priority, Item.code, Item.title)
        .outerjoin(ItemPriority, ItemPriority.priority_id == Priority.id)
        .outerjoin(Item, Item.id == ItemPriority.item_id)
        .where(Priority.partnership_id == partnership_id, Priority.withdrawn_at.is_(None))
        .order_by(Priority.number, Item.title)
    ):
        items[priority] += [(code, title)] if code else []
    asked: dict[int, set[int]] = defaultdict(set)
    for number, expectation in await session.execute(
        select(ItemPriority.priority_id, ExpectationVersion.expectation_id)
        .join(ExpectationItem, ExpectationItem.item_id == ItemPriority.item_id)
        .join(ExpectationVersion, ExpectationVersion.id == ExpectationItem.version_id)
        .where(
            ItemPriority.priority_id.in_([priority.id for priority in items]), ExpectationVersion.withdrawn_at.is_(None)
        )
        .distinct()
    ):
        asked[number].add(expectation)
    totals = table.totals
    return [
        PriorityLine(
            id=priority.id,
            number=priority.number,
            title=priority.title,
            recommendations=tuple(priority.recommendations),
            items=tuple(taught),
            expectations=tuple(
                (code, title, totals[expectation])
                for expectation, code, title in table.expectations
                if expectation in asked[priority.id]
            ),
        )
        for priority, taught in items.items()
    ]
