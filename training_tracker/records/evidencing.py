"""Attaching a certificate to what somebody says they have done, replacing it, and taking it away.

It stays theirs: whoever may confirm it reads it until then, and after that nobody to whom they do not show it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.catalogue.evidence import Strength
from training_tracker.catalogue.models import Item
from training_tracker.errors import NotFound, Refused
from training_tracker.records.certificates import Certificate
from training_tracker.records.models import Completion, Evidence, EvidenceFile, Fact


@dataclass(frozen=True, slots=True)
class Attached:
    """A certificate and what it is of."""

    certificate: Certificate
    completion: Completion


async def attach(session: AsyncSession, fact: Fact, certificate: Certificate) -> None:
    """Let this be the certificate of a fact, in place of the one there was.

    Raises :class:`Refused` where the fact is more than the person's own word by now.
    """
    await _refuse_confirmed(session, fact)
    await _remove(session, fact)
    practitioner_id, item_id, completed_on = fact
    row = Evidence(
        practitioner_id=practitioner_id,
        item_id=item_id,
        completed_on=completed_on,
        media_type=certificate.media_type,
        size=len(certificate.content),
        attached_at=now(),
    )
    session.add(row)
    await session.flush()
    session.add(EvidenceFile(evidence_id=row.id, practitioner_id=practitioner_id, content=certificate.content))


async def remove_evidence(session: AsyncSession, fact: Fact) -> None:
    """Take the certificate of a fact away. Raises :class:`Refused` as :func:`attach` does."""
    await _refuse_confirmed(session, fact)
    await _remove(session, fact)


async def evidence_about(session: AsyncSession, fact: Fact) -> Evidence | None:
    """What is told of a fact's certificate, without the file."""
    return await session.scalar(select(Evidence).where(_of(fact)))


@dataclass(frozen=True, slots=True)
class Kept:
    """A certificate that somebody attached; ``completion_id`` is of what the record has last of its fact."""

    completion_id: int
    title: str
    completed_on: date
    media_type: str


async def certificates_of(session: AsyncSession, practitioner_id: int) -> list[Kept]:
    """All that a person ever attached and did not take away, the newest fact first."""
    rows = await session.execute(
        select(func.max(Completion.id), Item.title, Evidence.completed_on, Evidence.media_type)
        .join(Evidence, of_the_same_fact(Completion))
        .join(Item, Item.id == Evidence.item_id)
        .where(Evidence.practitioner_id == practitioner_id)
        .group_by(Evidence.id, Item.title)
        .order_by(Evidence.completed_on.desc(), Evidence.id.desc())
    )
    return [Kept(*row) for row in rows]


async def evidence_of(session: AsyncSession, completion_id: int) -> Attached:
    """The certificate of the fact that a completion tells. Raises :class:`NotFound` if there is none.

    Whether the reader may see it the caller has made sure of.
    """
    row = (
        await session.execute(
            select(Completion, Evidence.media_type, EvidenceFile.content)
            .join(Evidence, of_the_same_fact(Completion))
            .join(EvidenceFile, EvidenceFile.evidence_id == Evidence.id)
            .where(Completion.id == completion_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"certificate of completion {completion_id}")
    return Attached(Certificate(row.media_type, row.content), row.Completion)


def of_the_same_fact(completion: Any) -> ColumnElement[bool]:
    """Whether a certificate is of the fact that a completion tells."""
    return and_(
        Evidence.practitioner_id == completion.practitioner_id,
        Evidence.item_id == completion.item_id,
        Evidence.completed_on == completion.completed_on,
    )


async def _refuse_confirmed(session: AsyncSession, fact: Fact) -> None:
    """Nobody else changes what stands of the fact, or its certificate, until this transaction ends."""
    stands = select(Completion).where(
        Completion.practitioner_id == fact[0],
        Completion.item_id == fact[1],
        Completion.completed_on == fact[2],
        Completion.voided_at.is_(None),
    )
    found = await session.scalar(stands.with_for_update())
    if found is None:
        raise Refused("This does not stand in your record any more", "There is nothing to attach to.", "file")
    if found.strength is not Strength.SELF_DECLARED:
        raise Refused("This is confirmed already", "Its certificate stays as it is.", "file")


async def _remove(session: AsyncSession, fact: Fact) -> None:
    found = await session.scalar(select(Evidence.id).where(_of(fact)))
    await session.execute(delete(EvidenceFile).where(EvidenceFile.evidence_id == found))
    await session.execute(delete(Evidence).where(Evidence.id == found))


def _of(fact: Fact) -> ColumnElement[bool]:
    return and_(
        Evidence.practitioner_id == fact[0],
        Evidence.item_id == fact[1],
        Evidence.completed_on == fact[2],
    )
