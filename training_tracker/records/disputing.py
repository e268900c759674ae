"""What somebody says is not right in their record: said, taken back, and decided by the agency that is asked.

Until it is decided the completion counts as recorded: no figure moves by anybody's own word.
"""

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import LONDON, Days, in_words, now
from training_tracker.catalogue.models import Item
from training_tracker.database import insert_unless_known
from training_tracker.errors import Refused
from training_tracker.records.disputes import OPEN, rows_of
from training_tracker.records.models import Completion, Dispute, Fact, Verdict, Wrong
from training_tracker.records.recording import NewCompletion, as_recorded, record_completions, void_completion


async def dispute(session: AsyncSession, fact: Fact, agency_id: int, wrong: Wrong, words: str) -> bool:
    """Say that a completion is not right; says whether it was not said already. Sent twice it is kept once."""
    practitioner_id, item_id, completed_on = fact
    said = (
        insert_unless_known(session, Dispute)
        .values(
            practitioner_id=practitioner_id,
            item_id=item_id,
            completed_on=completed_on,
            agency_id=agency_id,
            wrong=wrong,
            words=words,
            said_at=now(),
        )
        .on_conflict_do_nothing(index_elements=["practitioner_id", "item_id", "completed_on"], index_where=OPEN)
        .returning(Dispute.id)
    )
    return (await session.execute(said)).first() is not None


async def withdraw_dispute(session: AsyncSession, fact: Fact) -> None:
    """Take back what was said of a completion. Raises :class:`Refused` where nothing waits to be decided any more."""
    row = await session.scalar(select(Dispute).where(_of(fact), OPEN).with_for_update())
    if row is None:
        raise Refused("There is nothing to take back", "It was decided or taken back already.")
    row.withdrawn_at = now()


async def uphold(session: AsyncSession, dispute_id: int, *, reason: str, by: str, role: str) -> None:
    """Decide that the completion stands as it is recorded."""
    row = await _to_decide(session, dispute_id)
    _refuse_no_reason(reason, "Say why the record is right.")
    _decide(row, Verdict.UPHELD, reason, by, role, now())


async def void_disputed(session: AsyncSession, dispute_id: int, *, reason: str, by: str, role: str) -> None:
    """Decide that the completion does not stand: it is voided."""
    row = await _to_decide(session, dispute_id)
    _refuse_no_reason(reason, "Say why it does not stand.")
    await _void(session, row, Verdict.VOIDED, reason, by, role)


async def correct(
    session: AsyncSession, dispute_id: int, item: Item, days: Days, *, reason: str, by: str, role: str, today: date
) -> None:
    """Decide that another course, or another day, is right: what was recorded is voided, and that recorded instead.

    The hours are kept for the same course, and its evidence in any case. Where the right one is in the record already,
    that stands.
    """
    row = await _to_decide(session, dispute_id)
    known = await _standing(session, row)
    if (item.id, days) == (known.item_id, Days(known.completed_on, known.completed_by)):
        raise Refused(
            "This is what is recorded already", "Give the right course or the right day, or decide otherwise.", "item"
        )
    told = f"Corrected to “{item.title}”, {days}"
    await _void(session, row, Verdict.CORRECTED, f"{told}: {reason.strip()}" if reason.strip() else told, by, role)
    right = NewCompletion(
        row.practitioner_id,
        item.id,
        days.first,
        hours=known.hours if item.id == known.item_id else None,
        evidence=known.evidence,
        source=f"{known.source[:180]}, corrected" if known.source else "corrected",
        strength=known.strength,
        completed_by=days.last,
    )
    await record_completions(session, [right], by=by, today=today)


async def decide_again(session: AsyncSession, dispute_id: int, *, by: str, today: date) -> None:
    """Take a decision back: it waits again. What was voided is recorded once more, since a void is a fact and stays.

    Raises :class:`Refused` for a correction, of which the person can say that it is not right either.
    """
    row = await _locked(session, dispute_id)
    if row.verdict is None:
        raise Refused("There is no decision to take back", "It waits to be decided.")
    if row.verdict is Verdict.CORRECTED:
        raise Refused("A correction is not taken back", "Let the person say that it is not right either.")
    later = select(Dispute.id).where(_of(row.fact), Dispute.id > row.id, Dispute.withdrawn_at.is_(None))
    if await session.scalar(later.limit(1)):
        raise Refused("The person has said of it since that it is not right", "Decide about that.")
    if row.verdict is Verdict.VOIDED:
        voided = await session.scalar(rows_of(row.fact).where(Completion.voided_at == row.decided_at).limit(1))
        if voided is not None:
            await record_completions(session, [as_recorded(voided)], by=by, today=today)
    row.verdict = row.reason = row.decided_by = row.decided_as = row.decided_at = None


def _refuse_no_reason(reason: str, mend: str) -> None:
    if not reason.strip():
        raise Refused("It is decided for a reason", mend, "reason")


async def _to_decide(session: AsyncSession, dispute_id: int) -> Dispute:
    """Nobody else decides about it until this transaction ends. Raises :class:`Refused` if somebody has."""
    row = await _locked(session, dispute_id)
    if row.withdrawn_at is not None:
        raise Refused("It was taken back by the person", "There is nothing to decide any more.")
    if row.decided_at is not None:
        when = in_words(row.decided_at.astimezone(LONDON).date())
        raise Refused(f"It was decided already, on {when}: {row.verdict}", "Read that decision first.")
    return row


async def _locked(session: AsyncSession, dispute_id: int) -> Dispute:
    return await session.get_one(Dispute, dispute_id, with_for_update=True)


async def _void(session: AsyncSession, row: Dispute, verdict: Verdict, reason: str, by: str, role: str) -> None:
    known = await _standing(session, row)
    await void_completion(session, known.id, reason=reason, by=by)
    assert known.voided_at is not None, "it was voided just now"
    # The same moment, by which a voided row finds the decision that it goes back to.
    _decide(row, verdict, reason, by, role, known.voided_at)


def _decide(row: Dispute, verdict: Verdict, reason: str, by: str, role: str, moment: datetime) -> None:
    row.verdict, row.reason, row.decided_by, row.decided_as, row.decided_at = verdict, reason.strip(), by, role, moment


async def _standing(session: AsyncSession, row: Dispute) -> Completion:
    known = await session.scalar(rows_of(row.fact).where(Completion.voided_at.is_(None)))
    if known is None:
        raise Refused("What is disputed does not stand any more", "There is nothing to decide.")
    return known


def _of(fact: Fact) -> ColumnElement[bool]:
    return and_(
        Dispute.practitioner_id == fact[0],
        Dispute.item_id == fact[1],
        Dispute.completed_on == fact[2],
    )
