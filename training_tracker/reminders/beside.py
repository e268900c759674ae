"""What stands beside somebody's training on their own page: leave, exemptions, what was sent to them to read, and for
what they asked for more time.

Most people have none of it most of the time, so that one statement asks first whether there is any.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import BindParameter, Date, Integer, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.expectations.exempting import ExemptionLine, any_exemption, exemptions
from training_tracker.people.leave import LeaveLine, any_leave, leaves
from training_tracker.people.posts import held_by
from training_tracker.reminders.campaigns import Notice, notices
from training_tracker.reminders.models import CampaignRecipient
from training_tracker.standing.extending import ExtensionLine, any_request, requests_of

_PERSON: BindParameter[int] = bindparam("person", type_=Integer)
_TODAY: BindParameter[date] = bindparam("today", type_=Date)


@dataclass(frozen=True, slots=True)
class Beside:
    """Leave and exemptions that are not over; ``unread`` is what they have not acknowledged, the newest first;
    ``asked`` are the requests for more time that wait for an answer."""

    leave: tuple[LeaveLine, ...] = ()
    exemptions: tuple[ExemptionLine, ...] = ()
    unread: tuple[Notice, ...] = ()
    asked: tuple[ExtensionLine, ...] = ()


async def beside_training(session: AsyncSession, practitioner_id: int, today: date) -> Beside:
    asked = await session.execute(_there_is(), {_PERSON.key: practitioner_id, _TODAY.key: today})
    there_is, posts = asked.one(), held_by(practitioner_id)
    return Beside(
        (await leaves(session, posts, since=today)).lines if there_is.leave else (),
        (await exemptions(session, posts, since=today)).lines if there_is.exemption else (),
        tuple(one for one in await notices(session, practitioner_id) if not one.acknowledged_at)
        if there_is.unread
        else (),
        await requests_of(session, posts) if there_is.request else (),
    )


@cache
def _there_is() -> Select[bool, bool, bool, bool]:
    posts = held_by(_PERSON)
    unread = select(CampaignRecipient.campaign_id).where(
        CampaignRecipient.practitioner_id == _PERSON, CampaignRecipient.acknowledged_at.is_(None)
    )
    return select(
        any_leave(posts, _TODAY).label("leave"),
        any_exemption(posts, _TODAY).label("exemption"),
        unread.exists().label("unread"),
        any_request(posts).label("request"),
    )
