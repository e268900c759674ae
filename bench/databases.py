"""Databases to measure on: SQLite files, and a real PostgreSQL that writes to the disk as in production."""

import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.postgres import PostgresServer, postgres_server
from training_tracker.database import ACT_FUNCTION

Row = Sequence[Any]


class Plain(ABC):
    """A bare connection of the driver: no more than text, rows, and the same durability as the program's."""

    placeholder: str

    @abstractmethod
    def execute(self, statement: str, row: Row = ()) -> list[Row]: ...

    @abstractmethod
    def insert(self, table: str, rows: list[Row]) -> None:
        """Insert whole rows, in the table's order of columns."""

    def _insertion(self, table: str, rows: list[Row]) -> str:
        return f"INSERT INTO {table} VALUES ({', '.join([self.placeholder] * len(rows[0]))})"


class Databases(ABC):
    """Named databases of one kind. ``copy`` makes a new one exactly like another that nobody is using."""

    kind: str
    version: str

    @abstractmethod
    def url(self, name: str) -> str: ...

    @abstractmethod
    def create(self, name: str) -> str: ...

    @abstractmethod
    def copy(self, name: str, template: str) -> str: ...

    @abstractmethod
    def drop(self, name: str) -> None: ...

    @abstractmethod
    def plain(self, name: str) -> AbstractContextManager[Plain]: ...


class PlainSqlite(Plain):
    placeholder = "?"

    def __init__(self, file: Path) -> None:
        self.connection = sqlite3.connect(file, isolation_level=None)
        # Without it the audit trail's triggers refuse every change.
        self.connection.create_function(ACT_FUNCTION, 0, lambda: None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            self.connection.execute(f"PRAGMA {pragma}")

    def execute(self, statement: str, row: Row = ()) -> list[Row]:
        return self.connection.execute(statement, row).fetchall()

    def insert(self, table: str, rows: list[Row]) -> None:
        self.connection.executemany(self._insertion(table, rows), rows)


class PlainPostgres(Plain):
    placeholder = "%s"

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)

    def execute(self, statement: str, row: Row = ()) -> list[Row]:
        cursor = self.connection.execute(sql.SQL(statement), row or None)
        return list(cursor.fetchall()) if cursor.description else []

    def insert(self, table: str, rows: list[Row]) -> None:
        with self.connection.cursor() as cursor:
            cursor.executemany(sql.SQL(self._insertion(table, rows)), rows)

    def load(self, table: str, columns: list[str], file: Path) -> None:
        """Copy in a file of comma-separated values."""
        with (
            file.open("rb") as rows,
            self.connection.cursor() as cursor,
            cursor.copy(sql.SQL(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)")) as copy,
        ):
            while some := rows.read(1 << 20):
                copy.write(some)


class SqliteFiles(Databases):
    kind = "sqlite"
    version = sqlite3.sqlite_version

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self._file(name)}"

    def create(self, name: str) -> str:
        return self.url(name)

    def copy(self, name: str, template: str) -> str:
        shutil.copy(self._file(template), self._file(name))
        return self.url(name)

    def drop(self, name: str) -> None:
        for end in ("", "-wal", "-shm"):
            self._file(name + end).unlink(missing_ok=True)

    @contextmanager
    def plain(self, name: str) -> Iterator[Plain]:
        plain = PlainSqlite(self._file(name))
        try:
            yield plain
        finally:
            plain.connection.close()

    def _file(self, name: str) -> Path:
        return self.folder / name


class PostgresDatabases(Databases):
    kind = "postgresql"

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        with self.plain("postgres") as plain:
            self.version = str(plain.execute("SHOW server_version")[0][0]).split()[0]

    def url(self, name: str) -> str:
        return self.server.url(name)

    def create(self, name: str) -> str:
        return self.server.create(name)

    def copy(self, name: str, template: str) -> str:
        return self.server.create(name, template)

    def drop(self, name: str) -> None:
        self.server.drop(name)

    @contextmanager
    def plain(self, name: str) -> Iterator[Plain]:
        plain = PlainPostgres(self.url(name))
        try:
            yield plain
        finally:
            plain.connection.close()


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[Databases]:
    if kind == "sqlite":
        yield SqliteFiles(folder)
        return
    # Both ours and the plain reference wait for the disk at every commit, as they would in production.
    with postgres_server(fsync=True) as server:
        yield PostgresDatabases(server)
