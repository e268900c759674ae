"""Whether the kept standings are what the facts give: a look at a few, for whoever runs the program."""

from sqlalchemy import FromClause, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.people.models import Post, Practitioner
from training_tracker.standing.models import Standing
from training_tracker.standing.thresholds import thresholds


async def out_of_step(session: AsyncSession, *, people: int = 200) -> int:
    """How many of so many people, chosen at random, have kept standings that differ from those computed now."""
    chosen = list(await session.scalars(select(Practitioner.id).order_by(func.random()).limit(people)))

    def theirs(post: FromClause) -> ColumnElement[bool]:
        return post.c.practitioner_id.in_(chosen)

    computed = thresholds(posts=theirs)
    columns = [Standing.__table__.c[column.name] for column in computed.selected_columns]
    kept = select(*columns).join(Post, Post.id == Standing.post_id).where(Post.practitioner_id.in_(chosen))
    difference = {tuple(row) for row in await session.execute(kept)} ^ {
        tuple(row) for row in await session.execute(computed)
    }
    posts = {row[0] for row in difference}
    return len(set(await session.scalars(select(Post.practitioner_id).where(Post.id.in_(posts)))))
