"""What becomes of e-mails after a while: that one was written stays, what it said and to whom does not."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.mail.models import Message, MessageState, Refusal

FORGOTTEN: dict[str, Any] = {"to": "", "subject": "", "text": "", "html": "", "last_error": None}


async def forget(session: AsyncSession, before: datetime) -> int:
    """Forget the e-mails that were planned before a moment and do not wait any more; says how many."""
    over = (Message.planned_at < before, Message.state != MessageState.WAITING, Message.to != "")
    forgotten = await session.execute(update(Message).where(*over).values(**FORGOTTEN))
    await session.execute(delete(Refusal).where(Refusal.refused_at < before))
    assert isinstance(forgotten, CursorResult)
    return forgotten.rowcount
