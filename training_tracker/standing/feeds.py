"""What an agency was to send and has not: where so little is known that nothing can be told."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import in_words
from training_tracker.catalogue.models import AcceptanceWindow, Equivalence, Item
from training_tracker.database import Day, add_days
from training_tracker.expectations.models import ExpectationItem, ExpectationVersion
from training_tracker.people.models import Agency, Team
from training_tracker.records.models import Feed, FeedReceipt
from training_tracker.standing.known import ASKED_DAY, KnownAt, asking, known, moment_asked


@dataclass(frozen=True, slots=True)
class FeedState:
    """One feed on a date. ``as_at`` is the day of the newest data that came; None where none ever has.

    ``silent``: they are too old, and could hide a completion that counts.
    """

    agency_id: int
    agency: str
    item_id: int
    item: str
    title: str
    limit_days: int
    starts_on: date
    as_at: date | None
    on: date
    silent: bool

    @property
    def in_words(self) -> str:
        """For whoever reads a figure or a status that rests on it."""
        limit = "1 day" if self.limit_days == 1 else f"{self.limit_days} days"
        if self.as_at is None:
            return f"records of “{self.title}” have never come (at most {limit} old is expected)"
        return f"records of “{self.title}” last came as at {in_words(self.as_at)} (at most {limit} old is expected)"

    @property
    def age_days(self) -> int | None:
        return None if self.as_at is None else max(0, (self.on - self.as_at).days)


async def feeds_on(session: AsyncSession, on: date, *, known_at: datetime | None = None) -> list[FeedState]:
    """Every feed in force on a date, by agency and item."""
    rows = await session.execute(_feeds_asked(moment_asked(known_at)), asking(on, known_at))
    return [
        FeedState(
            agency_id=row.agency_id,
            agency=row.agency,
            item_id=row.item_id,
            item=row.code,
            title=row.title,
            limit_days=row.limit_days,
            starts_on=row.starts_on,
            as_at=row.as_at,
            on=on,
            silent=row.silent,
        )
        for row in rows
    ]


@cache
def _feeds_asked(known_at: KnownAt) -> Select[Any]:
    feed = _feeds(ASKED_DAY, known_at).subquery("feed_read")
    return (
        select(feed, Agency.name.label("agency"), Item.code, Item.title)
        .join(Agency, Agency.id == feed.c.agency_id)
        .join(Item, Item.id == feed.c.item_id)
        .order_by(Agency.name, Item.code)
    )


async def silences(
    session: AsyncSession, teams: Iterable[int], on: date, *, known_at: datetime | None
) -> dict[tuple[int, int], list[FeedState]]:
    """The silent feeds because of which nothing can be told of these teams and some versions."""
    silent = silent_items(on, known_at)
    feeds = {(feed.agency_id, feed.item_id): feed for feed in await feeds_on(session, on, known_at=known_at)}
    found: dict[tuple[int, int], list[FeedState]] = defaultdict(list)
    for row in await session.execute(
        select(Team.id, Team.agency_id, ExpectationItem.version_id, silent.c.feed_item_id)
        .join(silent, silent.c.agency_id == Team.agency_id)
        .join(ExpectationItem, ExpectationItem.item_id == silent.c.item_id)
        .where(Team.id.in_(teams))
        .distinct()
        .order_by(silent.c.feed_item_id)
    ):
        found[row.id, row.version_id].append(feeds[row.agency_id, row.feed_item_id])
    return found


def untold(on: Day, known_at: KnownAt) -> Select[int, int]:
    """Select the teams and versions of which nothing can be told on a date, as (team_id, version_id): their agency
    has a silent feed for an item of the version's set, or for one that counts as one.

    Worked out from the silent feeds alone, so that it costs next to nothing where there are none.
    """
    silent = silent_items(on, known_at)
    return (
        select(Team.id.label("team_id"), ExpectationItem.version_id)
        .join(silent, silent.c.agency_id == Team.agency_id)
        .join(ExpectationItem, ExpectationItem.item_id == silent.c.item_id)
    )


def silent_items(on: Day, known_at: KnownAt) -> CTE:
    """Each item of a silent feed, and the items it counts as, with the feed's own item as ``feed_item_id``."""
    feed = _feeds(on, known_at).subquery("feed_read")
    return _and_what_they_count_as(
        select(feed.c.agency_id, feed.c.item_id.label("feed_item_id"), feed.c.item_id).where(feed.c.silent),
        "silent",
        lambda link: known(known_at, link.recorded_at, link.withdrawn_at),
    )


