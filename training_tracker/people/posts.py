"""Posts: opening and correcting. A correction keeps what it corrects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from training_tracker.bulk import insert_numbered
from training_tracker.calendar import in_words, now
from training_tracker.database import Day, touch
from training_tracker.errors import NotFound, Refused
from training_tracker.people.models import Post, PostHistory, Practitioner, Team

# Days outside are placeholders (1 January 1900, 31 December 4712) or slips of the pen, never days of a post.
EARLIEST, LATEST = date(1940, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class PostDates:
    """What a spreadsheet can say of a post: who, where, as what, from when until when (last day included)."""

    practitioner_id: int
    team_id: int
    role_id: int
    started_on: date | None
    ended_on: date | None


def not_over(on: Day, post: Any = Post) -> ColumnElement[bool]:
    """Whether a post has not ended before a day; it need not have begun."""
    return or_(post.ended_on.is_(None), post.ended_on >= on)


def in_post(on: Day, post: Any = Post) -> ColumnElement[bool]:
    """Whether a post has begun and is not over; one without a start counts as begun."""
    return and_(or_(post.started_on.is_(None), post.started_on <= on), not_over(on, post))


def has_post_still(today: Day) -> ColumnElement[bool]:
    """Whether a row's practitioner has a post that is not over, wherever; it need not have begun."""
    return exists().where(Post.practitioner_id == Practitioner.id, not_over(today))


def holds_post(
    practitioner_id: InstrumentedAttribute[int],
    agency_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None] | ColumnElement[int],
    today: Day,
) -> ColumnElement[bool]:
    """Whether a row's practitioner has a post in the row's agency that has begun and is not over.

    Rights over an agency's people last as long as such a post: whoever moves on leaves them behind.
    """
    # Under other names, since the row may come from these very tables.
    held, at = aliased(Post), aliased(Team)
    return (
        select(held.id)
        .join(at, at.id == held.team_id)
        .where(
            held.practitioner_id == practitioner_id,
            at.agency_id == agency_id,
            in_post(today, held),
        )
        .exists()
    )


def ever_held_post(agency_id: int) -> ColumnElement[bool]:
    """Whether a row's practitioner holds or has held a post in an agency."""
    teams = select(Team.id).where(Team.agency_id == agency_id)
    return Practitioner.id.in_(select(Post.practitioner_id).where(Post.team_id.in_(teams)))


async def people_in_post(session: AsyncSession, agency_id: int, on: date) -> set[int]:
    """The ids of those who hold a post in an agency that has begun and is not over."""
    held = select(Post.practitioner_id).join(Team, Team.id == Post.team_id)
    return set(await session.scalars(held.where(Team.agency_id == agency_id, in_post(on))))


async def agencies_worked_for(session: AsyncSession, practitioner_id: int, today: date) -> set[int]:
    """The ids of the agencies in which a person holds a post that is not over; it need not have started."""
    held = select(Team.agency_id).join(Post, Post.team_id == Team.id)
    return set(await session.scalars(held.where(Post.practitioner_id == practitioner_id, not_over(today))))


async def posts_of(session: AsyncSession, practitioner_id: int) -> list[int]:
    """The ids of every post that a person holds or has held."""
    return list(await session.scalars(held_by(practitioner_id).order_by(Post.id)))


def held_by(practitioner_id: int | ColumnElement[int]) -> Select[int]:
    """Select the same."""
    return select(Post.id).where(Post.practitioner_id == practitioner_id)


async def open_posts(session: AsyncSession, posts: list[PostDates], by: str) -> list[int]:
    """Record new posts; returns their ids in the same order."""
    if not posts:
        return []
    for post in posts:
        _refuse_backwards(post)
    moment = now()
    rows = [_columns(post) | {"recorded_at": moment, "recorded_by": by} for post in posts]
    ids = await insert_numbered(session, Post, rows)
    touch(session, practitioners={post.practitioner_id for post in posts})
    return ids


async def correct_post(session: AsyncSession, post_id: int, by: str, **changes: date | int | None) -> None:
    """Change what is known of a post (team, role or dates), keeping what was known until now."""
    await correct_posts(session, {post_id: changes}, by)


async def correct_posts(session: AsyncSession, changes: Mapping[int, Mapping[str, date | int | None]], by: str) -> None:
    """The same for many posts, by their ids: three statements, however many there are, up to some thousands.

    Those of them that this session has read before stay as they were read.
    """
    if not changes:
        return
    columns = Post.__table__.c
    known = {post.id: post for post in await session.execute(select(*columns).where(columns.id.in_(changes)))}
    moment = now()
    kept, corrected = [], []
    for post_id, said in changes.items():
        if post_id not in known:
            raise NotFound(f"post {post_id}")
        row = known[post_id]
        before = PostDates(row.practitioner_id, row.team_id, row.role_id, row.started_on, row.ended_on)
        after = replace(before, **said)  # type: ignore[arg-type]  # the names are those of PostDates
        _refuse_backwards(after)
        recorded = {"recorded_at": row.recorded_at, "recorded_by": row.recorded_by}
        kept.append({"post_id": post_id, **_columns(before), **recorded, "superseded_at": moment})
        corrected.append({"id": post_id, **_columns(after), "recorded_at": moment, "recorded_by": by})
        touch(session, practitioners={before.practitioner_id, after.practitioner_id})
    await session.execute(insert(PostHistory).execution_options(render_nulls=True), kept)
    await session.execute(update(Post), corrected)


def refuse_unmeant_day(day: date, field: str) -> None:
    if not EARLIEST <= day <= LATEST:
        raise Refused(f"{in_words(day)} cannot be meant", "Correct the year.", field)


def _columns(post: PostDates) -> dict[str, date | int | None]:
    return {
        "practitioner_id": post.practitioner_id,
        "team_id": post.team_id,
        "role_id": post.role_id,
        "started_on": post.started_on,
        "ended_on": post.ended_on,
    }


def _refuse_backwards(post: PostDates) -> None:
    if post.started_on and post.ended_on and post.ended_on < post.started_on:
        raise Refused("The post ends before it starts", "Give an end on or after the start.", "ended on")
