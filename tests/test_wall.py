"""Building the second wall: by whom it can be, what is said where it does not stand, and what becomes of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tests.postgres import PostgresServer
from training_tracker import wall
from training_tracker.cli.checking import _wall
from training_tracker.database import Base, Database, migrations
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect
from training_tracker.wall import CONFINED, OPEN, SHUT, Sight

WHO = text("SELECT current_user")


def test_of_every_table_it_is_said_which_of_its_rows_a_page_may_read() -> None:
    assert sorted([*CONFINED, *OPEN, *SHUT]) == sorted(Base.metadata.tables)


@asynccontextmanager
async def as_login(server: PostgresServer, rights: str) -> AsyncIterator[tuple[Database, str]]:
    """A new database that belongs to a login with these rights only."""
    name = f"of_{uuid4().hex}"
    url = server.create_with_login(name, rights)
    database = connect(Settings(database_url=url, _env_file=None))
    try:
        await database.migrate()
        yield database, name
    finally:
        await database.close()
        server.drop(name)
        administer(server, f"DROP ROLE {name}_confined", f"DROP ROLE {name}")


def administer(server: PostgresServer, *lines: str, database: str = "postgres") -> None:
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        for line in lines:
            connection.execute(line.encode())


async def who_reads(database: Database) -> str:
    async with database.confined_to(Sight()).reading() as session:
        return str(await session.scalar(WHO))


async def do(database: Database, *work: Callable[[Connection], object] | str) -> None:
    async with database.engine.begin() as connection:
        for part in work:
            await (connection.execute(text(part)) if isinstance(part, str) else connection.run_sync(part))


async def test_a_login_that_may_make_roles_builds_it(postgres: PostgresServer) -> None:
    async with as_login(postgres, "CREATEROLE") as (database, name):
        assert await who_reads(database) == f"{name}_confined"
        assert (await _wall(database)).ok
        await database.migrate()
        assert (await _wall(database)).ok, "to migrate once more changes nothing"
        administer(postgres, f"REASSIGN OWNED BY {name} TO postgres", database=name)
        finding = await _wall(database)
        assert not finding.ok
        assert "post belongs to another login" in finding.found


async def test_where_the_login_may_not_make_roles_check_says_what_an_administrator_does(
    postgres: PostgresServer,
) -> None:
    async with as_login(postgres, "") as (database, name):
        finding = await _wall(database)
        assert not finding.ok
        assert f"there is no role {name}_confined that this login may take" in finding.found
        assert await who_reads(database) == name, "pages read all the same"
        lines = finding.mend.partition("migrate: ")[2]
        assert lines == f'CREATE ROLE "{name}_confined" NOLOGIN; GRANT "{name}_confined" TO "{name}";'
        administer(postgres, lines)
        assert (await _wall(database)).mend == "Run: training-tracker migrate"
        await database.migrate()
        assert (await _wall(database)).ok
        assert await who_reads(database) == f"{name}_confined"


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.parametrize(
    ("done", "said"),
    [
        ("ALTER TABLE post DISABLE ROW LEVEL SECURITY", "post can be read whole"),
        ("COMMENT ON FUNCTION wall_confine(text, text) IS NULL", "it was built by another version of the program"),
        ("DROP POLICY wall ON standing", "standing can be read whole"),
        ('GRANT SELECT ON second_step_key TO "{role}"', "second_step_key can be read whole"),
    ],
)
async def test_what_was_taken_away_is_told_and_put_back(empty: Database, done: str, said: str) -> None:
    await do(empty, done.format(role=await who_reads(empty)))
    assert (await _wall(empty)).found.endswith(said)
    await empty.migrate()
    assert (await _wall(empty)).ok


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_database_from_before_the_wall_has_it_once_it_is_migrated(empty: Database) -> None:
    def without(connection: Connection) -> None:
        config = migrations()
        config.attributes["connection"] = connection
        command.downgrade(config, "0028")

    await do(empty, without)
    with pytest.raises(DBAPIError):
        await who_reads(empty)
    assert not (await _wall(empty)).ok
    await empty.migrate()
    assert (await _wall(empty)).ok


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_copy_whose_role_is_gone_reads_nothing_until_it_is_migrated(empty: Database) -> None:
    """As where a database is restored on another server."""
    await do(
        empty,
        wall.take_down,
        "CREATE FUNCTION wall_confine(agencies text, person text) RETURNS void LANGUAGE sql"
        " AS $$ SELECT set_config('role', 'nobody_there_confined', true) $$",
    )
    with pytest.raises(DBAPIError, match="nobody_there_confined"):
        await who_reads(empty)
    await empty.migrate()
    assert (await _wall(empty)).ok
