"""Keeping the standings in step with the facts: in the transaction of each change, or all of them at once."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Delete, FromClause, Insert, Table, bindparam, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.schema import CreateIndex, DropIndex
from sqlalchemy.sql.elements import ColumnElement

from training_tracker.audit import trail
from training_tracker.database import Database, Touched
from training_tracker.people.models import Post, Practitioner
from training_tracker.settings import Settings
from training_tracker.standing.catalogue_causes import expectations_led_to
from training_tracker.standing.models import Standing, StandingNews
from training_tracker.standing.thresholds import thresholds

T = TypeVar("T")
# Called with how many people are done, and of how many.
Progress = Callable[[int, int], None]

# Below the number of variables a statement may have on SQLite (32,766) and PostgreSQL (65,535).
CHUNK = 10_000
# From this many people on, it is faster to go through everybody than to name them.
MANY = 50_000
# How many people a rebuild goes through at a time: what their standings are worked out from fits into memory.
AT_A_TIME = 15_000
# From this many people on, a rebuild on SQLite writes the indexes at its end.
INDEXES_LAST = 1_000
# From this many people on, PostgreSQL is told that there are many. Of facts that were recorded a moment ago, perhaps
# in this very transaction, it knows no numbers yet, nor of what one part of the statement hands to the next, and
# takes a plan for a handful of rows that is quadratic for many.
SEVERAL = 200
READ = "absence, acceptance_window, agency, agency_partnership, completion, equivalence, expectation"
READ += ", expectation_item, expectation_scope, expectation_version, extension, item, item_version, post, role, team"
# The joins as they are written, by hashing, with memory for it.
FOR_MANY = (
    "enable_nestloop = off",
    "enable_mergejoin = off",
    "work_mem = '64MB'",
    "plan_cache_mode = force_custom_plan",
    "jit = off",
    "join_collapse_limit = 1",
)

# The table rather than the class: Core alone costs a third of what a session adds to each statement, and to the
# class the names of parameters would be columns to fill.
STANDING = cast("Table", Standing.__table__)
POST = Post.__table__
NEWS = cast("Table", StandingNews.__table__)


def connect(settings: Settings) -> Database:
    """The database whose every commit carries its standings, and whose act it was."""
    return Database(settings.database_url, refresh_touched, trail)


@dataclass(frozen=True)
class Rebuilt:
    standings: int
    seconds: float


async def rebuild(session: AsyncSession, progress: Progress = lambda _done, _people: None) -> Rebuilt:
    """Compute every standing anew from the facts, so many people at a time, all in this one transaction.

    Readers see the old ones, all of them, until it commits; interrupted at any line, it has changed nothing.
    """
    began = perf_counter()
    connection = await _alone(session)
    people = await connection.scalar(select(func.max(POST.c.practitioner_id))) or 0
    async with _indexes_written_last(connection, people):
        for first in range(0, people + 1, AT_A_TIME):
            last = min(first + AT_A_TIME - 1, people)
            await _replace(connection, _within, {"first": first, "last": last})
            progress(last, people)
    await connection.execute(_NEWS_OF_EVERYBODY)
    count = await connection.scalar(select(func.count()).select_from(STANDING))
    return Rebuilt(count or 0, perf_counter() - began)


async def refresh_touched(session: AsyncSession, touched: Touched) -> None:
    if touched.everything or len(touched.practitioners) + len(touched.posts) > MANY:
        await rebuild(session)
        return
    expectations = touched.expectations | await expectations_led_to(session, touched.items)
    if expectations:
        await _refresh_expectations(session, sorted(expectations))
    practitioners = set(touched.practitioners)
    for posts in _chunks(sorted(touched.posts)):
        practitioners.update(await session.scalars(select(Post.practitioner_id).where(Post.id.in_(posts))))
    if len(practitioners) >= SEVERAL:
        await _expect_many(await session.connection())
    for people in _chunks(sorted(practitioners)):
        await _refresh_people(session, people)


async def _refresh_people(session: AsyncSession, people: list[int]) -> None:
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        # Two changes to one person must not both replace the same rows: the second waits for the first. On SQLite the
        # writer's lock does this already. A stronger lock would wait for every other transaction that has written a
        # fact about the person, which waits for this one in turn.
        await connection.execute(_LOCKED, {"people": people})
    if len(people) == 1:
        await _replace(connection, _of_person, {"person": people[0]})
    else:
        await _replace(connection, _of_people, {"people": people})
    await connection.execute(insert(NEWS), [{"practitioner_id": person} for person in people])


async def _refresh_expectations(session: AsyncSession, expectations: list[int]) -> None:
    """Only the posts are touched to which the expectations apply, or applied."""
    connection = await _alone(session)
    named = {"expectations": expectations}
    await connection.execute(_NEWS_OF_NAMED, named)
    await connection.execute(_GONE, named)
    await connection.execute(_insertion(None), named)
    await connection.execute(_NEWS_OF_NAMED, named)


async def _replace(connection: AsyncConnection, people: "People", parameters: dict[str, Any]) -> None:
    await connection.execute(_deletion(people), parameters)
    await connection.execute(_insertion(people), parameters)


# --- statements, kept: putting the engine's together takes longer than running it for one person ---

People = Callable[[FromClause], ColumnElement[bool]]


def _of_person(table: FromClause) -> ColumnElement[bool]:
    """One is the usual number, and with one the statement need not be written anew each time."""
    return table.c.practitioner_id == bindparam("person")


def _of_people(table: FromClause) -> ColumnElement[bool]:
    return table.c.practitioner_id.in_(bindparam("people"))


def _within(table: FromClause) -> ColumnElement[bool]:
    return table.c.practitioner_id.between(bindparam("first"), bindparam("last"))


_NAMED: BindParameter[list[int]] = bindparam("expectations")
_GONE = delete(STANDING).where(STANDING.c.expectation_id.in_(_NAMED))
_NEWS_OF_NAMED = insert(NEWS).from_select(
    ["practitioner_id"],
    select(POST.c.practitioner_id)
    .join(STANDING, STANDING.c.post_id == POST.c.id)
    .where(STANDING.c.expectation_id.in_(_NAMED))
    .distinct(),
)
_NEWS_OF_EVERYBODY = insert(NEWS).from_select(["practitioner_id"], select(POST.c.practitioner_id).distinct())
_LOCKED = (
    select(Practitioner.id)
    .where(Practitioner.id.in_(bindparam("people")))
    .order_by(Practitioner.id)
    .with_for_update(key_share=True)
)


@cache
def _deletion(people: People) -> Delete:
    return delete(STANDING).where(STANDING.c.post_id.in_(select(POST.c.id).where(people(POST))))


@cache
def _insertion(people: People | None) -> Insert:
    """Of these people everything; or of everybody what follows from the expectations that are named."""
    statement = thresholds(expectations=_NAMED) if people is None else thresholds(posts=people, completions=people)
    return insert(STANDING).from_select([column.name for column in statement.selected_columns], statement)


# --- many at once ---


async def _alone(session: AsyncSession) -> AsyncConnection:
    """Changes of fact wait until the transaction ends; readers do not. On SQLite there is only one writer anyway."""
    connection = await session.connection()
    await _expect_many(connection)
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE standing IN SHARE ROW EXCLUSIVE MODE"))
    return connection


@asynccontextmanager
async def _indexes_written_last(connection: AsyncConnection, people: int) -> AsyncIterator[None]:
    """In order and at once, instead of here and there for every row. Readers on SQLite keep the indexes they have;
    on PostgreSQL they would have to wait. For few people it costs more than it saves: SQLite plans every statement
    anew after it, the engine's too.
    """
    indexes = STANDING.indexes if connection.dialect.name == "sqlite" and people >= INDEXES_LAST else set()
    for index in indexes:
        await connection.execute(DropIndex(index))
    yield
    for index in indexes:
        await connection.execute(CreateIndex(index))


async def _expect_many(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"ANALYZE {READ}"))
        for setting in FOR_MANY:
            await connection.execute(text(f"SET LOCAL {setting}"))


def _chunks(values: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
