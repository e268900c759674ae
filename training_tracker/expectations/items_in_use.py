"""Taking a course or resource out of use: which expectations name it, and which could not be met without it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.catalogue.changing import Writer, in_turn, set_out_of_use
from training_tracker.catalogue.models import Item
from training_tracker.errors import Refused
from training_tracker.expectations.models import Expectation, ExpectationItem, ExpectationVersion, Measure
from training_tracker.expectations.own import refuse_day_gone_by


@dataclass(frozen=True, slots=True)
class Asking:
    """An expectation that names an item, ``needed`` if it could not be met without it; ``own`` if an agency's own."""

    title: str
    code: str
    own: bool
    needed: bool


async def asking_for(session: AsyncSession, item_id: int, on: date) -> list[Asking]:
    """What is in force on a day or later and names the item, by title."""
    following = func.lead(ExpectationVersion.effective_from).over(
        partition_by=ExpectationVersion.expectation_id, order_by=ExpectationVersion.effective_from
    )
    version = (
        select(
            ExpectationVersion.id,
            ExpectationVersion.expectation_id,
            ExpectationVersion.amount,
            ExpectationVersion.measure,
            ExpectationVersion.effective_until,
            following.label("following"),
        )
        .where(ExpectationVersion.withdrawn_at.is_(None))
        .subquery("published_version")
    )
    lasts = and_(
        or_(version.c.effective_until.is_(None), version.c.effective_until >= on),
        or_(version.c.following.is_(None), version.c.following > on),
    )
    names_it = select(ExpectationItem.version_id).where(
        ExpectationItem.item_id == item_id, ExpectationItem.version_id == version.c.id
    )
    others = (
        select(func.count())
        .select_from(ExpectationItem)
        .join(Item, Item.id == ExpectationItem.item_id)
        .where(
            ExpectationItem.version_id == version.c.id,
            ExpectationItem.item_id != item_id,
            ~ExpectationItem.refresher,
            _in_use(on),
        )
        .scalar_subquery()
    )
    begins = select(ExpectationItem.version_id).where(
        ExpectationItem.item_id == item_id, ExpectationItem.version_id == version.c.id, ~ExpectationItem.refresher
    )
    rows = await session.execute(
        select(
            Expectation.title,
            Expectation.code,
            Expectation.agency_id,
            version.c.amount,
            version.c.measure,
            others.label("others"),
            begins.exists().label("begins"),
        )
        .join(version, version.c.expectation_id == Expectation.id)
        .where(lasts, names_it.exists())
        .order_by(Expectation.title, version.c.id)
    )
    found: dict[str, Asking] = {}
    for row in rows:
        least = row.amount if row.measure == Measure.ITEMS else 1
        needed = bool(row.begins) and row.others < least
        before = found.get(row.code)
        found[row.code] = Asking(
            row.title, row.code, row.agency_id is not None, needed or (before is not None and before.needed)
        )
    return list(found.values())


async def take_out_of_use(session: AsyncSession, item: Item, from_day: date, by: Writer, today: date) -> None:
    """Offered no longer from a day. What was done of it counts on.

    Raises :class:`Refused` for a day gone by, and while an expectation could not be met without it.
    """
    await in_turn(session)
    refuse_day_gone_by(from_day, today, "from")
    needed = [one for one in await asking_for(session, item.id, from_day) if one.needed]
    if needed:
        named = [f"“{one.title}”" for one in needed if not one.own]
        if own := sum(one.own for one in needed):
            named.append(f"{own} that {'an agency has' if own == 1 else 'agencies have'} of their own")
        problem = f"On {in_words(from_day)} it is still asked for, and nothing else would do: {', '.join(named)}"
        raise Refused(problem, "Change or end what asks for it first, or give a later day.", "from")
    if item.out_of_use_from == from_day:
        raise Refused("It goes out of use on that day already", "Give another day, or leave it.", "from")
    await set_out_of_use(session, item, from_day, by)


def _in_use(on: date) -> ColumnElement[bool]:
    return or_(Item.out_of_use_from.is_(None), Item.out_of_use_from > on)
