"""What a partnership's lead says of a course or resource on the pages: added, changed, and taken out of use.

The catalogue is common to all partnerships of an installation: what one changes, it changes for all. Which priorities
of its strategy an item serves each says for itself.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.finding import items_by_name
from training_tracker.catalogue.keeping import ItemFacts, Keeping
from training_tracker.catalogue.models import Item, ItemChange, Prerequisite, Priority
from training_tracker.database import wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import fold, tidy

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
LONGEST = {"title": 200, "tier": 60, "format": 200, "renewal": 100, "address": 500, "source": 2_000}
LEAST_HOURS, MOST_HOURS = 0.01, 500
# What stands where a code does in the address of a page.
RESERVED = {"new"}


@dataclass(frozen=True, slots=True)
class Said:
    """All that a form says of an item: its facts and other names; what it serves and what comes before it, by ids."""

    facts: ItemFacts
    names: tuple[str, ...]
    priorities: frozenset[int]
    needs: frozenset[int]


@dataclass(frozen=True, slots=True)
class Writer:
    """By which right something is written, in words, and of which partnerships' priorities it may speak."""

    whose: str
    partnerships: tuple[int, ...]


async def one_item(session: AsyncSession, code: str) -> Item:
    """Raises :class:`NotFound` if no item has the code."""
    item = await session.scalar(select(Item).where(Item.code == code))
    if item is None:
        raise NotFound(f"item {code}")
    return item


async def add_item(session: AsyncSession, code: str, said: Said, by: Writer) -> Item:
    """Raises :class:`Refused` for a code or a name that is another's, and for what cannot be."""
    await in_turn(session)
    if not CODE.fullmatch(code):
        mend = "Use letters, digits and hyphens, at most 40, such as CSA-INTRO."
        raise Refused("The code cannot be used" if code else "It has no code", mend, "code")
    known = await items_by_name(session)
    if fold(code) in known or code.lower() in RESERVED:
        raise Refused(f"{code} is in use already", "A code names one thing, for good: choose another.", "code")
    keeping = Keeping(session, by.whose)
    refuse_names(said, known, None)
    _refuse_impossible(said.facts)
    item = await keeping.item(code, said.facts)
    await _parts(session, keeping, item, said, by)
    return item


async def change_item(session: AsyncSession, item: Item, said: Said, by: Writer) -> int:
    """Returns how many things were changed. Raises :class:`Refused` as :func:`add_item` does."""
    await in_turn(session)
    refuse_names(said, await items_by_name(session), item.id)
    _refuse_impossible(said.facts)
    keeping = Keeping(session, by.whose)
    await keeping.item(item.code, said.facts)
    await _parts(session, keeping, item, said, by)
    return len(keeping.notes)


async def _parts(session: AsyncSession, keeping: Keeping, item: Item, said: Said, by: Writer) -> None:
    await keeping.names(item, said.names)
    for priorities in (await priorities_by_partnership(session, by.partnerships)).values():
        numbers = [number for number, priority_id in priorities.items() if priority_id in said.priorities]
        await keeping.serves(item, numbers, priorities)
    await _refuse_circle(session, item, said.needs)
    found = await session.scalars(select(Item).where(Item.id.in_(said.needs)).order_by(Item.title))
    await keeping.needs(item, found.all())


async def priorities_by_partnership(
    session: AsyncSession, partnerships: Collection[int]
) -> Mapping[int, Mapping[int, int]]:
    """The ids of the priorities of some partnerships, by number."""
    rows = await session.scalars(
        select(Priority)
        .where(Priority.partnership_id.in_(partnerships), Priority.withdrawn_at.is_(None))
        .order_by(Priority.partnership_id, Priority.number)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        found[row.partnership_id][row.number] = row.id
    return found


async def set_out_of_use(session: AsyncSession, item: Item, from_day: date | None, by: Writer) -> None:
    """Offered no longer from a day; again, where there is none. What still asks for it is not looked at here."""
    await Keeping(session, by.whose).out_of_use(item, from_day)


async def changes_of(
    session: AsyncSession, item_id: int, *, page: int = 1, page_size: int = 20
) -> tuple[list[ItemChange], int]:
    """What was changed about an item, the newest first, and how much there is in all."""
    of_item = ItemChange.item_id == item_id
    rows = await session.scalars(
        select(ItemChange).where(of_item).order_by(ItemChange.id.desc()).limit(page_size).offset((page - 1) * page_size)
    )
    total = await session.scalar(select(func.count()).select_from(ItemChange).where(of_item))
    return list(rows), total or 0


async def in_turn(session: AsyncSession) -> None:
    """Else two who change the catalogue at once would each see nothing of the other."""
    await wait_for_turn(session, "catalogue")


def refuse_names(said: Said, known: Mapping[str, int], item_id: int | None) -> None:
    """``known`` says whose each name is. Raises :class:`Refused` for one that is another item's."""
    if not tidy(said.facts.title):
        raise Refused("It has no name", "Give it the one by which people will know it.", "title")
    for name in said.names:
        if len(name) > LONGEST["title"]:
            raise Refused(f"“{name[:40]}…” is too long", f"Shorten it to {LONGEST['title']} characters.", "names")
    for field, name in (("title", said.facts.title), *(("names", name) for name in said.names)):
        if known.get(fold(name), item_id) != item_id:
            mend = "A name means one thing: choose another, or take it away there."
            raise Refused(f"“{name}” names another course or resource already", mend, field)


def _refuse_impossible(facts: ItemFacts) -> None:
    for field, longest in LONGEST.items():
        if len(getattr(facts, field)) > longest:
            raise Refused("This is too long", f"Shorten it to {longest:,} characters.", field)
    if facts.hours is not None and not LEAST_HOURS <= facts.hours <= MOST_HOURS:
        problem = f"A length of {facts.hours:g} hours cannot be"
        raise Refused(problem, f"Give a number up to {MOST_HOURS}, or leave it empty.", "hours")
    if facts.address and not re.fullmatch(r"https?://\S+", facts.address):
        raise Refused("The link is not an address", "Write it from https:// on, without spaces.", "address")


async def _refuse_circle(session: AsyncSession, item: Item, needs: Collection[int]) -> None:
    before: dict[int, list[int]] = defaultdict(list)
    for row in await session.execute(select(Prerequisite.item_id, Prerequisite.needs_id)):
        if row.item_id != item.id:
            before[row.item_id].append(row.needs_id)
    if circle := leads_to(item.id, needs, before):
        title = await session.scalar(select(Item.title).where(Item.id == circle))
        problem = f"“{title}” cannot come before it: it comes after it already"
        if circle == item.id:
            problem = "It cannot come before itself"
        raise Refused(problem, "Take one of the two away.", "needs")


def leads_to(goal: int, starts: Collection[int], before: Mapping[int, Collection[int]]) -> int | None:
    """Of several starts the first from which what comes before leads to the goal, however long the way."""
    for start in sorted(starts):
        seen, waiting = {start}, [start]
        while waiting:
            one = waiting.pop()
            if one == goal:
                return start
            fresh = [other for other in before.get(one, ()) if other not in seen]
            seen.update(fresh)
            waiting += fresh
    return None
