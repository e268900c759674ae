"""Many values in one statement. On PostgreSQL they are handed in as arrays, so that the statement is the same however
many they are: taking apart a statement with thousands of parameters costs more than what it does.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Insert,
    Select,
    TableValuedAlias,
    Text,
    TypeDecorator,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from training_tracker.database import Base


class Many(TypeDecorator[Collection[Any]]):
    """Numbers or words as one parameter: an array, on SQLite as JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, each: TypeEngine[Any]) -> None:
        super().__init__()
        self.each = each

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.each, dimensions=1))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        return json.dumps(list(value or ())) if dialect.name == "sqlite" else list(value or ())


class is_one_of(FunctionElement[Any]):  # named as a SQL function is
    """``is_one_of(column, values)``: what ``column.in_(values)`` says, of any number of values."""

    # Of no type: SQLite has no booleans, so what is said to be one is compared with 1, past every index.
    inherit_cache = True

    def __init__(self, column: Any, values: Collection[Any] | BindParameter[Any]) -> None:
        if not isinstance(values, BindParameter):
            values = bindparam(None, values, type_=Many(column.type))
        super().__init__(column, values)


@compiles(is_one_of, "postgresql")
def _(element: is_one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return compiler.process((column == func.any(values)).self_group(), **options)


@compiles(is_one_of, "sqlite")
def _(element: is_one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    each = func.json_each(values).table_valued("value")
    return compiler.process(column.in_(select(each.c.value)).self_group(), **options)


class is_found_by(FunctionElement[Any]):  # named as a SQL function is
    """``is_found_by(column, rows)``: what ``column.in_(rows)`` says, of a statement that finds few rows, the same
    whatever it is asked of.

    PostgreSQL guesses how many a statement finds, and of one that follows a tree it guesses thousands, for which it
    reads whole tables. As an array they are found first, once, and looked up.
    """

    # Of no type, as above.
    inherit_cache = True

    def __init__(self, column: Any, rows: Select[Any]) -> None:
        super().__init__(column, rows.correlate(None).scalar_subquery())


@compiles(is_found_by, "postgresql")
def _(element: is_found_by, compiler: SQLCompiler, **options: Any) -> str:
    column, rows = element.clauses
    return compiler.process((column == func.any(func.array(rows))).self_group(), **options)


@compiles(is_found_by, "sqlite")
def _(element: is_found_by, compiler: SQLCompiler, **options: Any) -> str:
    column, rows = element.clauses
    return compiler.process(column.in_(rows).self_group(), **options)


async def insert_many(session: AsyncSession, into: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, which all name the same columns."""
    if not rows:
        return
    await session.flush()
    # Not by the program's objects, which would look at every row once more.
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        await connection.execute(into, rows)
        return
    first, *others = rows[0]
    values = {name: [row[name] for row in rows] for name in rows[0]}
    # What is the same in every row is handed in once.
    same = [name for name in others if values[name].count(values[name][0]) == len(rows)]
    differ = [first, *(name for name in others if name not in same)]
    types = {name: into.table.c[name].type for name in values}
    arrays = (bindparam(None, values[name], type_=Many(types[name])) for name in differ)
    given = func.unnest(*arrays).table_valued(*differ).render_derived(name="given")
    once = (bindparam(None, values[name][0], type_=types[name]) for name in same)
    await connection.execute(into.from_select([*differ, *same], select(*given.c, *once)))


async def insert_numbered(session: AsyncSession, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows of a model that has an ``id``; returns their ids in the same order.

    The ids are taken first: no statement says which id became whose.
    """
    ids = model.__table__.c.id
    if session.get_bind().dialect.name == "sqlite":
        # Whoever writes is alone here.
        highest = await session.scalar(select(func.max(ids))) or 0
        numbers = list(range(highest + 1, highest + 1 + len(rows)))
    else:
        sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
        numbers = list(await session.scalars(select(func.nextval(sequence)).select_from(_as_many_as(len(rows)))))
    await insert_many(
        session, insert(model), [{"id": number, **row} for number, row in zip(numbers, rows, strict=True)]
    )
    return numbers


def _as_many_as(number: int) -> TableValuedAlias:
    return func.generate_series(1, number).table_valued("number")
