"""Editions of a course or resource: one published from a day on, and one taken back."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, now
from training_tracker.catalogue.changing import Writer, in_turn
from training_tracker.catalogue.keeping import Keeping
from training_tracker.catalogue.models import Item, ItemVersion
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import tidy

LONGEST_LABEL = 100
# So long after it was published a slip can be taken back although the edition is current already.
FRESH = timedelta(days=1)
AHEAD = timedelta(days=3660)


async def editions_of(session: AsyncSession, item_id: int) -> list[ItemVersion]:
    """Those that stand, the newest first."""
    rows = await session.scalars(
        select(ItemVersion)
        .where(ItemVersion.item_id == item_id, ItemVersion.withdrawn_at.is_(None))
        .order_by(ItemVersion.current_from.desc())
    )
    return list(rows)


async def publish_edition(
    session: AsyncSession, item: Item, label: str, current_from: date, by: Writer, today: date
) -> None:
    """Where a rule asks for the current edition, it is asked anew from that day.

    Raises :class:`Refused` for a day or a name that another edition of it has.
    """
    await in_turn(session)
    label = tidy(label)
    if not label:
        raise Refused("The edition has no name", "Say what it is called, such as 2026 or third edition.", "label")
    if len(label) > LONGEST_LABEL:
        raise Refused("This is too long", f"Shorten it to {LONGEST_LABEL} characters.", "label")
    if current_from > today + AHEAD:
        raise Refused(f"{in_words(current_from)} is more than ten years away", "Correct the year.", "from")
    standing = {row.current_from: row.label for row in await editions_of(session, item.id)}
    if current_from in standing:
        problem = f"The edition “{standing[current_from]}” is current from that day"
        raise Refused(problem, "Give another day, or take that one back first.", "from")
    if label in standing.values():
        raise Refused(f"There is an edition “{label}” already", "Give this one a name of its own.", "label")
    await Keeping(session, by.whose).editions(item, standing | {current_from: label})


async def take_edition_back(session: AsyncSession, item: Item, current_from: date, by: Writer, today: date) -> None:
    """What was current before it goes on. It is kept that it was published.

    Raises :class:`Refused` for one that has been current for longer than a slip takes to see.
    """
    await in_turn(session)
    standing = await editions_of(session, item.id)
    edition = next((row for row in standing if row.current_from == current_from), None)
    if edition is None:
        raise NotFound(f"edition of {item.code} from {current_from}")
    if not may_be_taken_back(item, edition, today):
        problem = f"The edition “{edition.label}” has been current since {in_words(current_from)}"
        raise Refused(problem, "People have been asked for it, and what was reported stays: publish another edition.")
    left = {row.current_from: row.label for row in standing if row is not edition}
    await Keeping(session, by.whose).editions(item, left)


def may_be_taken_back(item: Item, edition: ItemVersion, today: date) -> bool:
    """Before it begins, and for a day after it was published on the pages: a slip is seen by then."""
    return edition.current_from > today or (item.kept_on_pages and now() - edition.recorded_at < FRESH)
