"""Keeping the standings in step with the facts: in the transaction of each change, or all of them at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import TypeVar

from sqlalchemy import FromClause, Insert, Table, bindparam, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.database import Database, Touched
from training_tracker.people.models import Post, Practitioner
from training_tracker.settings import Settings
from training_tracker.standing.models import Standing
from training_tracker.standing.thresholds import thresholds

T = TypeVar("T")

# Below the number of variables a statement may have on SQLite (32,766) and PostgreSQL (65,535).
CHUNK = 10_000
# From this many people on, one statement over everybody is faster than many over some.
MANY = 50_000
# From this many people on, PostgreSQL looks at the tables first. Of facts that were recorded a moment ago, perhaps in
# this very transaction, it knows no numbers yet, and takes a plan for a handful of rows that is quadratic for many.
SEVERAL = 200
READ = "absence, agency, agency_partnership, completion, equivalence, expectation, expectation_item, expectation_scope"
READ += ", expectation_version, item_version, post, role, team"


def connect(settings: Settings) -> Database:
    """The database whose every commit carries its standings."""
    return Database(settings.database_url, refresh_touched)


@dataclass(frozen=True)
class Rebuilt:
    standings: int
    seconds: float


async def rebuild(session: AsyncSession) -> Rebuilt:
    """Compute every standing anew from the facts. Readers see the old ones until the transaction commits."""
    began = perf_counter()
    await _look_at_the_tables(session)
    if session.get_bind().dialect.name == "postgresql":
        # Changes of fact wait here; readers do not.
        await session.execute(text("LOCK TABLE standing IN SHARE ROW EXCLUSIVE MODE"))
    await session.execute(delete(Standing))
    await session.execute(_insertion(of_some=False))
    count = await session.scalar(select(func.count()).select_from(Standing))
    return Rebuilt(count or 0, perf_counter() - began)


async def refresh_touched(session: AsyncSession, touched: Touched) -> None:
    if touched.everything or len(touched.practitioners) + len(touched.posts) > MANY:
        await rebuild(session)
        return
    practitioners = set(touched.practitioners)
    for posts in _chunks(sorted(touched.posts)):
        practitioners.update(await session.scalars(select(Post.practitioner_id).where(Post.id.in_(posts))))
    if len(practitioners) >= SEVERAL:
        await _look_at_the_tables(session)
    for people in _chunks(sorted(practitioners)):
        await _refresh_people(session, people)


async def _refresh_people(session: AsyncSession, people: list[int]) -> None:
    # Two changes to one person must not both replace the same rows: the second waits for the first. On SQLite the
    # writer's lock does this already. A stronger lock would wait for every other transaction that has written a fact
    # about the person, which waits for this one in turn.
    await session.execute(
        select(Practitioner.id)
        .where(Practitioner.id.in_(people))
        .order_by(Practitioner.id)
        .with_for_update(key_share=True)
    )
    own_posts = select(Post.id).where(Post.practitioner_id.in_(people))
    await session.execute(delete(Standing).where(Standing.post_id.in_(own_posts)))
    await session.execute(_insertion(of_some=True), {"people": people})


@cache
def _insertion(*, of_some: bool) -> Insert:
    """Kept, since putting the engine's statement together takes longer than running it for one person."""

    def people(post: FromClause) -> ColumnElement[bool]:
        return post.c.practitioner_id.in_(bindparam("people", expanding=True))

    statement = thresholds(posts=people if of_some else None)
    columns = [column.name for column in statement.selected_columns]
    # The table rather than the class: to the latter "people" would be a column to fill.
    table = Standing.__table__
    assert isinstance(table, Table)
    return insert(table).from_select(columns, statement)


async def _look_at_the_tables(session: AsyncSession) -> None:
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(f"ANALYZE {READ}"))


def _chunks(values: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
