"""Who is signed in with which browser: kept here, so that it can be ended from here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, String, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.access.actor import TODAY, Actor, SignInNeeded, actor_in, actor_of, who
from training_tracker.access.models import SignIn, WebSession
from training_tracker.access.permissions import May
from training_tracker.audit.trail import note_sign_in
from training_tracker.calendar import now
from training_tracker.database import Moment
from training_tracker.sealing import new_token, seal
from training_tracker.settings import Settings

# That somebody was here is written down no oftener than this.
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who came with a session; ``noted`` if that was written down lately, ``half_way`` if they have still to
    take the second step."""

    id: int
    actor: Actor
    noted: bool
    same_rights: bool
    half_way: bool


class SecondStepNeeded(Exception):
    """Whoever is signed in has still to take the second step."""


async def begin(session: AsyncSession, settings: Settings, practitioner_id: int, today: date) -> str:
    """Sign somebody in; returns what their browser shows from now on.

    Raises :class:`SignInNeeded` for somebody who is in no post any more.
    """
    actor = await actor_of(session, practitioner_id, today)
    actor.goes_to_work()
    token, moment = new_token(), now()
    session.add(
        WebSession(
            token=seal(settings, "session", token),
            practitioner_id=practitioner_id,
            rights=_rights(settings, actor),
            began_at=moment,
            seen_at=moment,
        )
    )
    await note_sign_in(session, practitioner_id)
    await session.execute(delete(WebSession).where(WebSession.began_at < _longest_ago(settings)))
    return token


async def resume(session: AsyncSession, settings: Settings, token: str, today: date) -> Visit:
    """Whose session this is. Raises :class:`SignInNeeded` if it has ended, or nobody came for too long."""
    moment = now()
    rows = await session.execute(
        _whose(),
        {
            TODAY.key: today,
            _TOKEN.key: seal(settings, "session", token),
            _BEGAN_SINCE.key: _longest_ago(settings),
            _SEEN_SINCE.key: moment - timedelta(minutes=settings.session_idle_minutes),
        },
    )
    lines = rows.all()
    actor = actor_in(lines, today)
    found: WebSession = lines[0].WebSession
    return Visit(
        found.id,
        actor,
        noted=found.seen_at > moment - NOTED_EVERY,
        same_rights=found.rights == _rights(settings, actor),
        half_way=found.second_step_at is None and actor.may(May.SECOND_STEP) and not settings.demo,
    )


_TOKEN: BindParameter[str] = bindparam("token", type_=String)
_BEGAN_SINCE: BindParameter[datetime] = bindparam("began_since", type_=Moment())
_SEEN_SINCE: BindParameter[datetime] = bindparam("seen_since", type_=Moment())


@cache
def _whose() -> Select[Any]:
    """The session that goes on with a token, and what is known of the rights of whose it is."""
    goes_on = (
        WebSession.token == _TOKEN,
        WebSession.began_at >= _BEGAN_SINCE,
        WebSession.seen_at >= _SEEN_SINCE,
    )
    person = select(WebSession.practitioner_id).where(*goes_on).scalar_subquery()
    return who(person).add_columns(WebSession).join(WebSession, WebSession.token == _TOKEN)


async def note(session: AsyncSession, visit: Visit) -> None:
    """Write down that somebody was here."""
    await session.execute(update(WebSession).where(WebSession.id == visit.id).values(seen_at=now()))


async def rotate(session: AsyncSession, settings: Settings, visit: Visit, token: str) -> str | None:
    """Somebody whose rights have changed goes on with another token; the one before is good no more.

    None where another request of theirs has just got one.
    """
    return await _replace(session, settings, token, {"rights": _rights(settings, visit.actor)})


async def go_all_the_way(session: AsyncSession, settings: Settings, token: str) -> str:
    """Somebody who has taken the second step goes on with another token.

    Raises :class:`SignInNeeded` if the session has ended, or goes on with another token already.
    """
    another = await _replace(session, settings, token, {"second_step_at": now()})
    if another is None:
        raise SignInNeeded
    return another


async def _replace(session: AsyncSession, settings: Settings, token: str, values: Mapping[str, Any]) -> str | None:
    another = new_token()
    replaced = await session.execute(
        update(WebSession)
        .where(WebSession.token == seal(settings, "session", token))
        .values(**values, token=seal(settings, "session", another), seen_at=now())
        .returning(WebSession.id)
    )
    return another if replaced.scalar() else None


async def end(session: AsyncSession, settings: Settings, token: str) -> None:
    await session.execute(delete(WebSession).where(WebSession.token == seal(settings, "session", token)))


async def end_all(session: AsyncSession, people: Collection[int]) -> int:
    """Sign people out everywhere, e-mails that would sign them in included; says in how many places they were in."""
    await session.execute(delete(SignIn).where(SignIn.practitioner_id.in_(people)))
    ended = await session.execute(
        delete(WebSession).where(WebSession.practitioner_id.in_(people)).returning(WebSession.id)
    )
    return len(ended.all())


def _longest_ago(settings: Settings) -> datetime:
    return now() - timedelta(hours=settings.session_hours)


def _rights(settings: Settings, actor: Actor) -> str:
    return seal(settings, "rights", f"{actor.manages} {actor.agencies} {actor.partnerships} {actor.scrutinised}")
