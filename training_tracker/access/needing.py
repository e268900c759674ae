"""What waits for somebody who decides about others: what a manager and a lead find at the top of their first page."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import MYSELF, TODAY, Actor, eyes_of, teams_in_sight, visible_posts
from training_tracker.people.delegating import any_delegation
from training_tracker.records.disputes import number_to_decide
from training_tracker.standing.confirming import number_waiting
from training_tracker.standing.extending import ExtensionLine, number_of_requests, requests_for_time
from training_tracker.standing.known import asking, in_teams

REQUESTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many completions wait to be confirmed, disputes to be decided, and requests for more time to be answered; and
    whether they stand in for somebody, or somebody for them."""

    confirmations: int
    disputes: int
    requests: int
    standing_in: bool


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
    waits = await waiting_for(session, actor, today)
    return Needed(waits.confirmations, waits.disputes, await first_requests(session, actor, waits))


async def first_requests(session: AsyncSession, actor: Actor, waits: Waiting) -> list[ExtensionLine]:
    """Who asks for more time, of what waits for somebody: the first :data:`REQUESTS_SHOWN` of them."""
    if not waits.requests:
        return []
    posts, myself = visible_posts(actor), actor.practitioner_id
    return await requests_for_time(session, posts, but=myself, limit=REQUESTS_SHOWN)


async def waiting_for(session: AsyncSession, actor: Actor, today: date) -> Waiting:
    """One statement: most of the time there is nothing."""
    rows = await session.execute(_numbers(), asking(today, None) | eyes_of(actor))
    return Waiting(*rows.one())


@cache
def _numbers() -> Select[int, int, int, bool]:
    teams = teams_in_sight()
    posts = in_teams(teams)
    return select(
        number_waiting(posts, MYSELF),
        number_to_decide(teams, MYSELF),
        number_of_requests(posts, MYSELF),
        any_delegation(MYSELF, TODAY),
    )
