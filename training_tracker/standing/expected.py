"""Of which posts an expectation is expected at all, and what is expected of some posts."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.people.models import Post
from training_tracker.standing.known import PostFilter
from training_tracker.standing.models import Standing


async def posts_expected(
    session: AsyncSession, posts: Collection[int], expectation_id: int, *, first: date, last: date
) -> list[int]:
    """Those of the posts of which an expectation is expected on one of the days between two."""
    return list(
        await session.scalars(
            select(Standing.post_id)
            .where(
                Standing.post_id.in_(posts),
                Standing.expectation_id == expectation_id,
                Standing.in_force_from <= last,
                Standing.in_force_until >= first,
            )
            .distinct()
            .order_by(Standing.post_id)
        )
    )


async def expectations_asked(session: AsyncSession, posts: PostFilter, on: date) -> set[int]:
    """The ids of what is expected of some of the posts on a day."""
    found = select(Standing.expectation_id).where(
        Standing.post_id.in_(select(Post.id).where(posts(Post.__table__))),
        Standing.in_force_from <= on,
        Standing.in_force_until >= on,
    )
    return set(await session.scalars(found.distinct()))
