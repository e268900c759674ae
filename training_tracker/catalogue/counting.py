"""What counts, and as what: acceptance windows and equivalences, as a partnership's lead decides them on the pages."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.catalogue.changing import Writer, in_turn
from training_tracker.catalogue.keeping import Days, Keeping
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item, Mark
from training_tracker.errors import NotFound, Refused
from training_tracker.naming import tidy

LONGEST_REASON = 500


# --- between which days it counts ---


async def window_of(session: AsyncSession, item: Item, window_id: int) -> AcceptanceWindow:
    """Raises :class:`NotFound` for a window that is not the item's, or was taken back."""
    window = next((row for row in await _windows(session, item) if row.id == window_id), None)
    if window is None:
        raise NotFound(f"window {window_id} of {item.code}")
    return window


async def accept(
    session: AsyncSession, item: Item, days: Days, reason: str, by: Writer, *, instead_of: int | None = None
) -> None:
    """What is done of it counts between these days, both included; with another window, in either. ``instead_of`` is
    the window (its id) that this one takes the place of.
    """
    await in_turn(session)
    reason = tidy(reason)
    if days == (None, None):
        raise Refused("No day is given", "Give the last day on which it counts, the first, or both.", "until")
    refuse_disorder(days)
    if not reason:
        raise Refused("It is not said why", "A sentence for the people whose course it was.", "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused("This is too long", f"Shorten it to {LONGEST_REASON} characters.", "reason")
    standing = await _windows(session, item)
    said = {(row.accepted_from, row.accepted_until): row.reason for row in standing if row.id != instead_of}
    if days in said or any(row.id == instead_of and _same(row, days, reason) for row in standing):
        raise Refused("This is what counts already", "Give other days, or leave it.", "until")
    await Keeping(session, by.whose).windows(item, said | {days: reason})


async def take_window_back(session: AsyncSession, item: Item, window_id: int, by: Writer) -> None:
    """An item without a window always counts."""
    await in_turn(session)
    gone = await window_of(session, item, window_id)
    left = {
        (row.accepted_from, row.accepted_until): row.reason for row in await _windows(session, item) if row is not gone
    }
    await Keeping(session, by.whose).windows(item, left)


async def _windows(session: AsyncSession, item: Item) -> list[AcceptanceWindow]:
    rows = await session.scalars(
        select(AcceptanceWindow)
        .where(AcceptanceWindow.item_id == item.id, AcceptanceWindow.withdrawn_at.is_(None))
        .order_by(AcceptanceWindow.id)
    )
    return list(rows)


def _same(row: AcceptanceWindow, days: Days, reason: str) -> bool:
    return (row.accepted_from, row.accepted_until) == days and row.reason == reason


# --- what it counts as ---


async def equivalence_of(session: AsyncSession, item: Item, other: Item) -> Equivalence:
    """Raises :class:`NotFound` where the one does not count as the other for everybody."""
    row: Equivalence | None = await session.scalar(_for_everybody(item, other))
    if row is None:
        raise NotFound(f"{item.code} counts as {other.code}")
    return row


async def count_as(session: AsyncSession, item: Item, other: Item, days: Days, by: Writer) -> None:
    """One way: whoever did the one need not do the other. Raises :class:`Refused` where it does so already."""
    await in_turn(session)
    if item.id == other.id:
        raise Refused("It always counts as itself", "Choose another course or resource.", "other")
    if await session.scalar(_for_everybody(item, other)) is not None:
        raise Refused(f"It counts as “{other.title}” already", "Change its days instead.", "other")
    refuse_disorder(days)
    await Keeping(session, by.whose).counts_as(item, other, days, Mark.SOURCED)


async def change_days(session: AsyncSession, item: Item, other: Item, days: Days, by: Writer) -> None:
    """From when until when the one counts as the other."""
    await in_turn(session)
    row = await equivalence_of(session, item, other)
    refuse_disorder(days)
    if days == (row.valid_from, row.valid_until):
        raise Refused("These are its days already", "Give other days, or leave it.", "until")
    await Keeping(session, by.whose).counts_as(item, other, days, row.mark)


async def take_equivalence_back(session: AsyncSession, item: Item, other: Item, by: Writer) -> None:
    await in_turn(session)
    await equivalence_of(session, item, other)
    await Keeping(session, by.whose).counts_no_more(item, other)


def refuse_disorder(days: Days) -> None:
    since, until = days
    if since and until and until < since:
        raise Refused("The last day is before the first", "Correct one of the two.", "until")


def _for_everybody(item: Item, other: Item) -> Select[Equivalence]:
    return select(Equivalence).where(
        Equivalence.item_id == item.id,
        Equivalence.counts_as_id == other.id,
        Equivalence.agency_id.is_(None),
        Equivalence.withdrawn_at.is_(None),
    )
