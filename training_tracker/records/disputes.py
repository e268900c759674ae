"""What somebody says is not right in their record, as it is read: what waits, for whom, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import Days
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.errors import NotFound
from training_tracker.people.models import Agency, Post, Practitioner, Team
from training_tracker.people.posts import in_post
from training_tracker.records.models import Completion, Dispute, Fact, Verdict, Wrong

OPEN: ColumnElement[bool] = and_(Dispute.withdrawn_at.is_(None), Dispute.verdict.is_(None))


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute with what is recorded, or was at the last, of what it is about.

    ``recorded_by`` is a name where it is known whose address stands under it; ``stands`` whether it counts now.
    """

    id: int
    practitioner_id: int
    name: str
    agency: str
    agency_id: int
    item_id: int
    code: str
    title: str
    days: Days
    hours: float | None
    evidence: str
    source: str
    strength: Strength
    recorded_by: str
    recorded_at: datetime
    stands: bool
    wrong: Wrong
    words: str
    said_at: datetime
    withdrawn_at: datetime | None
    verdict: Verdict | None
    reason: str | None
    decided_as: str | None
    decided_at: datetime | None

    @property
    def open(self) -> bool:
        return self.verdict is None and self.withdrawn_at is None

    @property
    def fact(self) -> Fact:
        return self.practitioner_id, self.item_id, self.days.first


@dataclass(frozen=True, slots=True)
class Disputes:
    lines: list[DisputeLine]
    total: int


async def disputes_to_decide(
    session: AsyncSession,
    teams: Select[int],
    *,
    but: int,
    person: int = 0,
    page: int = 1,
    page_size: int = 50,
) -> Disputes:
    """A page of what waits to be decided of people in these teams, asked of the teams' own agency, the oldest first.

    ``but`` is who cannot decide about their own; ``person`` narrows it to one.
    """
    found = _to_be_decided(teams, but)
    if person:
        found = found.where(Dispute.practitioner_id == person)
    counted = found.add_columns(func.count().over()).order_by(Dispute.said_at, Dispute.id)
    rows = (await session.execute(counted.limit(page_size).offset((page - 1) * page_size))).all()
    return Disputes([_line(row) for row in rows], rows[0][-1] if rows else 0)


def number_to_decide(teams: Select[int], but: ColumnElement[int]) -> ScalarSelect[int]:
    """How many of them there are, as a part of another statement."""
    stands = select(Completion.id).where(_same_fact(Completion), Completion.voided_at.is_(None)).exists()
    return select(func.count(Dispute.id)).where(OPEN, stands, _asked_of(teams, but)).scalar_subquery()


async def dispute_in_sight(session: AsyncSession, teams: Select[int], dispute_id: int, *, but: int) -> DisputeLine:
    """One of them, decided or not. Raises :class:`NotFound` for every other, and for what was taken back."""
    found = _lines().where(Dispute.id == dispute_id, Dispute.withdrawn_at.is_(None), _asked_of(teams, but))
    row = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound(f"dispute {dispute_id}")
    return _line(row)


async def disputes_of(session: AsyncSession, practitioner_id: int) -> list[DisputeLine]:
    """All that a person ever said is not right and did not take back, the newest first."""
    found = _lines().where(Dispute.practitioner_id == practitioner_id, Dispute.withdrawn_at.is_(None))
    return [_line(row) for row in await session.execute(found.order_by(Dispute.said_at.desc(), Dispute.id.desc()))]


async def open_by_team(session: AsyncSession, on: date) -> Sequence[tuple[int, int, int]]:
    """What waits to be decided, once for each team of the agency that is asked in which the person works on a day: the
    ids of the team, the person and the dispute."""
    rows = await session.execute(
        select(Post.team_id, Dispute.practitioner_id, Dispute.id)
        .select_from(Dispute)
        .join(Completion, _same_fact(Completion) & Completion.voided_at.is_(None))
        .join(Post, Post.practitioner_id == Dispute.practitioner_id)
        .join(Team, and_(Team.id == Post.team_id, Team.agency_id == Dispute.agency_id))
        .where(OPEN, in_post(on))
        .distinct()
    )
    return rows.all()


