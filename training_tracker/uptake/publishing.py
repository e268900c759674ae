"""The partnership reads what was published: figures of a day that stay as they were, and that a later one follows only
where nobody can tell from the two what few people did in between.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Date, Select, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import add_months, in_words
from training_tracker.database import wait_for_turn
from training_tracker.errors import Refused
from training_tracker.expectations.models import Expectation
from training_tracker.people.models import Agency, AgencyPartnership, Team
from training_tracker.standing.known import PostFilter
from training_tracker.uptake.counting import (
    By,
    Counts,
    People,
    agencies_of_shared_people,
    families,
    people_by_agency,
    uptake,
)
from training_tracker.uptake.models import Publication, PublishedFigure
from training_tracker.uptake.numbers import publish_numbers
from training_tracker.uptake.suppression import (
    MONTHS_COMPARED,
    REMAINDER,
    Cell,
    PublishedCell,
    PublishedTable,
    Shown,
    published,
    shown_anew,
)

# The word of a cell that is in the table no more.
ENDED = "ended"

# A partnership, an agency or None for the small ones together, and an expectation, by their ids.
Place = tuple[int, int | None, int]


async def publish_uptake(session: AsyncSession, on: date, *, today: date, threshold: int) -> int:
    """Publish every partnership's figures as at a day; returns how many cells and numbers are not as they were.

    All of them in one transaction, since two partnerships may show the same agency. Raises :class:`Refused` for a day
    before the last publication.
    """
    await wait_for_turn(session, "publication")
    last = await session.scalar(select(func.max(Publication.published_on)))
    if last is not None and last > on:
        raise Refused(f"Figures were published on {in_words(last)}, after {in_words(on)}", "Look at the clock.")
    belonging = await _belonging(session)
    posts = _posts_of({agency for agencies in belonging.values() for agency in agencies})
    lines = [line for line in await uptake(session, on, by=By.AGENCY, today=today, posts=posts) if line.required]
    sizes = await people_by_agency(session, on, today=today, posts=posts)
    kin = await families(session, on, today=today)
    shared = await agencies_of_shared_people(session, on, today=today)
    past = await _public_since(session, add_months(on, -MONTHS_COMPARED))
    before = {_place(figure): figure for figure in await session.scalars(_newest(on))}
    publication = Publication(published_on=on)
    session.add(publication)
    await session.flush()
    changed = 0
    for partnership in sorted({*belonging, *(partnership for partnership, *_cell in before)}):
        agencies = belonging.get(partnership, {})
        own = [line for line in lines if line.agency_id in agencies]
        table = published(own, sizes, threshold, on=on, families=kin, shared=shared, past=past)
        past += shown_anew(table)
        figures = {_place(figure): figure for figure in _figures(partnership, table, agencies)}
        for place, figure in before.items():
            if place[0] == partnership and place not in figures and figure.word != ENDED:
                figures[place] = _ended(figure)
        for place, figure in figures.items():
            if place not in before or _says(figure) != _says(before[place]):
                figure.publication_id = publication.id
                session.add(figure)
                changed += 1
        changed += await publish_numbers(
            session, publication, partnership, _posts_of(agencies), today=today, threshold=threshold
        )
    return changed


async def published_table(session: AsyncSession, partnership_id: int, on: date) -> PublishedTable:
    """What a partnership could read at the end of a day: as at the last publication until then, or empty as at the day
    itself where there had been none.
    """
    return (await published_tables(session, partnership_id, [on]))[on]


async def published_tables(
    session: AsyncSession, partnership_id: int, days: Sequence[date], *, expectation: str = ""
) -> dict[date, PublishedTable]:
    """Likewise of several days, of everything or of one expectation by its code. Three statements."""
    publications = (
        await session.execute(select(Publication.published_on, Publication.id).order_by(Publication.id))
    ).all()
    until = {on: publications[: bisect_right(publications, on, key=lambda one: one.published_on)] for on in days}
    # Later publications have later rows, so the newest of each cell are found in its index alone.
    last = {
        on: select(PublishedFigure.id)
        .where(PublishedFigure.publication_id <= (done[-1].id if done else 0))
        .order_by(PublishedFigure.publication_id.desc(), PublishedFigure.id.desc())
        .limit(1)
        .scalar_subquery()
        for on, done in until.items()
    }
    mine = [PublishedFigure.partnership_id == partnership_id]
    if expectation:
        of = select(Expectation.id).where(Expectation.code == expectation).scalar_subquery()
        mine.append(PublishedFigure.expectation_id == of)
    newest = union_all(
        *(
            select(literal(on, Date).label("day"), func.max(PublishedFigure.id).label("id"))
            .where(*mine, PublishedFigure.id <= last[on])
            .group_by(PublishedFigure.agency_id, PublishedFigure.expectation_id)
            for on in days
        )
    )
    of_day = newest.subquery("newest")
    rows = await session.execute(
        select(*PublishedFigure.__table__.c, of_day.c.day, Expectation.code, Expectation.title, Agency.name)
        .join(of_day, of_day.c.id == PublishedFigure.id)
        .where(PublishedFigure.word != ENDED)
        .join(Expectation, Expectation.id == PublishedFigure.expectation_id)
        .outerjoin(Agency, Agency.id == PublishedFigure.agency_id)
    )
    found: dict[date, list[Any]] = {on: [] for on in days}
    merged: set[int] = set()
    for figure in rows:
        found[figure.day].append(figure)
        merged |= {*figure.merged}
    names = {
        row.id: row.name for row in await session.execute(select(Agency.id, Agency.name).where(Agency.id.in_(merged)))
    }
    return {
        on: _table(until[on][-1].published_on if until[on] else on, figures, names) for on, figures in found.items()
    }


async def first_published_on(session: AsyncSession) -> date | None:
    """The first day of which there are figures."""
    return await session.scalar(select(func.min(Publication.published_on)))


def _table(as_at: date, figures: Sequence[Any], names: dict[int, str]) -> PublishedTable:
    cells: dict[str, dict[int, PublishedCell]] = defaultdict(dict)
    named: dict[int, tuple[str, str]] = {}
    merged: set[int] = set()
    for figure in figures:
        cells[figure.name or REMAINDER][figure.expectation_id] = _cell(figure, as_at)
        named[figure.expectation_id] = (figure.title, figure.code)
        merged |= {*figure.merged}
    return PublishedTable(
        as_at=as_at,
        expectations=[(e, code, title) for e, (title, code) in sorted(named.items(), key=lambda one: one[1])],
        rows={name: cells[name] for name in sorted(cells, key=lambda name: (name == REMAINDER, name))},
        merged=sorted(names[agency] for agency in merged),
    )


async def _belonging(session: AsyncSession) -> dict[int, dict[int, str]]:
    """The agencies of each partnership, by their ids, with their names."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    rows = await session.execute(
        select(AgencyPartnership.partnership_id, Agency.id, Agency.name)
        .join(Agency, Agency.id == AgencyPartnership.agency_id)
        .where(AgencyPartnership.withdrawn_at.is_(None))
        .order_by(AgencyPartnership.partnership_id)
    )
    for partnership, agency, name in rows:
        found[partnership][agency] = name
    return found


