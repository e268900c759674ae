"""The catalogue as its pages show it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from training_tracker.catalogue.models import (
    AcceptanceWindow,
    Equivalence,
    Item,
    ItemAlias,
    ItemKind,
    ItemPriority,
    ItemVersion,
    Mark,
    Prerequisite,
    Priority,
)
from training_tracker.errors import NotFound


@dataclass(frozen=True, slots=True)
class ItemLine:
    code: str
    title: str
    kind: ItemKind
    tier: str
    format: str
    hours: float | None
    renewal: str
    priorities: tuple[int, ...]
    mark: Mark
    out_of_use_from: date | None


@dataclass(frozen=True, slots=True)
class Link:
    """An item that counts as another, between two days or always.

    ``decided`` by the reader's agency for itself; ``holds`` is false where it says that it does not.
    """

    code: str
    title: str
    valid_from: date | None
    valid_until: date | None
    mark: Mark
    decided: bool
    holds: bool


@dataclass(frozen=True, slots=True)
class ItemDetails:
    item: Item
    aliases: tuple[str, ...]
    versions: tuple[ItemVersion, ...]
    windows: tuple[AcceptanceWindow, ...]
    counts_as: tuple[Link, ...]
    counted_as_this: tuple[Link, ...]
    needs: tuple[tuple[str, str], ...]
    priorities: tuple[Priority, ...]


@dataclass(frozen=True, slots=True)
class PublicResource:
    title: str
    format: str
    address: str
    edition: str


async def catalogue(session: AsyncSession, *, kind: ItemKind | None = None, text: str = "") -> list[ItemLine]:
    """Items by title, those that are or go out of use last. ``text`` is any part of a title, a code or another known
    name.
    """
    statement = select(Item).order_by(Item.out_of_use_from.is_not(None), Item.kind, Item.title)
    if kind:
        statement = statement.where(Item.kind == kind)
    if text.strip():
        wanted = text.strip()
        statement = statement.where(
            or_(
                Item.title.icontains(wanted, autoescape=True),
                Item.code.icontains(wanted, autoescape=True),
                Item.id.in_(select(ItemAlias.item_id).where(ItemAlias.written.icontains(wanted, autoescape=True))),
            )
        )
    numbers: dict[int, list[int]] = defaultdict(list)
    for item_id, number in await session.execute(
        select(ItemPriority.item_id, Priority.number)
        .join(Priority, Priority.id == ItemPriority.priority_id)
        .where(Priority.withdrawn_at.is_(None))
        .order_by(Priority.number)
    ):
        numbers[item_id].append(number)
    return [
        ItemLine(
            item.code,
            item.title,
            item.kind,
            item.tier,
            item.format,
            item.hours,
            item.renewal,
            tuple(numbers[item.id]),
            item.mark,
            item.out_of_use_from,
        )
        for item in await session.scalars(statement)
    ]


async def item_details(session: AsyncSession, code: str, *, agencies: Sequence[int]) -> ItemDetails:
    """With what the agencies named decide about it. Raises :class:`NotFound` if no item has the code."""
    item = await session.scalar(select(Item).where(Item.code == code))
    if item is None:
        raise NotFound(f"item {code}")
    needed = aliased(Item)
    needs = await session.execute(
        select(needed.code, needed.title)
        .join(Prerequisite, Prerequisite.needs_id == needed.id)
        .where(Prerequisite.item_id == item.id)
        .order_by(needed.title)
    )
    aliases = select(ItemAlias.written).where(ItemAlias.item_id == item.id).order_by(ItemAlias.written)
    versions = (
        select(ItemVersion)
        .where(ItemVersion.item_id == item.id, ItemVersion.withdrawn_at.is_(None))
        .order_by(ItemVersion.current_from.desc())
    )
    windows = select(AcceptanceWindow).where(
        AcceptanceWindow.item_id == item.id, AcceptanceWindow.withdrawn_at.is_(None)
    )
    priorities = (
        select(Priority)
        .join(ItemPriority, ItemPriority.priority_id == Priority.id)
        .where(ItemPriority.item_id == item.id, Priority.withdrawn_at.is_(None))
        .order_by(Priority.number)
    )
    return ItemDetails(
        item=item,
        aliases=tuple(await session.scalars(aliases)),
        versions=tuple(await session.scalars(versions)),
        windows=tuple(await session.scalars(windows)),
        counts_as=await _links(session, Equivalence.counts_as_id, Equivalence.item_id, item.id, agencies),
        counted_as_this=await _links(session, Equivalence.item_id, Equivalence.counts_as_id, item.id, agencies),
        needs=tuple((row.code, row.title) for row in needs),
        priorities=tuple(await session.scalars(priorities)),
    )


async def what_counts_as_what(session: AsyncSession) -> list[tuple[str, str]]:
    """The titles of each course and of what it counts as, for everybody and with no end."""
    item, other = aliased(Item), aliased(Item)
    rows = await session.execute(
        select(item.title, other.title)
        .join(Equivalence, Equivalence.item_id == item.id)
        .join(other, Equivalence.counts_as_id == other.id)
        .where(Equivalence.agency_id.is_(None), Equivalence.withdrawn_at.is_(None), Equivalence.valid_until.is_(None))
        .order_by(item.title, other.title)
    )
    return [(row[0], row[1]) for row in rows]


async def public_resources(session: AsyncSession, on: date) -> list[PublicResource]:
    """What everybody may know of, by title, each with its current edition if it has any; not what is out of use."""
    newest = (
        select(ItemVersion.label)
        .where(ItemVersion.item_id == Item.id, ItemVersion.withdrawn_at.is_(None), ItemVersion.current_from <= on)
        .order_by(ItemVersion.current_from.desc())
        .limit(1)
    )
    found = select(Item.title, Item.format, Item.address, func.coalesce(newest.scalar_subquery(), ""))
    in_use = or_(Item.out_of_use_from.is_(None), Item.out_of_use_from > on)
    rows = await session.execute(found.where(Item.public, in_use).order_by(Item.title))
    return [PublicResource(*row) for row in rows]


async def priorities_of(session: AsyncSession) -> list[Priority]:
    stands = select(Priority).where(Priority.withdrawn_at.is_(None))
    return list(await session.scalars(stands.order_by(Priority.partnership_id, Priority.number)))


async def _links(
    session: AsyncSession,
    shown: InstrumentedAttribute[int],
    fixed: InstrumentedAttribute[int],
    item_id: int,
    agencies: Sequence[int],
) -> tuple[Link, ...]:
    equivalence = Equivalence
    visible = or_(equivalence.agency_id.is_(None), equivalence.agency_id.in_(agencies))
    rows = await session.execute(
        select(
            *(Item.code, Item.title, equivalence.valid_from, equivalence.valid_until, equivalence.mark),
            *(equivalence.agency_id.is_not(None), equivalence.holds),
        )
        .select_from(equivalence)
        .join(Item, Item.id == shown)
        .where(fixed == item_id, equivalence.withdrawn_at.is_(None), visible)
        .order_by(Item.title, equivalence.agency_id.is_not(None), equivalence.id)
    )
    return tuple(Link(*row) for row in rows)
