"""Statements that one test has compiled serve the next: most of what a small test costs is compiling the same anew."""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_MANY = 2_000


def keep_compiled_statements() -> None:
    """Every engine of this process uses one cache, as all sessions of a running program do.

    SQLAlchemy keeps what it has compiled by the dialect, and each engine has its own of those: here all of one kind are
    the same.
    """
    cache: LRUCache[Any, Any] = LRUCache(_MANY)

    @event.listens_for(Engine, "engine_connect")
    def use_it(connection: Connection) -> None:
        connection.engine._compiled_cache = cache

    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
