"""A file of completions taken back in one go: what it brought is void, and what it took the place of stands again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.bulk import is_one_of
from training_tracker.calendar import now
from training_tracker.people.models import Post, Team
from training_tracker.records.models import Completion, Fact, FeedReceipt, RecordedToo
from training_tracker.records.recording import (
    FILE_TAKEN_BACK,
    STRONGER,
    NewCompletion,
    as_recorded,
    record_completions,
    void_completions,
)

# Below the number of variables a statement may have on SQLite.
AT_ONCE = 5_000


async def take_file_back(
    session: AsyncSession, agency_id: int, at: datetime, sent_by: str, *, by: str, today: date
) -> int:
    """Void what was recorded for an agency at one moment by whoever sent it, as far as it stands; says how much.

    Where another agency had recorded the same, that stays, and it is forgotten that this one had it too. What gave way
    to stronger evidence of the file is recorded once more, and so is what another recorded while the file's stood; the
    file is nothing any more that a feed waited for.
    """
    theirs = select(Post.practitioner_id).join(Team, Team.id == Post.team_id).where(Team.agency_id == agency_id)
    brought = select(Completion).where(
        Completion.practitioner_id.in_(theirs),
        Completion.recorded_at == at,
        Completion.recorded_by == sent_by,
        Completion.voided_at.is_(None),
    )
    facts = {row.fact: row for row in await session.scalars(brought)}
    gave_way = select(Completion).where(
        Completion.practitioner_id.in_(theirs), Completion.voided_at == at, Completion.void_reason == STRONGER
    )
    words = [
        replace(as_recorded(word), recorded_by=word.recorded_by)
        for word in await session.scalars(gave_way)
        if word.fact in facts
    ]
    had_too = await session.scalars(
        delete(RecordedToo)
        .where(RecordedToo.agency_id == agency_id, RecordedToo.recorded_at == at, RecordedToo.recorded_by == sent_by)
        .returning(RecordedToo)
    )
    too = {row.fact for row in had_too}
    since = select(RecordedToo).where(RecordedToo.practitioner_id.in_(theirs), RecordedToo.recorded_at >= at)
    words += [_as_recorded_too(row, facts[row.fact]) for row in await session.scalars(since) if row.fact in facts]
    fall = [*(row.id for row in facts.values()), *await _stands_for(session, too, at, sent_by)]
    await void_completions(session, fall, reason=FILE_TAKEN_BACK, by=by)
    for some in _batches(words):
        await record_completions(session, some, by=by, today=today)
    await session.execute(
        update(FeedReceipt)
        .where(
            FeedReceipt.agency_id == agency_id,
            FeedReceipt.recorded_at == at,
            FeedReceipt.recorded_by == sent_by,
            FeedReceipt.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now())
    )
    return len(facts) + len(too)


def _as_recorded_too(row: RecordedToo, beside: Completion) -> NewCompletion:
    """What another agency said of the same, whose own record it is once ours does not stand."""
    return NewCompletion(
        *row.fact,
        hours=row.hours,
        strength=row.strength,
        completed_by=beside.completed_by,
        recorded_by=row.recorded_by,
    )


async def _stands_for(session: AsyncSession, facts: set[Fact], at: datetime, sent_by: str) -> list[int]:
    """What stands under the file's sender since the file, of facts that were another's when it came."""
    found = select(Completion).where(
        is_one_of(Completion.practitioner_id, {person for person, _, _ in facts}),
        Completion.recorded_by == sent_by,
        Completion.recorded_at > at,
        Completion.voided_at.is_(None),
    )
    return [row.id for row in await session.scalars(found) if row.fact in facts]


def _batches(words: Sequence[NewCompletion]) -> Iterator[list[NewCompletion]]:
    for start in range(0, len(words), AT_ONCE):
        yield list(words[start : start + AT_ONCE])
