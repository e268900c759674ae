"""What a change of rules would do before it is done: who would turn overdue on what day, and who no longer would be."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    FromClause,
    MetaData,
    Row,
    Select,
    Table,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.database import add_days, as_date, latest
from training_tracker.expectations.models import Exemption, Expectation, ExpectationVersion, Measure
from training_tracker.people.models import Absence, Agency, Post, Practitioner, Team
from training_tracker.standing.equivalent import FOREVER
from training_tracker.standing.feeds import untold
from training_tracker.standing.models import Standing
from training_tracker.standing.thresholds import thresholds


@dataclass(frozen=True, slots=True)
class Turning:
    """People of an agency who turn overdue for an expectation on one day, and would not be overdue then otherwise.

    ``anyway`` are those of them who would be later on, within the time looked at, without the change.
    """

    agency: str
    expectation: str
    title: str
    on: date
    people: int
    posts: int
    anyway: int


@dataclass(frozen=True, slots=True)
class Relieved:
    """People of an agency who would be overdue on one day, and are not any more from then on."""

    agency: str
    expectation: str
    title: str
    on: date
    people: int
    posts: int


@dataclass(frozen=True, slots=True)
class Needed:
    """The places that an agency's people who turn overdue need: ``amount`` items or hours each, at most."""

    agency: str
    expectation: str
    title: str
    people: int
    amount: float
    measure: Measure

    @property
    def places(self) -> float:
        return self.people * self.amount


