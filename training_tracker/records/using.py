"""What somebody does with a resource beside acknowledging it: that they opened it, and that they used it.

Three facts, and none of them says another: a page that was opened is not read, and what is read is not used yet.
Acknowledging is a completion, and counts; these two are kept for the person alone and count nowhere.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import Days, in_words, now
from training_tracker.catalogue.models import Item, ItemKind, ItemVersion
from training_tracker.database import insert_unless_known
from training_tracker.errors import NotFound, Refused
from training_tracker.records.models import Completion, ResourceUse, Use

EARLIEST = date(2000, 1, 1)
# So many of the days on which somebody used a resource are listed.
LISTED = 20


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """A resource with what one person did with it; ``version`` is the current one, if it has any.

    ``acknowledged`` is the newest completion that stands, and ``current`` whether it is of the current version.
    """

    item: Item
    version: ItemVersion | None
    opened_on: date | None
    acknowledged: Days | None
    current: bool
    used_on: list[date]


async def resource_facts(session: AsyncSession, practitioner_id: int, code: str, today: date) -> ResourceFacts:
    """Raises :class:`NotFound` if no resource has the code."""
    item = await resource(session, code)
    editions = select(ItemVersion).where(
        ItemVersion.item_id == item.id, ItemVersion.withdrawn_at.is_(None), ItemVersion.current_from <= today
    )
    version = await session.scalar(editions.order_by(ItemVersion.current_from.desc()).limit(1))
    done = await session.scalar(
        select(Completion)
        .where(
            Completion.practitioner_id == practitioner_id, Completion.item_id == item.id, Completion.voided_at.is_(None)
        )
        .order_by(Completion.completed_on.desc())
        .limit(1)
    )
    days = dict[Use, list[date]]()
    for use in Use:
        said = select(ResourceUse.on).where(
            ResourceUse.practitioner_id == practitioner_id, ResourceUse.item_id == item.id, ResourceUse.what == use
        )
        days[use] = list(await session.scalars(said.order_by(ResourceUse.on.desc()).limit(LISTED)))
    return ResourceFacts(
        item=item,
        version=version,
        opened_on=next(iter(days[Use.OPENED]), None),
        acknowledged=Days(done.completed_on, done.completed_by) if done else None,
        current=done is not None and (version is None or done.completed_on >= version.current_from),
        used_on=days[Use.USED],
    )


async def resource(session: AsyncSession, code: str) -> Item:
    """Raises :class:`NotFound` if no resource has the code."""
    item = await session.scalar(select(Item).where(Item.code == code, Item.kind == ItemKind.RESOURCE))
    if item is None:
        raise NotFound(f"resource {code}")
    return item


async def note_use(session: AsyncSession, practitioner_id: int, item_id: int, what: Use, on: date, today: date) -> None:
    """Keep that somebody opened or used a resource on a day. Said twice it is kept once.

    Raises :class:`Refused` for a day that has not come, or is too long ago to be meant.
    """
    if on > today:
        raise Refused(
            f"{in_words(on)} is in the future", "Say it on the day it happens, or correct the date.", "used-on"
        )
    if on < EARLIEST:
        raise Refused(f"{in_words(on)} is too long ago to be meant", "Correct the year.", "used-on")
    row = {"practitioner_id": practitioner_id, "item_id": item_id, "what": what, "on": on, "said_at": now()}
    await session.execute(insert_unless_known(session, ResourceUse).values(row).on_conflict_do_nothing())


async def take_back_use(session: AsyncSession, practitioner_id: int, item_id: int, on: date) -> None:
    """Nothing is refused where it was not said."""
    await session.execute(
        delete(ResourceUse).where(
            ResourceUse.practitioner_id == practitioner_id,
            ResourceUse.item_id == item_id,
            ResourceUse.what == Use.USED,
            ResourceUse.on == on,
        )
    )