async def _public_since(session: AsyncSession, since: date) -> list[Shown]:
    """The figures that have been public on or after a day, of every partnership."""
    days = list(await session.scalars(select(Publication.published_on).distinct().order_by(Publication.published_on)))
    rows = await session.execute(
        select(PublishedFigure, Publication.published_on)
        .join(Publication, Publication.id == PublishedFigure.publication_id)
        .where(or_(Publication.published_on > since, PublishedFigure.id.in_(_newest_ids(since))))
        .order_by(PublishedFigure.id)
    )
    cells: dict[Place, list[tuple[PublishedFigure, date]]] = defaultdict(list)
    for figure, day in rows:
        cells[_place(figure)].append((figure, day))
    names = {row.id: row.name for row in await session.execute(select(Agency.id, Agency.name))}
    public = []
    for figures in cells.values():
        ends = [_before(days, day) for _figure, day in figures[1:]] + days[-1:]
        for (figure, day), end in zip(figures, ends, strict=True):
            # One that was kept from an earlier day is there under that day.
            if figure.met is not None and figure.as_at is None:
                agencies = figure.merged if figure.agency_id is None else [figure.agency_id]
                behind = frozenset(names[agency] for agency in agencies)
                public.append(Shown(behind, figure.expectation_id, _numbers(figure), day, max(day, end)))
    return public