@dataclass(frozen=True, slots=True)
class TurningPerson:
    agency: str
    team: str
    name: str
    expectation: str
    title: str
    on: date


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``silent`` are the agencies whose feed is missing or stale for what somebody of theirs turns overdue for, or no
    longer is: it reads unknown there.
    """

    turning: list[Turning]
    needed: list[Needed]
    relieved: list[Relieved]
    people: list[TurningPerson]
    silent: list[str]


async def rehearse(session: AsyncSession, on: date, until: date, *, named: bool = False) -> Rehearsal:
    """Compare the standings kept with what the facts of this transaction come to, between two days.

    For :meth:`Database.rehearsing`, which leaves the kept standings as they were. Required expectations of people;
    who is exempt or on leave on the day is left out. With ``named`` everybody who turns overdue is listed as well.
    """
    return await compared(session, Standing.__table__, await rehearsed(session), on, until, named=named)


async def compared(
    session: AsyncSession, old: FromClause, new: FromClause, on: date, until: date, *, named: bool = False
) -> Rehearsal:
    """The same of some standings of the same expectations, as they were and as they would be."""
    kept, changed = _overdue(old, "overdue_kept"), _overdue(new, "overdue_changed")
    turned = _only_in(changed, kept, old, on, until, "turned")
    relieved = _only_in(kept, changed, new, on, until, "relieved")
    anyway = exists().where(
        kept.c.post_id == turned.c.post_id,
        kept.c.expectation_id == turned.c.expectation_id,
        kept.c.since > turned.c.day,
        kept.c.since <= until,
    )
    turning = await session.execute(
        _by_agency(turned, func.count(turned.c.practitioner_id.distinct()).filter(anyway).label("anyway"))
    )
    needed = await session.execute(
        select(
            Agency.name,
            Expectation.code,
            Expectation.title,
            func.count(turned.c.practitioner_id.distinct()),
            ExpectationVersion.amount,
            ExpectationVersion.measure,
        )
        .join_from(turned, Agency, Agency.id == turned.c.agency_id)
        .join(Expectation, Expectation.id == turned.c.expectation_id)
        .join(ExpectationVersion, ExpectationVersion.id == turned.c.version_id)
        .group_by(
            Agency.name, Expectation.code, Expectation.title, ExpectationVersion.amount, ExpectationVersion.measure
        )
        .order_by(Agency.name, Expectation.code)
    )
    return Rehearsal(
        turning=[Turning(*_line(row), row.anyway) for row in turning],
        needed=[Needed(*row) for row in needed],
        relieved=[Relieved(*_line(row)) for row in await session.execute(_by_agency(relieved))],
        people=[TurningPerson(*row) for row in await session.execute(_people(turned))] if named else [],
        silent=await _silent(session, on, turned, relieved),
    )


async def people_turning(
    session: AsyncSession, old: FromClause, new: FromClause, on: date, until: date
) -> tuple[list[tuple[date, int]], list[tuple[date, int]]]:
    """How many different people turn overdue by the change, by the first day on which they do; and how many are no
    longer, likewise. Of whatever agency and expectation.
    """
    kept, changed = _overdue(old, "overdue_kept"), _overdue(new, "overdue_changed")
    found = []
    for turned in (_only_in(changed, kept, old, on, until, "turned"), _only_in(kept, changed, new, on, until, "freed")):
        first = select(func.min(turned.c.day).label("day")).group_by(turned.c.practitioner_id).subquery("first")
        rows = await session.execute(select(first.c.day, func.count()).group_by(first.c.day).order_by(first.c.day))
        found.append([(row[0], row[1]) for row in rows])
    return found[0], found[1]


async def rehearsed(session: AsyncSession, **narrowed: Any) -> Table:
    """The standings that the facts of this transaction come to, in a table that goes when it is rolled back.

    ``narrowed`` as :func:`thresholds` takes it.
    """
    table = Table(
        "rehearsed",
        MetaData(),
        *(Column(column.name, column.type, index=column.name == "post_id") for column in Standing.__table__.c),
        prefixes=["TEMPORARY"],
    )
    connection = await session.connection()
    await connection.run_sync(table.create)
    statement = thresholds(**narrowed)
    await session.execute(insert(table).from_select([column.name for column in statement.selected_columns], statement))
    return table


def _overdue(standing: FromClause, name: str) -> CTE:
    """From when until when each standing is overdue, if it ever is while it is in force."""
    last_day = func.coalesce(standing.c.grace_until, standing.c.due_on)
    since = as_date(latest(standing.c.in_force_from, add_days(last_day, 1)))
    return (
        select(
            standing.c.post_id,
            standing.c.version_id,
            standing.c.expectation_id,
            since.label("since"),
            standing.c.in_force_until.label("until"),
        )
        .join(ExpectationVersion, ExpectationVersion.id == standing.c.version_id)
        .where(
            last_day < standing.c.in_force_until,
            ExpectationVersion.required,
            ExpectationVersion.people_in_setting.is_(None),
        )
        .cte(name)
    )


def _only_in(these: CTE, those: CTE, standings: FromClause, on: date, until: date, name: str) -> CTE:
    """The first day between the two on which somebody is overdue by these and not by those.

    It can only be the first on which these are overdue, or the day after the standings behind those, an exemption or a
    leave end.
    """
    first = as_date(latest(these.c.since, on))
    overdue = these.c.post_id, these.c.version_id, these.c.expectation_id, these.c.until
    same = and_(standings.c.post_id == these.c.post_id, standings.c.expectation_id == these.c.expectation_id)
    ends = as_date(latest(first, add_days(standings.c.in_force_until, 1)))
    days = union_all(
        select(*overdue, first.label("day")),
        select(*overdue, ends).join(standings, and_(same, standings.c.in_force_until < FOREVER)),
        select(*overdue, as_date(latest(first, add_days(Exemption.until, 1)))).join(
            Exemption,
            and_(
                Exemption.post_id == these.c.post_id,
                Exemption.expectation_id == these.c.expectation_id,
                Exemption.withdrawn_at.is_(None),
            ),
        ),
        select(*overdue, as_date(latest(first, add_days(Absence.ends_on, 1)))).join(
            Absence,
            and_(Absence.post_id == these.c.post_id, Absence.ends_on.is_not(None), Absence.withdrawn_at.is_(None)),
        ),
    ).cte(f"days_{name}")
    there_too = exists().where(
        those.c.post_id == days.c.post_id,
        those.c.expectation_id == days.c.expectation_id,
        those.c.since <= days.c.day,
        those.c.until >= days.c.day,
    )
    return (
        select(
            days.c.post_id,
            days.c.version_id,
            days.c.expectation_id,
            Post.practitioner_id,
            Post.team_id,
            Team.agency_id,
            as_date(func.min(days.c.day)).label("day"),
        )
        .join(Post, Post.id == days.c.post_id)
        .join(Team, Team.id == Post.team_id)
        .where(days.c.day <= until, days.c.day <= days.c.until, ~there_too, ~_excused(days))
        .group_by(
            *(days.c.post_id, days.c.version_id, days.c.expectation_id),
            *(Post.practitioner_id, Post.team_id, Team.agency_id),
        )
        .cte(name)
    )


def _excused(days: CTE) -> ColumnElement[bool]:
    return or_(
        exists().where(
            Exemption.post_id == days.c.post_id,
            Exemption.expectation_id == days.c.expectation_id,
            Exemption.starts_on <= days.c.day,
            Exemption.until >= days.c.day,
            Exemption.withdrawn_at.is_(None),
        ),
        exists().where(
            Absence.post_id == days.c.post_id,
            Absence.starts_on <= days.c.day,
            or_(Absence.ends_on.is_(None), Absence.ends_on >= days.c.day),
            Absence.withdrawn_at.is_(None),
        ),
    )


def _by_agency(found: CTE, *more: ColumnElement[int]) -> Select[Any]:
    return (
        select(
            Agency.name.label("agency"),
            Expectation.code.label("expectation"),
            Expectation.title.label("title"),
            found.c.day,
            func.count(found.c.practitioner_id.distinct()).label("people"),
            func.count(found.c.post_id.distinct()).label("posts"),
            *more,
        )
        .join_from(found, Agency, Agency.id == found.c.agency_id)
        .join(Expectation, Expectation.id == found.c.expectation_id)
        .group_by(Agency.name, Expectation.code, Expectation.title, found.c.day)
        .order_by(Agency.name, Expectation.code, found.c.day)
    )


def _line(row: Row[Any]) -> tuple[str, str, str, date, int, int]:
    return row.agency, row.expectation, row.title, row.day, row.people, row.posts


async def _silent(session: AsyncSession, on: date, *found: CTE) -> list[str]:
    nothing_told = untold(on, None)
    agencies = [
        select(Agency.name)
        .join_from(one, Agency, Agency.id == one.c.agency_id)
        .where(tuple_(one.c.team_id, one.c.version_id).in_(nothing_told))
        for one in found
    ]
    return sorted(await session.scalars(union(*agencies)))


def _people(turned: CTE) -> Select[Any]:
    return (
        select(Agency.name, Team.name, Practitioner.name, Expectation.code, Expectation.title, turned.c.day)
        .join_from(turned, Agency, Agency.id == turned.c.agency_id)
        .join(Team, Team.id == turned.c.team_id)
        .join(Practitioner, Practitioner.id == turned.c.practitioner_id)
        .join(Expectation, Expectation.id == turned.c.expectation_id)
        .distinct()
        .order_by(Agency.name, Team.name, Practitioner.name, Expectation.code, turned.c.day)
    )
