"""What of an item cannot change once people have it in their records."""

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue import changing
from training_tracker.catalogue.changing import Said, Writer
from training_tracker.catalogue.models import Item, ItemVersion
from training_tracker.errors import Refused
from training_tracker.records.models import Completion, ResourceUse


async def kind_stays(session: AsyncSession, item: Item) -> bool:
    """Whether somebody has done or opened it, or it has editions: it cannot have been something else."""
    found = await session.scalar(
        select(
            or_(
                exists().where(Completion.item_id == item.id),
                exists().where(ResourceUse.item_id == item.id),
                exists().where(ItemVersion.item_id == item.id, ItemVersion.withdrawn_at.is_(None)),
            )
        )
    )
    return bool(found)


async def change_item(session: AsyncSession, item: Item, said: Said, by: Writer) -> int:
    """Returns how many things were changed. Raises :class:`Refused` for another kind of what is in records already."""
    if said.facts.kind is not item.kind and await kind_stays(session, item):
        mend = "Add another one, and let this one count as it."
        raise Refused(f"It stays a {item.kind}: people have it in their records", mend, "kind")
    return await changing.change_item(session, item, said, by)
