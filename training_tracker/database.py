"""Engine, sessions, the base of all models, and the few places where SQLite and PostgreSQL differ.

Every write goes through :meth:`Database.writing`: one transaction, which ends by bringing the standings it
touched up to date and by writing down whose act it was. What was touched is said by the function that changed the fact,
with :func:`touch`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from sqlalchemy import (
    Connection,
    Date,
    DateTime,
    Enum,
    Integer,
    MetaData,
    cast,
    event,
    func,
    inspect,
    select,
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from training_tracker import wall
from training_tracker.settings import packed_folder
from training_tracker.wall import Sight

if TYPE_CHECKING:
    from alembic.config import Config


class Moment(TypeDecorator[datetime]):
    """A point in time, always in UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Ranked(TypeDecorator[IntEnum]):
    """One of a closed list of ranks, kept as its number so that the database can compare."""

    impl = Integer
    cache_ok = True

    def __init__(self, kind: type[IntEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: int | None, _dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> IntEnum | None:
        return None if value is None else self.kind(value)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment()}


def one_of(kind: type[StrEnum]) -> Enum:
    """A column that holds one of a closed list of words, kept as text and checked by the database."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=kind.__name__.lower(),
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


# --- the few dialect differences -----------------------------------------------------------------------------


class add_months(FunctionElement[Any]):  # named as a SQL function is
    """``add_months(day, n)``: n whole months later (earlier if negative), clamped to the month's end."""

    type = Date()
    inherit_cache = True


class add_days(FunctionElement[Any]):
    """``add_days(day, n)``: n days later."""

    type = Date()
    inherit_cache = True


class latest(FunctionElement[Any]):
    """The latest of several dates, none of which may be NULL: the databases disagree about NULL."""

    type = Date()
    inherit_cache = True


class earliest(FunctionElement[Any]):
    """The earliest of several dates, none of which may be NULL."""

    type = Date()
    inherit_cache = True


class always(FunctionElement[Any]):
    """Before any other day. Written out, as is ``forever``: the engine names them so often that to hand each in would
    take as long as much of the statement.
    """

    type = Date()
    inherit_cache = True


class forever(FunctionElement[Any]):
    """After any other day."""

    type = Date()
    inherit_cache = True


@compiles(always)
def _(_element: FunctionElement[Any], _compiler: SQLCompiler, **_options: Any) -> str:
    return f"DATE '{date.min}'"


@compiles(always, "sqlite")
def _(_element: FunctionElement[Any], _compiler: SQLCompiler, **_options: Any) -> str:
    return f"'{date.min}'"


@compiles(forever)
def _(_element: FunctionElement[Any], _compiler: SQLCompiler, **_options: Any) -> str:
    return f"DATE '{date.max}'"


@compiles(forever, "sqlite")
def _(_element: FunctionElement[Any], _compiler: SQLCompiler, **_options: Any) -> str:
    return f"'{date.max}'"


@compiles(add_months, "postgresql")
def _(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    day, months = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST({day} + make_interval(months => CAST({months} AS integer)) AS date)"


@compiles(add_months, "sqlite")
def _(element: FunctionElement[Any], compiler: SQLiteCompiler, **options: Any) -> str:
    # SQLite rolls 31 February over into March; the month's last day is the earlier of the two candidates. Every month
    # has 28 days.
    day, months = (compiler.process(clause, **options) for clause in element.clauses)
    then = f"date({day}, ({months}) || ' months')"
    last = f"date({day}, 'start of month', (({months}) + 1) || ' months', '-1 day')"
    return f"CASE WHEN substr({day}, 9) <= '28' THEN {then} ELSE min({then}, {last}) END"


@compiles(add_days, "postgresql")
def _(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    day, days = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({day} + CAST({days} AS integer))"


@compiles(add_days, "sqlite")
def _(element: FunctionElement[Any], compiler: SQLiteCompiler, **options: Any) -> str:
    day, days = (compiler.process(clause, **options) for clause in element.clauses)
    return f"date({day}, ({days}) || ' days')"


@compiles(latest, "postgresql")
def _(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"greatest({compiler.process(element.clauses, **options)})"


@compiles(latest, "sqlite")
def _(element: FunctionElement[Any], compiler: SQLiteCompiler, **options: Any) -> str:
    return f"max({compiler.process(element.clauses, **options)})"


@compiles(earliest, "postgresql")
def _(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"least({compiler.process(element.clauses, **options)})"


@compiles(earliest, "sqlite")
def _(element: FunctionElement[Any], compiler: SQLiteCompiler, **options: Any) -> str:
    return f"min({compiler.process(element.clauses, **options)})"


def as_date(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Say that an expression is a date, where the database's own functions leave that open."""
    return type_coerce(day, Date)


def month_number(day: ColumnElement[Any]) -> ColumnElement[int]:
    """Months since the year 0: the difference of two is the count of calendar months between them."""
    return cast(func.extract("year", day), Integer) * 12 + cast(func.extract("month", day), Integer)


def insert_unless_known(session: AsyncSession, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what is to happen to a row whose key is taken already."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(model)
    return postgresql.insert(model)


async def wait_for_turn(session: AsyncSession, work: str) -> None:
    """Wait until no other transaction is at this work; then what it has done can be seen.

    On SQLite the writer's lock does this already.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"training tracker: {work}"))))


def is_duplicate(error: IntegrityError) -> bool:
    """Whether the database refused a row because its key is taken already."""
    cause = error.orig
    return getattr(cause, "sqlstate", None) == "23505" or getattr(cause, "sqlite_errorname", "") in {
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
    }


# A day that is known, or a parameter of a statement that is kept: to put a long one together anew takes longer than
# to run it for one person.
Day = date | ColumnElement[date]


# --- what a transaction touched ------------------------------------------------------------------------------


@dataclass
class Touched:
    """The posts, people and expectations whose standings a transaction must bring up to date before it commits.

    Of ``items`` it has changed what counts, or from when: the expectations that they can matter to are found out then.
    """

    posts: set[int] = field(default_factory=set)
    practitioners: set[int] = field(default_factory=set)
    expectations: set[int] = field(default_factory=set)
    items: set[int] = field(default_factory=set)
    everything: bool = False

    def __bool__(self) -> bool:
        return bool(self.everything or self.posts or self.practitioners or self.expectations or self.items)


def touch(
    session: AsyncSession,
    *,
    posts: Iterable[int] = (),
    practitioners: Iterable[int] = (),
    expectations: Iterable[int] = (),
    items: Iterable[int] = (),
    everything: bool = False,
) -> None:
    """Say which standings a change of fact touches; they are refreshed before the transaction commits."""
    touched = touched_in(session)
    touched.posts.update(posts)
    touched.practitioners.update(practitioners)
    touched.expectations.update(expectations)
    touched.items.update(items)
    touched.everything = touched.everything or everything


def touched_in(session: AsyncSession) -> Touched:
    """What the transaction has touched so far."""
    touched: Touched = session.info.setdefault("touched", Touched())
    return touched


# --- engine and sessions -------------------------------------------------------------------------------------

Refresh = Callable[[AsyncSession, Touched], Awaitable[None]]

# What the database's triggers ask for to know to which act a change belongs: a setting on PostgreSQL, a function on
# SQLite.
ACT = "tracker.act"
ACT_FUNCTION = "tracker_act"


class Trail(Protocol):
    """What writes down whose act a transaction was. The changes themselves are written by triggers."""

    async def begin(self, session: AsyncSession) -> None: ...

    async def end(self, session: AsyncSession) -> None: ...

    def watch(self, connection: Connection) -> None:
        """Make the triggers, in the transaction that made the newest tables."""

    def stop_watching(self, connection: Connection) -> None:
        """Take them away, as a change of the tables needs."""


class ConfinedSession(Session):
    """One in each of whose transactions no rows are there but those of a :class:`Sight`."""


@event.listens_for(ConfinedSession, "after_begin")
def _confine(session: ConfinedSession, _transaction: SessionTransaction, connection: Connection) -> None:
    wall.confine(connection, session.info["sight"])


class Database:
    """Sessions for reading and for writing on one engine.

    ``refresh`` is called before each commit with what the transaction touched, so that no room can change a fact
    and leave its standings behind, and ``trail`` at the beginning and the end of each. The rooms below the engine
    cannot import them; the caller hands them in.
    """

    def __init__(self, url: str, refresh: Refresh, trail: Trail) -> None:
        self.url = _driver_url(url)
        self._refresh = refresh
        self._trail = trail
        self._sight: Sight | None = None
        self.engine = _engine(self.url)
        # SQLite has one writer; taking its lock at BEGIN waits politely instead of failing in mid-transaction.
        self._writer = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
        self._reader = self.engine.execution_options(postgresql_readonly=True)

    def confined_to(self, sight: Sight) -> "Database":
        """The same database, of which no other rows are read on PostgreSQL. What is written sees all of them: a change
        of fact touches standings wherever somebody works.
        """
        confined = copy(self)
        confined._sight = sight
        return confined

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        confined: dict[str, Any] = {}
        if self._sight is not None:
            confined = {"sync_session_class": ConfinedSession, "info": {"sight": self._sight}}
        async with AsyncSession(self._reader, expire_on_commit=False, **confined) as session:
            yield session
            if self.engine.dialect.name == "postgresql":
                # Rolled back, as a session is that is only closed, it would take with it all that its connection has
                # prepared: PostgreSQL would plan each statement of each page anew, which takes longer than to run it.
                session.expunge_all()
                await session.commit()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
            await self._trail.begin(session)
            yield session
            touched: Touched | None = session.info.get("touched")
            await session.flush()
            if touched:
                await self._refresh(session, touched)
            await self._trail.end(session)

    @asynccontextmanager
    async def rehearsing(self) -> AsyncIterator[AsyncSession]:
        """A transaction that does everything a write does and is then rolled back: what would happen, exactly."""
        async with AsyncSession(self._writer, expire_on_commit=False) as session:
            try:
                yield session
                await session.flush()
            finally:
                await session.rollback()

    async def connection(self) -> AsyncConnection:
        """For whoever writes one statement after another, each committed by itself, that change no standing: it is
        kept, and closed, by them.
        """
        connection = await self._writer.connect()
        connection.info.pop(ACT, None)  # of whoever had it before
        if connection.dialect.name == "postgresql":
            # Which spares a statement to begin and one to commit.
            await connection.execution_options(isolation_level="AUTOCOMMIT")
        return connection

    async def close(self) -> None:
        await self.engine.dispose()

    # --- schema ---

    async def migrate(self) -> tuple[str | None, str]:
        """Bring the schema to the newest revision; returns the revisions before and after."""
        async with self._writer.connect() as connection:
            return await connection.run_sync(_upgrade, self._trail)

    async def revisions(self) -> tuple[str | None, str]:
        """The revision the database has, and the one the program wants."""
        async with self.engine.connect() as connection:
            return await connection.run_sync(_revisions)


def migrations() -> "Config":
    """Alembic's configuration. Alembic is read in only here: it is slow to, and few commands migrate."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(packed_folder("migrations")).replace("%", "%%"))
    return config


def _upgrade(connection: Connection, trail: Trail) -> tuple[str | None, str]:
    from alembic import command

    config = migrations()
    config.attributes["connection"] = connection
    # In the transaction of the newest migration, so that there is no moment at which the tables are new and unwatched.
    config.attributes["guard"] = (trail.watch, wall.build)
    before, newest = _revisions(connection)
    if before == newest:
        if wall.gaps(connection) and not wall.lines_for_an_administrator(connection):
            wall.take_down(connection)
            wall.build(connection)
            connection.commit()
        return before, newest
    # All of it or nothing: a process that is killed, or a migration that fails, leaves tables, triggers and revision.
    trail.stop_watching(connection)
    wall.take_down(connection)
    command.upgrade(config, "head")
    connection.commit()
    return before, newest


def _revisions(connection: Connection) -> tuple[str | None, str]:
    """What Alembic would say, without it: revisions are the numbers with which their files' names begin."""
    files = (packed_folder("migrations") / "versions").glob("*.py")
    newest = max(file.stem.partition("_")[0] for file in files)
    if not inspect(connection).has_table("alembic_version"):
        return None, newest
    return connection.scalar(text("SELECT version_num FROM alembic_version")), newest


def _driver_url(url: str) -> URL:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite+aiosqlite")
    return parsed.set(drivername="postgresql+psycopg")


def _engine(url: URL) -> AsyncEngine:
    # What an error quotes is read by others than those whom the rows are about, so parameters stay out of it.
    if url.get_backend_name() == "postgresql":
        engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=10)
        event.listen(engine.sync_engine, "connect", _prepare_postgresql)
        return engine
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": 30})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    event.listen(engine.sync_engine, "invalidate", _let_go_of_sqlite)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    from psycopg.types.array import ListBinaryDumper  # not read in where there is no PostgreSQL

    # The driver takes an array apart seven times as quickly if it need not be written as text.
    connection.adapters.register_dumper(list, ListBinaryDumper)


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # What is written past the program is refused, since it knows no such function.
    connection.create_function(ACT_FUNCTION, 0, lambda: record.info.get(ACT))


def _let_go_of_sqlite(connection: Any, _record: Any, _error: BaseException | None) -> None:
    """Give the writer's lock back where a statement was cut off, as when we are told to stop.

    SQLite closes a connection only when the last of its statements is gone, and whoever holds the error holds those.
    """
    connection.rollback()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