async def newest_of_fact(session: AsyncSession, practitioner_id: int, completion_id: int) -> Completion:
    """What the record has last of the fact that a completion of this person tells, counting or not.

    Raises :class:`NotFound` for a completion of anybody else.
    """
    asked = await session.get(Completion, completion_id)
    if asked is None or asked.practitioner_id != practitioner_id:
        raise NotFound(f"completion {completion_id}")
    return (await session.scalars(rows_of(asked.fact).limit(1))).one()


def is_disputed(completion: Any, known_at: datetime | ColumnElement[datetime] | None = None) -> ColumnElement[bool]:
    """Whether a dispute is about a completion and waits to be decided, now or as it was at a moment."""
    waits = OPEN
    if known_at is not None:
        ended = func.coalesce(Dispute.withdrawn_at, Dispute.decided_at)
        waits = and_(Dispute.said_at <= known_at, or_(ended.is_(None), ended > known_at))
    return and_(_same_fact(completion), waits)


def rows_of(fact: Fact) -> Select[Completion]:
    """What the record has of a fact, the newest first: where one stands, it is that."""
    return (
        select(Completion)
        .where(
            Completion.practitioner_id == fact[0],
            Completion.item_id == fact[1],
            Completion.completed_on == fact[2],
        )
        .order_by(Completion.id.desc())
    )


def _same_fact(completion: Any) -> ColumnElement[bool]:
    return and_(
        completion.practitioner_id == Dispute.practitioner_id,
        completion.item_id == Dispute.item_id,
        completion.completed_on == Dispute.completed_on,
    )


def _asked_of(teams: Select[int], but: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the person has, or had, a post in one of the teams, and it is the team's agency that is asked."""
    works = (
        select(Post.id)
        .join(Team, Team.id == Post.team_id)
        .where(
            Post.practitioner_id == Dispute.practitioner_id,
            Team.agency_id == Dispute.agency_id,
            Team.id.in_(teams),
        )
    )
    return and_(Dispute.practitioner_id != but, works.exists())


def _to_be_decided(teams: Select[int], but: int | ColumnElement[int]) -> Any:
    return _lines().where(OPEN, Completion.voided_at.is_(None), _asked_of(teams, but))


def _lines() -> Any:
    other, recorder = aliased(Completion), aliased(Practitioner)
    newest = select(func.max(other.id)).where(_same_fact(other)).correlate(Dispute).scalar_subquery()
    return (
        select(
            Dispute,
            Completion,
            Practitioner.name,
            Agency.name.label("agency"),
            Item.code,
            Item.title,
            func.coalesce(recorder.name, Completion.recorded_by).label("recorded_by"),
        )
        .select_from(Dispute)
        # By the fact too: behind its wall PostgreSQL looks nothing up by what has to be asked for first.
        .join(Completion, and_(_same_fact(Completion), Completion.id == newest))
        .join(Practitioner, Practitioner.id == Dispute.practitioner_id)
        .join(Agency, Agency.id == Dispute.agency_id)
        .join(Item, Item.id == Dispute.item_id)
        .outerjoin(recorder, recorder.email == func.lower(Completion.recorded_by))
    )


def _line(row: Any) -> DisputeLine:
    said, recorded = row.Dispute, row.Completion
    return DisputeLine(
        id=said.id,
        practitioner_id=said.practitioner_id,
        name=row.name,
        agency=row.agency,
        agency_id=said.agency_id,
        item_id=said.item_id,
        code=row.code,
        title=row.title,
        days=Days(recorded.completed_on, recorded.completed_by),
        hours=recorded.hours,
        evidence=recorded.evidence,
        source=recorded.source,
        strength=recorded.strength,
        recorded_by=row.recorded_by,
        recorded_at=recorded.recorded_at,
        stands=recorded.voided_at is None,
        wrong=said.wrong,
        words=said.words,
        said_at=said.said_at,
        withdrawn_at=said.withdrawn_at,
        verdict=said.verdict,
        reason=said.reason,
        decided_as=said.decided_as,
        decided_at=said.decided_at,
    )