async def feeds_telling(
    session: AsyncSession, on: date, *, known_at: datetime | None
) -> dict[tuple[int, int], list[FeedState]]:
    """The feeds in force on a date that tell of an expectation as it is then, by the ids of agency and expectation."""
    feeds = {(feed.agency_id, feed.item_id): feed for feed in await feeds_on(session, on, known_at=known_at)}
    feed = _feeds(on, known_at).subquery("feed_read")
    told = _and_what_they_count_as(
        select(feed.c.agency_id, feed.c.item_id.label("feed_item_id"), feed.c.item_id),
        "told",
        lambda link: known(known_at, link.recorded_at, link.withdrawn_at),
    )
    version, later = ExpectationVersion, aliased(ExpectationVersion)
    found: dict[tuple[int, int], list[FeedState]] = defaultdict(list)
    for row in await session.execute(
        select(told.c.agency_id, told.c.feed_item_id, version.expectation_id)
        .join(ExpectationItem, ExpectationItem.item_id == told.c.item_id)
        .join(version, version.id == ExpectationItem.version_id)
        .where(
            version.effective_from <= on,
            known(known_at, version.published_at, version.withdrawn_at),
            ~exists().where(
                later.expectation_id == version.expectation_id,
                later.effective_from.between(add_days(version.effective_from, 1), on),
                known(known_at, later.published_at, later.withdrawn_at),
            ),
        )
        .distinct()
    ):
        found[row.agency_id, row.expectation_id].append(feeds[row.agency_id, row.feed_item_id])
    return found


async def expectations_told_of(session: AsyncSession) -> dict[tuple[int, int], set[int]]:
    """The expectations that each feed there is or was tells of, by the ids of its agency and item."""
    feed = select(Feed.agency_id, Feed.item_id.label("feed_item_id"), Feed.item_id)
    item = _and_what_they_count_as(feed, "fed", lambda _link: true())
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    for row in await session.execute(
        select(item.c.agency_id, item.c.feed_item_id, ExpectationVersion.expectation_id)
        .join(ExpectationItem, ExpectationItem.item_id == item.c.item_id)
        .join(ExpectationVersion, ExpectationVersion.id == ExpectationItem.version_id)
        .distinct()
    ):
        found[row.agency_id, row.feed_item_id].add(row.expectation_id)
    return found


def _and_what_they_count_as(
    feeds: Select[int, int, int], name: str, stood: Callable[[type[Equivalence]], ColumnElement[bool]]
) -> CTE:
    """Along everybody's equivalences, whenever they hold: which of a feed's completions are missing cannot be told.

    Not along what the agency adds itself, nor what does not hold with it: silence must be no way to be blamed less.
    """
    item = feeds.cte(name, recursive=True)
    denied = aliased(Equivalence)
    denies = (
        exists()
        .where(
            denied.agency_id == item.c.agency_id,
            denied.item_id == Equivalence.item_id,
            denied.counts_as_id == Equivalence.counts_as_id,
            ~denied.holds,
            stood(denied),
        )
        .correlate_except(denied)
    )
    return item.union(
        select(item.c.agency_id, item.c.feed_item_id, Equivalence.counts_as_id).join(
            Equivalence,
            and_(
                Equivalence.item_id == item.c.item_id,
                Equivalence.agency_id.is_(None),
                stood(Equivalence),
                ~denies,
            ),
        )
    )


def _feeds(on: Day, known_at: KnownAt) -> Select[int, int, int, date, date, bool]:
    """Data as at a later day tell of the days before it too, so the newest decide, whatever the date.

    What is too old hides nothing where nothing done since would count: no window of the course was open after it.
    """
    newest = (
        select(func.max(FeedReceipt.as_at))
        .where(
            FeedReceipt.agency_id == Feed.agency_id,
            FeedReceipt.item_id == Feed.item_id,
            known(known_at, FeedReceipt.recorded_at, FeedReceipt.withdrawn_at),
        )
        .scalar_subquery()
    )
    feed = (
        select(Feed.agency_id, Feed.item_id, Feed.limit_days, Feed.starts_on, newest.label("as_at"))
        .where(Feed.starts_on <= on, known(known_at, Feed.recorded_at, Feed.withdrawn_at))
        .subquery("feed_on")
        .c
    )
    window = AcceptanceWindow
    windows = window.item_id == feed.item_id, known(known_at, window.recorded_at, window.withdrawn_at)
    open_since = exists().where(
        *windows,
        or_(window.accepted_from.is_(None), window.accepted_from <= on),
        or_(window.accepted_until.is_(None), feed.as_at.is_(None), window.accepted_until > feed.as_at),
    )
    too_old = or_(feed.as_at.is_(None), add_days(feed.as_at, feed.limit_days) < on)
    return select(*feed, and_(too_old, or_(~exists().where(*windows), open_since)).label("silent"))