def _before(days: list[date], day: date) -> date:
    return days[max(0, bisect_left(days, day) - 1)]


def _newest_ids(on: date) -> Select[int]:
    """Select the newest row of each cell that was published by a day."""
    return (
        select(func.max(PublishedFigure.id))
        .join(Publication, Publication.id == PublishedFigure.publication_id)
        .where(Publication.published_on <= on)
        .group_by(PublishedFigure.partnership_id, PublishedFigure.agency_id, PublishedFigure.expectation_id)
    )


def _newest(on: date) -> Select[PublishedFigure]:
    return select(PublishedFigure).where(PublishedFigure.id.in_(_newest_ids(on)))


def _place(figure: PublishedFigure) -> Place:
    return figure.partnership_id, figure.agency_id, figure.expectation_id


def _figures(partnership: int, table: PublishedTable, agencies: dict[int, str]) -> Iterator[PublishedFigure]:
    ids = {name: number for number, name in agencies.items()}
    merged = sorted(ids[name] for name in table.merged)
    for name, row in table.rows.items():
        small = name == REMAINDER
        for expectation, cell in row.items():
            figure = PublishedFigure(
                partnership_id=partnership,
                agency_id=None if small else ids[name],
                merged=merged if small else [],
                expectation_id=expectation,
                as_at=None if cell.as_at == table.as_at else cell.as_at,
                word=cell.word,
                target_percent=cell.target_percent,
            )
            if cell.cell:
                counts, people = cell.cell.counts, cell.cell.people
                figure.met, figure.overdue = counts.met, counts.overdue
                figure.measured_people, figure.met_people = people.measured, people.met
                figure.not_met_people = people.not_met
            yield figure


def _ended(figure: PublishedFigure) -> PublishedFigure:
    return PublishedFigure(
        partnership_id=figure.partnership_id,
        agency_id=figure.agency_id,
        merged=figure.merged,
        expectation_id=figure.expectation_id,
        word=ENDED,
        target_percent=figure.target_percent,
    )


def _says(figure: PublishedFigure) -> tuple[object, ...]:
    """All that a row says of its cell."""
    numbers = (figure.met, figure.overdue, figure.measured_people, figure.met_people, figure.not_met_people)
    return (figure.merged, figure.as_at, figure.word, figure.target_percent, *numbers)


def _cell(figure: Any, as_at: date) -> PublishedCell:
    cell = None if figure.met is None else _numbers(figure)
    return PublishedCell(cell, figure.target_percent, figure.as_at or as_at, unknown=figure.word == "unknown")


def _numbers(figure: Any) -> Cell:
    """Of those who have met it, how many are due soon or in grace is not published."""
    assert figure.met is not None
    assert figure.overdue is not None
    people = People(figure.measured_people or 0, figure.met_people or 0, figure.not_met_people or 0)
    return Cell(Counts(compliant=figure.met, overdue=figure.overdue), people)


def _posts_of(agencies: Collection[int]) -> PostFilter:
    return lambda post: post.c.team_id.in_(select(Team.id).where(Team.agency_id.in_(agencies)))
