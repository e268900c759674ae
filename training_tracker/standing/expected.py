"""Of which posts an expectation is expected, what is expected of some posts, and what would be after a change."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from training_tracker.expectations.models import Expectation
from training_tracker.people.models import Post
from training_tracker.standing.known import PostFilter
from training_tracker.standing.models import Standing
from training_tracker.standing.rehearsing import rehearsed


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


@dataclass(frozen=True, slots=True)
class AskedOtherwise:
    """The titles of what partnerships expect, and would expect of some posts newly or no longer. No people are told of:
    whoever reads it may be of another agency."""

    newly: list[str]
    no_longer: list[str]


async def asked_otherwise(session: AsyncSession, posts: PostFilter, on: date) -> AskedOtherwise:
    """What a change of facts would do to what is expected of some of the posts on a day.

    For :meth:`Database.rehearsing`, in the transaction that changes them and is taken back.
    """
    await session.flush()
    before = await expectations_asked(session, posts, on)
    new = await rehearsed(session, posts=posts)
    found = select(new.c.expectation_id).where(new.c.in_force_from <= on, new.c.in_force_until >= on)
    after = set(await session.scalars(found.distinct()))

    async def titles(expectations: set[int]) -> list[str]:
        common = select(Expectation.title).where(Expectation.id.in_(expectations), Expectation.agency_id.is_(None))
        return list(await session.scalars(common.order_by(Expectation.title)))

    return AskedOtherwise(await titles(after - before), await titles(before - after))
