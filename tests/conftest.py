"""Databases of both kinds, as the program uses them: real files, a real server, the schema from the migrations."""

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

import training_tracker.schema
from tests.postgres import PostgresServer, postgres_server, restore
from tests.statements import keep_compiled_statements
from training_tracker.database import Database
from training_tracker.intake.configuration import REFERENCE
from training_tracker.intake.loading import load_configuration
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

assert training_tracker.schema.TABLES

# How long an example takes says more about the machine than about us; bench/ measures.
hypothesis.settings.register_profile("tracker", deadline=None)
hypothesis.settings.load_profile("tracker")

keep_compiled_statements()

# Files of tests stay in memory where there is room: SQLite waits for the disk at each commit, half of all the time.
IN_MEMORY = Path("/dev/shm")
if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > 4 * 1024**3:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))


@pytest.fixture(autouse=True)
def logs_as_they_come() -> Iterator[None]:
    """A command that a test runs in this process may have silenced them."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


Preparation = Callable[[Database], Awaitable[None]]


async def nothing_more(database: Database) -> None:
    """A database that is migrated, and no more."""


async def the_reference_configuration(database: Database) -> None:
    async with database.writing() as session:
        await load_configuration(session, REFERENCE, "tests")


async def _prepare(url: str, preparation: Preparation) -> None:
    database = connect(Settings(database_url=url, _env_file=None))
    await database.migrate()
    await preparation(database)
    await database.close()


class Templates:
    """Databases prepared once, then copied for every test: migrated, and with what a preparation puts into them.

    PostgreSQL takes long to make a database; one that is given back is made like its template for the next test.
    """

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self.folder = folder
        self.request = request
        self.ready: set[str] = set()
        self.given_back: list[str] = []

    def copy(self, kind: str, folder: Path, preparation: Preparation) -> str:
        template = preparation.__name__
        if kind == "sqlite":
            file = self.folder / f"{template}.db"
            self._prepare_once(f"sqlite:///{file}", preparation)
            shutil.copy(file, folder / "tracker.db")
            return f"sqlite:///{folder / 'tracker.db'}"
        server: PostgresServer = self.request.getfixturevalue("postgres")
        if server.url(template) not in self.ready:
            server.create(template)
        self._prepare_once(server.url(template), preparation)
        while self.given_back:
            url = self.given_back.pop()
            if restore(url, server.url(template)):
                return url
        return server.create(f"test_{uuid.uuid4().hex}", template)

    def give_back(self, url: str) -> None:
        """A test has done with a copy that had few rows at first."""
        if url.startswith("postgresql"):
            self.given_back.append(url)

    def _prepare_once(self, url: str, preparation: Preparation) -> None:
        if url not in self.ready:
            asyncio.run(_prepare(url, preparation))
            self.ready.add(url)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"), request)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; a test that only needs one overrides it with ``parametrize``."""
    return str(request.param)


@pytest.fixture
def before() -> Preparation:
    """What is in the database before a test, where others of its kind need the same and it is not what they test."""
    return nothing_more


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, templates: Templates, before: Preparation) -> Iterator[str]:
    """The address of a database that has the schema, and no rows but those of ``before``."""
    url = templates.copy(kind, tmp_path, before)
    yield url
    templates.give_back(url)


@pytest.fixture
def configured_url(kind: str, tmp_path: Path, templates: Templates) -> str:
    """The address of a database with the reference configuration."""
    return templates.copy(kind, tmp_path, the_reference_configuration)


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    database = connect(Settings(database_url=empty_url, _env_file=None))
    yield database
    await database.close()


@pytest.fixture
async def configured(configured_url: str) -> AsyncIterator[Database]:
    database = connect(Settings(database_url=configured_url, _env_file=None))
    yield database
    await database.close()
