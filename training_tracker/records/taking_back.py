"""A file of completions taken back in one go: what it brought is void, and what it took the place of stands again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import now
from training_tracker.people.models import Post, Team
from training_tracker.records.models import Completion, FeedReceipt, RecordedToo
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
    to stronger evidence of the file is recorded once more, and the file is nothing any more that a feed waited for.
    """
    theirs = select(Post.practitioner_id).join(Team, Team.id == Post.team_id).where(Team.agency_id == agency_id)
    brought = select(Completion).where(
        Completion.practitioner_id.in_(theirs),
        Completion.recorded_at == at,
        Completion.recorded_by == sent_by,
        Completion.voided_at.is_(None),
    )
    facts = {row.fact: row.id for row in await session.scalars(brought)}
    gave_way = select(Completion).where(
        Completion.practitioner_id.in_(theirs), Completion.voided_at == at, Completion.void_reason == STRONGER
    )
    words = [
        replace(as_recorded(word), recorded_by=word.recorded_by)
        for word in await session.scalars(gave_way)
        if word.fact in facts
    ]
    await void_completions(session, list(facts.values()), reason=FILE_TAKEN_BACK, by=by)
    for some in _batches(words):
        await record_completions(session, some, by=by, today=today)
    too = await session.scalars(
        delete(RecordedToo)
        .where(RecordedToo.agency_id == agency_id, RecordedToo.recorded_at == at, RecordedToo.recorded_by == sent_by)
        .returning(RecordedToo.item_id)
    )
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
    return len(facts) + len(too.all())


def _batches(words: Sequence[NewCompletion]) -> Iterator[list[NewCompletion]]:
    for start in range(0, len(words), AT_ONCE):
        yield list(words[start : start + AT_ONCE])
