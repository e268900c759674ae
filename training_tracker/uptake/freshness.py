"""How old the data behind the figures are: what each agency was to send, and what of it came."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words
from training_tracker.standing.feeds import FeedState, feeds_on


async def freshness(
    session: AsyncSession, on: date, agencies: Collection[str] | None = None, *, known_at: datetime | None = None
) -> list[str]:
    """A sentence for each agency that is to send anything, or for those of these names."""
    return freshness_in_words(await feeds_on(session, on, known_at=known_at), agencies)


def freshness_in_words(feeds: list[FeedState], agencies: Collection[str] | None = None) -> list[str]:
    """What is missing or too old at each agency, or else the day of its oldest data."""
    by_agency: dict[str, list[FeedState]] = defaultdict(list)
    for feed in feeds:
        if agencies is None or feed.agency in agencies:
            by_agency[feed.agency].append(feed)
    return [_sentence(agency, sent) for agency, sent in by_agency.items()]


def data_as_at(feeds: list[FeedState]) -> date | None:
    """The day of the oldest data: of each feed the newest that came. None where one never came, or there is none."""
    days = [feed.as_at for feed in feeds if feed.as_at]
    return min(days, default=None) if len(days) == len(feeds) else None


def silent_agencies(feeds: list[FeedState]) -> list[str]:
    """Of whom something that was to come has not, by name."""
    return sorted({feed.agency for feed in feeds if feed.silent})


def _sentence(agency: str, feeds: list[FeedState]) -> str:
    silent = [feed.in_words for feed in feeds if feed.silent]
    if silent:
        return f"{agency}: {' and '.join(silent)}. What rests on them is unknown."
    oldest = min(feed.as_at for feed in feeds if feed.as_at)
    return f"{agency}: its records are in time, the oldest as at {in_words(oldest)}."
