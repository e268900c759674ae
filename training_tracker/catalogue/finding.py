"""Items by any name people use for them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.models import Item, ItemAlias, ItemKind
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import fold, nearest, tidy


async def items_by_name(session: AsyncSession) -> dict[str, int]:
    """Every code, title and alias, folded, with the id of the one item it means."""
    names = {row.alias: row.item_id for row in await session.execute(select(ItemAlias.alias, ItemAlias.item_id))}
    for row in await session.execute(select(Item.id, Item.code, Item.title)):
        names[fold(row.title)] = row.id
        names[fold(row.code)] = row.id
    return names


@dataclass(frozen=True, slots=True)
class Choice:
    """An item as a form offers it. ``hours`` is its usual length."""

    id: int
    code: str
    title: str
    kind: ItemKind
    hours: float | None


async def choices(session: AsyncSession, *, offered_on: date | None = None) -> list[Choice]:
    """Every item, courses before resources, by title; with a day those that are not out of use then.

    What is out of use can have been done before.
    """
    found = _CHOICE.order_by(Item.kind, Item.title)
    if offered_on is not None:
        found = found.where(or_(Item.out_of_use_from.is_(None), Item.out_of_use_from > offered_on))
    rows = await session.execute(found)
    return [Choice(*row) for row in rows]


async def item_by_code(session: AsyncSession, code: str) -> Choice:
    """Raises :class:`Refused` if no item has the code: a form offers only those there are."""
    row = (await session.execute(_CHOICE.where(Item.code == code))).one_or_none()
    if row is None:
        raise Refused("There is no such course or resource", "Choose one from the list.", "item")
    return Choice(*row)


_CHOICE = select(Item.id, Item.code, Item.title, Item.kind, Item.hours)


async def find_item(session: AsyncSession, name: str) -> int:
    """The id of the item that any of its names means. Raises :class:`NotFound` with the nearest names."""
    known = (await items_by_name(session)).get(fold(name))
    if known is None:
        names = [*await session.scalars(select(Item.title)), *await session.scalars(select(Item.code))]
        alike = nearest(name, [*names, *await session.scalars(select(ItemAlias.written))])
        guess = f" Did you mean {' or '.join(alike)}?" if alike else " The catalogue lists the names that are known."
        raise NotFound(f"The catalogue has no “{tidy(name)}”.{guess}")
    return known
