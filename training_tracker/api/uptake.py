"""Figures: an agency's own by expectation, or the partnership's table with small numbers suppressed."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from training_tracker.access.permissions import May
from training_tracker.access.tokens import Service
from training_tracker.api.errors import may_answer
from training_tracker.calendar import in_words
from training_tracker.database import Database
from training_tracker.errors import Refused
from training_tracker.standing.known import posts_of_agency
from training_tracker.uptake.counting import By, Counts, Share, by_expectation, uptake
from training_tracker.uptake.publishing import published_table
from training_tracker.uptake.suppression import PublishedCell, Word
from training_tracker.web.dependencies import MAY

# No fact is older.
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Figure:
    """Of ``n`` posts ``met`` have what the expectation asks. None of it is given where there is a ``word`` for why not.

    ``percent`` is None also where there is nobody to measure. ``as_at`` is the day on which it was so.
    """

    agency: str
    expectation: str
    title: str
    target_percent: float
    n: int | None
    met: int | None
    percent: float | None
    word: Word
    as_at: date


@dataclass(frozen=True, slots=True)
class Figures:
    """``merged`` are the agencies that are too small to have a line of their own. A partnership's figures are those
    published last until the day that is asked for, ``as_at`` the day of it; each may be older.
    """

    of: str
    as_at: date
    figures: list[Figure]
    merged: list[str]


@get(
    "/uptake",
    opt={MAY: May.FIGURES_AS_JSON},
    summary="Of how many posts it is met what is expected",
    response_description="The figures",
    responses=may_answer(),
)
async def read_uptake(
    service: NamedDependency[Service],
    database: NamedDependency[Database],
    today: NamedDependency[date],
    on: Annotated[
        date | None, QueryParameter(description="As at the end of this day; today, if none is given.")
    ] = None,
) -> Figures:
    on = on or today
    if not EARLIEST <= on <= today:
        raise Refused(f"{in_words(on)} is no day of which figures are told", "Give one until today.", "on")
    async with database.reading() as session:
        if service.agency_id is not None:
            lines = await uptake(session, on, by=By.AGENCY, today=today, posts=posts_of_agency(service.agency_id))
            own = [_of_agency(service.of, share, on) for share in by_expectation(lines)]
            return Figures(service.of, on, own, merged=[])
        assert service.partnership_id is not None
        table = await published_table(session, service.partnership_id, on)
    return Figures(service.of, table.as_at, [_published(*cell) for cell in table.cells], table.merged)


def _of_agency(agency: str, share: Share, on: date) -> Figure:
    word: Word = "unknown" if share.counts.unknown and not share.counts.measured else ""
    return _figure(agency, share.code, share.name, share.target_percent, share.counts, word, on)


def _published(agency: str, code: str, title: str, cell: PublishedCell) -> Figure:
    return _figure(agency, code, title, cell.target_percent, cell.counts, cell.word, cell.as_at)


def _figure(
    agency: str, code: str, title: str, target: float, counts: Counts | None, word: Word, as_at: date
) -> Figure:
    if counts is None or word:
        return Figure(agency, code, title, target, None, None, None, word, as_at)
    return Figure(agency, code, title, target, counts.measured, counts.met, counts.percent, word, as_at)
