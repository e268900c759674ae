"""Completions that an agency's system sends: it is told what it would be told if nobody else recorded anything.

What another agency recorded is none of its business: not that it is there, nor its hours, nor that it was voided.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.database import insert_unless_known
from training_tracker.records.models import Fact, RecordedToo
from training_tracker.records.recording import (
    Known,
    NewCompletion,
    Outcome,
    known_of,
    outcome_beside,
    record_completions,
    usual_hours,
    voided_of,
)


async def record_sent(
    session: AsyncSession,
    completions: list[NewCompletion],
    agency_id: int,
    signatures: Select[str],
    *,
    by: str,
    today: date,
    at: datetime | None = None,
) -> list[Outcome]:
    """Record what an agency's system sends, each possible; says for each what becomes of it beside the agency's own.

    ``signatures`` are what stands under facts that the agency's people and systems record, in small letters. Where
    somebody else's record of the same stands, it stays as it is, and it is kept that the agency has it too: else a row
    that is sent again would be told apart from one that nobody else had recorded.
    """
    people = {completion.practitioner_id for completion in completions}
    voided = await voided_of(session, people, signatures)
    sent_before = await _sent_before(session, people, agency_id)
    known = {fact: sent for fact, sent in sent_before.items() if fact not in voided}
    known |= await known_of(session, people, signatures)
    usual = await usual_hours(session, completions)
    told: list[Outcome] = []
    for completion in completions:
        before = known.get(completion.fact)
        outcome = outcome_beside(completion, before, voided.get(completion.fact, ()))
        told.append(outcome)
        if outcome is Outcome.RECORDED:
            hours = before.hours if before else usual[completion.item_id]
            hours = completion.hours if completion.hours is not None else hours
            known[completion.fact] = Known(None, hours, completion.strength)
    # What is known as sent before too, should the other's record have been voided since.
    taken = [
        (one, outcome)
        for one, outcome in zip(completions, told, strict=True)
        if outcome in (Outcome.RECORDED, Outcome.KNOWN_ALREADY)
    ]
    became = await record_completions(session, [one for one, _ in taken], by=by, today=today, at=at)
    moment = at or now()
    too: list[dict[str, Any]] = [
        {
            "agency_id": agency_id,
            "practitioner_id": one.practitioner_id,
            "item_id": one.item_id,
            "completed_on": one.completed_on,
            "hours": known[one.fact].hours,
            "strength": one.strength,
            "recorded_at": moment,
            "recorded_by": by,
        }
        for (one, outcome), really in zip(taken, became, strict=True)
        if outcome is Outcome.RECORDED and really is not Outcome.RECORDED
    ]
    if too:
        statement = insert_unless_known(session, RecordedToo).on_conflict_do_nothing()
        await session.execute(statement.execution_options(render_nulls=True), too)
    return told


async def _sent_before(session: AsyncSession, people: set[int], agency_id: int) -> dict[Fact, Known]:
    rows = await session.scalars(
        select(RecordedToo).where(RecordedToo.practitioner_id.in_(people), RecordedToo.agency_id == agency_id)
    )
    return {(row.practitioner_id, row.item_id, row.completed_on): Known(None, row.hours, row.strength) for row in rows}
