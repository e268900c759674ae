"""What is known of posts and other facts: now, or as it was known at a moment, corrections since then taken back."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, Select, and_, or_, select, true, union_all
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.people.models import Post, PostHistory, Team

PostFilter = Callable[[FromClause], ColumnElement[bool]]
CompletionFilter = Callable[[FromClause], ColumnElement[bool]]


def posts_of_agency(agency_id: int) -> PostFilter:
    return lambda post: post.c.team_id.in_(select(Team.id).where(Team.agency_id == agency_id))


def among(posts: Collection[int]) -> PostFilter:
    return lambda post: post.c.id.in_(posts)


def known(known_at: datetime | None, recorded_at: Any, withdrawn_at: Any) -> ColumnElement[bool]:
    """Whether a fact stood at a moment: recorded by then, and not yet withdrawn; now, if no moment is given."""
    if known_at is None:
        return withdrawn_at.is_(None)  # type: ignore[no-any-return]
    return and_(recorded_at <= known_at, or_(withdrawn_at.is_(None), withdrawn_at > known_at))


def known_posts(known_at: datetime | None, posts: PostFilter | None) -> Select[Any]:
    """Posts as known now, or as they were known at a moment, corrections since then taken back."""
    columns = ("practitioner_id", "team_id", "role_id", "started_on", "ended_on")
    current: FromClause = Post.__table__
    if known_at is None:
        statement = select(current.c.id, *(current.c[name] for name in columns))
        return statement.where(posts(current) if posts else true())
    history: FromClause = PostHistory.__table__
    then = union_all(
        select(current.c.id, *(current.c[name] for name in columns)).where(current.c.recorded_at <= known_at),
        select(history.c.post_id, *(history.c[name] for name in columns)).where(
            history.c.recorded_at <= known_at, history.c.superseded_at > known_at
        ),
    ).subquery("post_then")
    return select(then).where(posts(then) if posts else true())
