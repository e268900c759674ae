"""One person's record: everything they completed, what was taken out of the count included."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, ScalarSelect, Select, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from training_tracker.calendar import in_words
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.errors import NotFound
from training_tracker.records.evidencing import of_the_same_fact
from training_tracker.records.models import Completion, Dispute, Evidence, Verdict


@dataclass(frozen=True, slots=True)
class RecordLine:
    """``own`` where the person recorded it themselves, and so may take it back; ``certificate`` where one is attached.

    ``disputed_at`` is when they said last that it is not right, if that waits or was upheld, or is why it does not
    stand; ``verdict`` what was decided then.
    """

    id: int
    code: str
    title: str
    completed_on: date
    completed_by: date | None
    hours: float | None
    evidence: str
    source: str
    strength: Strength
    own: bool
    void_reason: str | None
    item_id: int
    certificate: bool = False
    disputed_at: datetime | None = None
    verdict: Verdict | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """``mine`` where it is read by whose it is."""

    lines: tuple[RecordLine, ...]
    total: int
    mine: bool


async def record_of(
    session: AsyncSession, practitioner_id: int, signature: str, *, page: int = 1, page_size: int = 25
) -> RecordPage:
    """A page of a person's completions, newest first.

    ``signature`` is what stands under facts they record; empty where it is somebody else who reads.
    """
    values = {_PERSON.key: practitioner_id, "page_size": page_size, "before": (page - 1) * page_size}
    rows = await session.execute(_page(), values)
    found = rows.all()
    lines = tuple(
        replace(
            _line(row.Completion, row.code, row.title, signature),
            certificate=row.certificate is not None,
            disputed_at=row.said_at,
            verdict=row.verdict,
            decided_at=row.decided_at,
        )
        for row in found
    )
    return RecordPage(lines, found[0].total if found else 0, mine=bool(signature))


_PERSON: BindParameter[int] = bindparam("practitioner_id", type_=Integer)


@cache
def _page() -> Select[Any]:
    said = aliased(Dispute)
    return (
        _lines(_PERSON)
        .add_columns(said.said_at, said.verdict, said.decided_at, Evidence.id.label("certificate"))
        .outerjoin(said, said.id == _said_last())
        .outerjoin(Evidence, of_the_same_fact(Completion))
        .order_by(Completion.completed_on.desc(), Completion.id.desc())
        .limit(bindparam("page_size", type_=Integer))
        .offset(bindparam("before", type_=Integer))
    )


async def line_of(session: AsyncSession, completion: Completion, signature: str) -> RecordLine:
    """A completion as its person's record has it, without what they said of it."""
    item = await session.get_one(Item, completion.item_id)
    return _line(completion, item.code, item.title, signature)


async def own_completion(session: AsyncSession, practitioner_id: int, signature: str, completion_id: int) -> RecordLine:
    """A completion that a person recorded themselves and that still counts. Raises :class:`NotFound` for any other."""
    row = (await session.execute(_lines(practitioner_id).where(Completion.id == completion_id))).one_or_none()
    line = _line(row[0], row[1], row[2], signature) if row else None
    if line is None or not line.own or line.void_reason is not None:
        raise NotFound(f"completion {completion_id}")
    return line


async def find_completion(session: AsyncSession, practitioner_id: int, item_id: int, completed_on: date) -> int:
    """The id of the one completion of an item on a day that still counts."""
    found: int | None = await session.scalar(
        select(Completion.id).where(
            Completion.practitioner_id == practitioner_id,
            Completion.item_id == item_id,
            Completion.completed_on == completed_on,
            Completion.voided_at.is_(None),
        )
    )
    if found is None:
        raise NotFound(f"There is no such completion on {in_words(completed_on)}, or it is voided already.")
    return found


def _said_last() -> ScalarSelect[int]:
    """The id of what was said last of a completion's fact, and is about this row of it."""
    return (
        select(func.max(Dispute.id))
        .where(
            Dispute.practitioner_id == Completion.practitioner_id,
            Dispute.item_id == Completion.item_id,
            Dispute.completed_on == Completion.completed_on,
            Dispute.withdrawn_at.is_(None),
            or_(
                and_(Completion.voided_at.is_(None), or_(Dispute.verdict.is_(None), Dispute.verdict == Verdict.UPHELD)),
                Completion.voided_at == Dispute.decided_at,
            ),
        )
        .correlate(Completion)
        .scalar_subquery()
    )


def _lines(practitioner_id: int | ColumnElement[int]) -> Select[Completion, str, str, int]:
    return (
        select(Completion, Item.code, Item.title, func.count().over().label("total"))
        .join(Item, Item.id == Completion.item_id)
        .where(Completion.practitioner_id == practitioner_id)
    )


def _line(completion: Completion, code: str, title: str, signature: str) -> RecordLine:
    return RecordLine(
        id=completion.id,
        code=code,
        title=title,
        completed_on=completion.completed_on,
        completed_by=completion.completed_by,
        hours=completion.hours,
        evidence=completion.evidence,
        source=completion.source,
        strength=completion.strength,
        own=completion.strength is Strength.SELF_DECLARED and completion.recorded_by == signature,
        void_reason=completion.void_reason,
        item_id=completion.item_id,
    )
