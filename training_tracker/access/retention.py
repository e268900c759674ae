"""How long each agency keeps the records of whoever has left, and who is erased when that is over.

The periods are each agency's own (the NHS and councils have theirs in law and custom): there is none until one is set.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, Select, and_, case, func, literal, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.access.erasing import ERASURE, erase
from training_tracker.access.models import AgencyRetention
from training_tracker.audit.models import AuditAct, AuditEntry
from training_tracker.calendar import now
from training_tracker.database import Database, add_months
from training_tracker.errors import Refused
from training_tracker.people.models import Agency, Post, Practitioner, Team

SHORTEST, LONGEST = 12, 600
# So many people are erased in one transaction.
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody whose record is kept no longer; ``left_on`` was their last day, in the agency that asks if one does."""

    practitioner_id: int
    name: str
    left_on: date


@dataclass(frozen=True, slots=True)
class Leavers:
    lines: list[Leaver]
    total: int


async def set_retention(session: AsyncSession, agency_id: int, months: int | None, by: str) -> None:
    """Keep the records of whoever leaves an agency for so many months after their last day; None keeps them.

    Raises :class:`Refused` for a period that is no period.
    """
    if months is not None:
        _check(months)
    own = await session.get(AgencyRetention, agency_id)
    if months is None:
        if own is not None:
            await session.delete(own)
        return
    own = own or AgencyRetention(agency_id=agency_id)
    own.months, own.set_at, own.set_by = months, now(), by
    session.add(own)


def read_months(written: str) -> int:
    """Raises :class:`Refused` for what is no number of months that a record is kept for."""
    if not (written.isdecimal() and len(written) < 6):
        raise Refused("This is no number of months", "Write it like 72.", "months")
    _check(int(written))
    return int(written)


def period_in_words(months: int | None) -> str:
    return "until somebody asks" if months is None else f"for {months} months after their last day"


async def retentions(session: AsyncSession) -> list[tuple[Agency, int | None]]:
    """Every agency with the months for which it keeps the records of leavers; None for those that have not said."""
    found = select(Agency, AgencyRetention.months).outerjoin(AgencyRetention).order_by(Agency.name)
    return [(agency, months) for agency, months in await session.execute(found)]


async def periods(session: AsyncSession) -> dict[int, int]:
    """The months for which agencies keep the records of leavers, by their ids; without those that have not said."""
    rows = await session.execute(select(AgencyRetention.agency_id, AgencyRetention.months))
    return dict(rows.all())


async def leavers(
    session: AsyncSession,
    on: date,
    agency_id: int | None = None,
    months: int | None = None,
    *,
    page: int = 1,
    page_size: int = 50,
) -> Leavers:
    """Whose record is kept no longer on a day, who left first at the top: everybody, or who worked for one agency.

    ``months`` is a period that the agency thinks of having.
    """
    left_on: ColumnElement[date] = type_coerce(func.max(Post.ended_on), Date)
    found = (
        select(Practitioner.id, Practitioner.name, left_on)
        .join(Post, Post.practitioner_id == Practitioner.id)
        .where(_over(on, agency_id, months))
        .group_by(Practitioner.id, Practitioner.name)
    )
    if agency_id is not None:
        found = found.join(Team, Team.id == Post.team_id).where(Team.agency_id == agency_id)
    some = found.order_by(left_on, Practitioner.id).limit(page_size).offset((page - 1) * page_size)
    lines = [Leaver(*row) for row in await session.execute(some)]
    return Leavers(lines, await session.scalar(select(func.count()).select_from(found.subquery())) or 0)


@dataclass(frozen=True, slots=True)
class Erasure:
    """So many people of an agency who were erased together, and why."""

    at: datetime
    people: int
    why: str


async def erasures(session: AsyncSession, agency_id: int, *, number: int = 24) -> list[Erasure]:
    """The last of them, as the audit trail has them."""
    found = (
        select(AuditAct.at, func.count(), AuditEntry.after)
        .join(AuditAct, AuditAct.act_id == AuditEntry.act_id)
        .where(AuditEntry.record == ERASURE, AuditEntry.agency_id == agency_id)
        .group_by(AuditAct.number, AuditAct.at, AuditEntry.after)
        .order_by(AuditAct.number.desc())
        .limit(number)
    )
    return [
        Erasure(at, people, json.loads(after or "{}").get("why", ""))
        for at, people, after in await session.execute(found)
    ]


async def erase_leavers(database: Database, on: date) -> int:
    """Erase everybody whose record is kept no longer, some at a time; says how many."""
    erased = 0
    while True:
        async with database.writing() as session:
            people = await _some(session, on)
            if not people:
                return erased
            await erase(session, people, "kept for as long as the agencies say")
        erased += len(people)


def _check(months: int) -> None:
    if not SHORTEST <= months <= LONGEST:
        raise Refused(
            f"{months} months is not between {SHORTEST} and {LONGEST}",
            "Figures are compared with those of a year before; councils commonly keep records for 72 months.",
            "months",
        )


async def _some(session: AsyncSession, on: date) -> Sequence[int]:
    statement: Select[int] = select(Practitioner.id).where(_over(on)).order_by(Practitioner.id).limit(AT_ONCE)
    return (await session.scalars(statement)).all()


def _over(on: date, agency_id: int | None = None, months: int | None = None) -> ColumnElement[bool]:
    """Whether every post of a row's practitioner ended longer ago than its agency keeps the records of leavers."""
    post, team = aliased(Post), aliased(Team)
    kept_for: ColumnElement[int] = AgencyRetention.months.expression
    if months is not None:
        kept_for = case((team.agency_id == agency_id, months), else_=kept_for)
    held = select(post.id).where(post.practitioner_id == Practitioner.id)
    kept = (
        held.join(team, team.id == post.team_id)
        .outerjoin(AgencyRetention, AgencyRetention.agency_id == team.agency_id)
        .where(or_(post.ended_on.is_(None), kept_for.is_(None), add_months(post.ended_on, kept_for) >= literal(on)))
    )
    return and_(Practitioner.erased_at.is_(None), held.exists(), ~kept.exists())
