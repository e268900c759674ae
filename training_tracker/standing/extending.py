"""More time for what falls due: asked for and granted or refused, or given outright, and taken back.

It stands here rather than beside exemptions because it extends what a standing says: the day on which one post falls
due. Each verb is about some posts of one person, since a person asks about a course and not about a post.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Exists, ScalarSelect, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.calendar import in_words, now
from training_tracker.database import touch
from training_tracker.errors import NotFound, Refused
from training_tracker.expectations.models import Decision, Expectation, ExpectationVersion, Extension
from training_tracker.people.models import Post, Practitioner, Team
from training_tracker.standing.known import PostFilter
from training_tracker.standing.models import Standing
from training_tracker.standing.postponing import falls_due

WAITING = Extension.decision.is_(None) & Extension.withdrawn_at.is_(None)


class State(StrEnum):
    ASKED = "asked for"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ExtensionLine:
    """``due_on`` is the day that is extended, ``until`` the last day in its place."""

    id: int
    practitioner_id: int
    name: str
    post_id: int
    team: str
    expectation_id: int
    expectation: str
    title: str
    due_on: date
    until: date
    reason: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    state: State


async def ask_for_extension(
    session: AsyncSession,
    posts: Collection[int],
    expectation_id: int,
    *,
    until: date,
    reason: str,
    by: str,
    today: date,
) -> list[Extension]:
    """Ask for time until a day. It changes nothing until somebody grants it."""
    found = await _requests(session, posts, expectation_id, until, reason, by, today)
    session.add_all(found)
    await session.flush()
    return found


async def give_extension(
    session: AsyncSession,
    posts: Collection[int],
    expectation_id: int,
    *,
    until: date,
    reason: str,
    by: str,
    today: date,
) -> list[Extension]:
    """Give time until a day without being asked."""
    found = await _requests(session, posts, expectation_id, until, reason, by, today)
    for extension in found:
        _decide(extension, Decision.GRANTED, by)
    session.add_all(found)
    await session.flush()
    touch(session, posts=[extension.post_id for extension in found])
    return found


async def grant_extension(
    session: AsyncSession, posts: Collection[int], expectation_id: int, *, by: str, today: date
) -> list[Extension]:
    """Grant what was asked for. What falls due on another day by now is extended from that day."""
    found = await _open(session, posts, expectation_id)
    days = {row.post_id: row for row in await _falling_due(session, posts, expectation_id, today)}
    for extension in found:
        row = days.get(extension.post_id)
        if row is None or row.due_on >= extension.until:
            raise Refused(
                f"More time until {in_words(extension.until)} is of no use any more", "It is not due before then."
            )
        if extension.until < today:
            raise Refused(f"{in_words(extension.until)} has passed", "Give time until a later day instead.")
        extension.due_on = row.falls_due_on
        _decide(extension, Decision.GRANTED, by)
    touch(session, posts=[extension.post_id for extension in found])
    return found


async def refuse_extension(
    session: AsyncSession, posts: Collection[int], expectation_id: int, *, by: str
) -> list[Extension]:
    found = await _open(session, posts, expectation_id)
    for extension in found:
        _decide(extension, Decision.REFUSED, by)
    return found


async def withdraw_extension(
    session: AsyncSession, posts: Collection[int], expectation_id: int, *, today: date
) -> list[Extension]:
    """Take back what was asked for and never answered, and what was granted until today or later; what has run out
    stays as it was.
    """
    still_granted = and_(Extension.decision == Decision.GRANTED, Extension.until >= today)
    found = list(
        await session.scalars(_of(posts, expectation_id).where(or_(Extension.decision.is_(None), still_granted)))
    )
    if not found:
        raise NotFound("extension to take back")
    for extension in found:
        extension.withdrawn_at = now()
    touch(session, posts=[extension.post_id for extension in found])
    return found


async def requests_for_time(session: AsyncSession, posts: PostFilter, *, but: int, limit: int) -> list[ExtensionLine]:
    """What waits for an answer, the oldest first, but for one person, who cannot answer their own."""
    found = _lines().where(_waits(posts, but))
    return [_line(row) for row in await session.execute(found.order_by(Extension.asked_at, Extension.id).limit(limit))]


async def requests_of(session: AsyncSession, posts: Select[int]) -> tuple[ExtensionLine, ...]:
    """What somebody asked for, of these posts of theirs, and has no answer to."""
    return tuple(_line(row) for row in await session.execute(_lines().where(*_asked(posts)).order_by(Extension.id)))


def any_request(posts: Select[int]) -> Exists:
    """Whether :func:`requests_of` would find any, as a part of another statement."""
    return select(Extension.id).where(*_asked(posts)).exists()


def _asked(posts: Select[int]) -> tuple[ColumnElement[bool], ...]:
    return WAITING, Extension.post_id.in_(posts)


def number_of_requests(posts: PostFilter, but: ColumnElement[int]) -> ScalarSelect[int]:
    """How many of them there are, as a part of another statement."""
    found = select(func.count()).select_from(Extension).join(Post, Post.id == Extension.post_id)
    return found.where(_waits(posts, but)).scalar_subquery()


def _waits(posts: PostFilter, but: int | ColumnElement[int]) -> ColumnElement[bool]:
    return and_(WAITING, posts(Post.__table__), Post.practitioner_id != but)


async def extensions(session: AsyncSession, *, posts: PostFilter | None = None) -> list[ExtensionLine]:
    """Every extension of these posts, what waits for an answer first, then the newest."""
    statement = _lines().order_by(case((WAITING, 0), else_=1), Extension.asked_at.desc(), Extension.id.desc())
    if posts is not None:
        statement = statement.where(posts(Post.__table__))
    return [_line(row) for row in await session.execute(statement)]


def _lines() -> Select[Extension, Practitioner, str, str, str]:
    return (
        select(Extension, Practitioner, Team.name.label("team"), Expectation.code, Expectation.title)
        .join(Post, Post.id == Extension.post_id)
        .join(Practitioner, Practitioner.id == Post.practitioner_id)
        .join(Team, Team.id == Post.team_id)
        .join(Expectation, Expectation.id == Extension.expectation_id)
    )


def _line(row: Any) -> ExtensionLine:
    return ExtensionLine(
        id=row.Extension.id,
        practitioner_id=row.Practitioner.id,
        name=row.Practitioner.name,
        post_id=row.Extension.post_id,
        team=row.team,
        expectation_id=row.Extension.expectation_id,
        expectation=row.code,
        title=row.title,
        due_on=row.Extension.due_on,
        until=row.Extension.until,
        reason=row.Extension.reason,
        asked_by=row.Extension.asked_by,
        asked_at=row.Extension.asked_at,
        decided_by=row.Extension.decided_by,
        decided_at=row.Extension.decided_at,
        state=_state(row.Extension),
    )


def _state(extension: Extension) -> State:
    if extension.withdrawn_at is not None:
        return State.WITHDRAWN
    return State(extension.decision.value) if extension.decision else State.ASKED


async def _requests(
    session: AsyncSession,
    posts: Collection[int],
    expectation_id: int,
    until: date,
    reason: str,
    by: str,
    today: date,
) -> list[Extension]:
    """One for each post that falls due before the day. Raises :class:`Refused` where that is none of them."""
    if not reason.strip():
        raise Refused("More time is given for a reason", "Say what in the work needs it.", "reason")
    if until < today:
        raise Refused(f"{in_words(until)} has passed", "Give a day to come.", "until")
    rows = await _falling_due(session, posts, expectation_id, today)
    if not rows:
        raise Refused("This does not fall due", "More time is for what is due or will be.")
    earlier = [row for row in rows if row.due_on < until]
    if not earlier:
        due_on = in_words(min(row.due_on for row in rows))
        raise Refused(f"It is not due before {due_on} as it is", "Give a later day.", "until")
    asked = list(await session.scalars(_of(posts, expectation_id).where(Extension.decision.is_(None))))
    if asked:
        raise Refused(
            f"Time until {in_words(asked[0].until)} is asked for already", "Grant, refuse or withdraw that first."
        )
    moment = now()
    return [
        Extension(
            post_id=row.post_id,
            expectation_id=expectation_id,
            due_on=row.falls_due_on,
            until=until,
            reason=reason.strip(),
            asked_by=by,
            asked_at=moment,
        )
        for row in earlier
    ]


async def _falling_due(session: AsyncSession, posts: Collection[int], expectation_id: int, today: date) -> list[Any]:
    """The posts for which an expectation falls due, with the day by the rule alone and the day as it is."""
    statement = (
        select(Standing.post_id, Standing.due_on, falls_due(Standing.__table__.c).label("falls_due_on"))
        .join(ExpectationVersion, ExpectationVersion.id == Standing.version_id)
        .where(
            Standing.post_id.in_(posts),
            Standing.expectation_id == expectation_id,
            Standing.in_force_from <= today,
            Standing.in_force_until >= today,
            Standing.due_on.is_not(None),
            ExpectationVersion.people_in_setting.is_(None),
        )
    )
    return list(await session.execute(statement))


def _of(posts: Collection[int], expectation_id: int) -> Any:
    return select(Extension).where(
        Extension.post_id.in_(posts), Extension.expectation_id == expectation_id, Extension.withdrawn_at.is_(None)
    )


async def _open(session: AsyncSession, posts: Collection[int], expectation_id: int) -> list[Extension]:
    found = list(await session.scalars(_of(posts, expectation_id).where(Extension.decision.is_(None))))
    if not found:
        raise NotFound("extension that waits for an answer")
    return found


def _decide(extension: Extension, decision: Decision, by: str) -> None:
    extension.decision = decision
    extension.decided_by = by
    extension.decided_at = now()
