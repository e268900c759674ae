"""What waits for somebody who decides about others: what a manager and a lead find at the top of their first page."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import Actor, visible_posts, visible_teams
from training_tracker.records.disputing import disputes_to_decide
from training_tracker.standing.confirming import waiting
from training_tracker.standing.extending import ExtensionLine, requests_for_time

REQUESTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Needed:
    """How many completions wait to be confirmed, how many disputes to be decided; and who asks for more time, the
    first :data:`REQUESTS_SHOWN` of them."""

    confirmations: int
    disputes: int
    requests: list[ExtensionLine]

    def __bool__(self) -> bool:
        return bool(self.confirmations or self.disputes or self.requests)


async def needed_of(session: AsyncSession, actor: Actor, today: date) -> Needed:
    posts, myself = visible_posts(actor), actor.practitioner_id
    declared = await waiting(session, today, posts, but=myself, page_size=1)
    disputed = await disputes_to_decide(session, visible_teams(actor), but=myself, page_size=1)
    requests = await requests_for_time(session, posts, but=myself, limit=REQUESTS_SHOWN)
    return Needed(declared.total, disputed.total, requests)
