"""Items by any name people use for them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.models import Item, ItemAlias
from training_tracker.naming import fold


async def items_by_name(session: AsyncSession) -> dict[str, int]:
    """Every code, title and alias, folded, with the id of the one item it means."""
    names = {row.alias: row.item_id for row in await session.execute(select(ItemAlias.alias, ItemAlias.item_id))}
    for row in await session.execute(select(Item.id, Item.code, Item.title)):
        names[fold(row.title)] = row.id
        names[fold(row.code)] = row.id
    return names
