"""What agencies are to send, and that it came: the facts from which follows where nothing can be told."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, now
from training_tracker.database import wait_for_turn
from training_tracker.errors import NotFound, Refused
from training_tracker.records.models import Feed, FeedReceipt

MOST_DAYS = 3_660
# So many receipts are named to somebody who looks for another one.
NEWEST = 3


class Declared(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    KNOWN_ALREADY = "known already"


async def expect_feed(
    session: AsyncSession, agency_id: int, item_id: int, *, limit_days: int, starts_on: date, by: str
) -> Declared:
    """Expect an agency's completions of an item at least every so many days, from a day on.

    A feed that says otherwise is replaced, and kept for what was known before. Kept standings do not change: how old
    data may be is read with the status.
    """
    if not 1 <= limit_days <= MOST_DAYS:
        raise Refused(f"{limit_days} is not a number of days", f"Give 1 to {MOST_DAYS} days.", "at most days")
    await wait_for_turn(session, "feeds")
    known = await standing_feed(session, agency_id, item_id)
    if known and (known.limit_days, known.starts_on) == (limit_days, starts_on):
        return Declared.KNOWN_ALREADY
    moment = now()
    if known:
        known.withdrawn_at = moment
        # There is one feed at a time: the one before has to go first.
        await session.flush()
    session.add(
        Feed(
            agency_id=agency_id,
            item_id=item_id,
            limit_days=limit_days,
            starts_on=starts_on,
            recorded_at=moment,
            recorded_by=by,
        )
    )
    return Declared.CHANGED if known else Declared.NEW


async def stop_feed(session: AsyncSession, agency_id: int, item_id: int) -> bool:
    """Expect a feed no longer, for no day; says whether there was one. What was known before keeps it."""
    known = await standing_feed(session, agency_id, item_id)
    if known:
        known.withdrawn_at = now()
    return known is not None


async def receive_feed(
    session: AsyncSession, agency_id: int, item_id: int, *, as_at: date, source: str, by: str, today: date
) -> None:
    """Record that a feed came, with completions up to a day. Raises :class:`NotFound` if none is expected."""
    refuse_future_data(as_at, today)
    if not await receive_feeds(session, agency_id, {item_id}, as_at=as_at, source=source, by=by):
        raise NotFound("No such feed is expected. Declare it first: training-tracker feed expect.")


async def receive_feeds(
    session: AsyncSession,
    agency_id: int,
    item_ids: set[int],
    *,
    as_at: date,
    source: str,
    by: str,
    at: datetime | None = None,
) -> int:
    """Record that an agency's completions of some items came, where they are expected; returns how many feeds.

    The same again, up to the same day, is the same receipt.
    """
    expected = select(Feed.item_id).where(
        Feed.agency_id == agency_id, Feed.item_id.in_(item_ids), Feed.withdrawn_at.is_(None)
    )
    items = set(await session.scalars(expected))
    known = select(FeedReceipt.item_id).where(
        FeedReceipt.agency_id == agency_id,
        FeedReceipt.item_id.in_(items),
        FeedReceipt.as_at == as_at,
        FeedReceipt.withdrawn_at.is_(None),
    )
    moment = at or now()
    session.add_all(
        FeedReceipt(
            agency_id=agency_id, item_id=item_id, as_at=as_at, source=source, recorded_at=moment, recorded_by=by
        )
        for item_id in sorted(items - set(await session.scalars(known)))
    )
    return len(items)


async def withdraw_receipt(session: AsyncSession, agency_id: int, item_id: int, *, as_at: date) -> None:
    """Take back that a feed came with data up to a day; what was known before keeps it.

    Raises :class:`NotFound` if nothing is known to have come as at that day, naming the days of what is.
    """
    receipts = await session.scalars(
        select(FeedReceipt)
        .where(FeedReceipt.agency_id == agency_id, FeedReceipt.item_id == item_id, FeedReceipt.withdrawn_at.is_(None))
        .order_by(FeedReceipt.as_at.desc())
    )
    known = {receipt.as_at: receipt for receipt in receipts}
    if as_at not in known:
        days = ", ".join(in_words(day) for day in [*known][:NEWEST])
        came = f"The newest that did: {days}." if days else "Nothing of it ever came."
        raise NotFound(f"Nothing of this feed came as at {in_words(as_at)}. {came}")
    known[as_at].withdrawn_at = now()


def refuse_future_data(as_at: date, today: date) -> None:
    if as_at > today:
        raise Refused(f"{in_words(as_at)} is in the future", "Give the last day of which the data tell.", "as at")


async def standing_feed(session: AsyncSession, agency_id: int, item_id: int) -> Feed | None:
    return await session.scalar(
        select(Feed).where(Feed.agency_id == agency_id, Feed.item_id == item_id, Feed.withdrawn_at.is_(None))
    )
