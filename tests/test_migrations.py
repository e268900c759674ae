"""The schema comes from migrations alone: in step with the models, there and back, and all or nothing."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from training_tracker.database import Base, Database, migrations
from training_tracker.settings import packed_folder

BROKEN = '''"""makes a table, fills it, and fails"""

import sqlalchemy as sa
from alembic import op

revision = "broken"
down_revision = {newest!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("half_made", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO half_made VALUES (1)")
    op.add_column("item", sa.Column("half_made", sa.Integer()))
    op.execute("INSERT INTO nowhere VALUES (1)")
'''


async def test_the_migrations_make_what_the_models_say(empty: Database) -> None:
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_database_that_is_up_to_date_stays_as_it_is(empty: Database) -> None:
    before, newest = await empty.migrate()
    assert before == newest is not None


async def test_the_schema_can_be_taken_down_and_made_again(empty: Database) -> None:
    async with empty.engine.connect() as connection:
        await connection.run_sync(_downgrade)
        assert await connection.run_sync(_tables) <= {"alembic_version"}
    assert (await empty.migrate())[0] is None
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_the_migrations_make_every_check_and_rule_of_the_models(empty: Database) -> None:
    """Which comparing the two does not see."""
    async with empty.engine.connect() as connection:
        migrated = await connection.run_sync(_rules)
        await connection.run_sync(_downgrade)
        await connection.run_sync(Base.metadata.create_all)
        assert await connection.run_sync(_rules) == migrated
    assert sum(map(len, migrated.values())) > 80


async def test_a_migration_that_fails_leaves_nothing(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, newest = await empty.revisions()
    _with_one_more(tmp_path, BROKEN.format(newest=newest), monkeypatch)
    with pytest.raises(DBAPIError):
        await empty.migrate()
    async with empty.engine.connect() as connection:
        assert "half_made" not in await connection.run_sync(_tables)
        assert await connection.run_sync(_differences) == []
    assert await empty.revisions() == (newest, "broken")


def _with_one_more(folder: Path, migration: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program find its migrations in a copy that has one more."""
    copy = Path(shutil.copytree(packed_folder("migrations"), folder / "migrations"))
    (copy / "versions" / "broken.py").write_text(migration)
    monkeypatch.setattr("training_tracker.database.packed_folder", lambda _name: copy)


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


def _rules(connection: Connection) -> dict[str, list[str]]:
    """Checks, unique constraints, foreign keys and indexes of every table, as the database tells them."""
    inspector = inspect(connection)
    asking = (
        inspector.get_check_constraints,
        inspector.get_unique_constraints,
        inspector.get_foreign_keys,
        inspector.get_indexes,
    )
    return {
        table: sorted(_told(rule) for ask in asking for rule in ask(table))
        for table in _tables(connection) - {"alembic_version"}
    }


def _told(rule: Mapping[str, Any]) -> str:
    conditions = {name: str(value) for name, value in rule.get("dialect_options", {}).items()}
    return repr(sorted((dict(rule) | {"dialect_options": conditions}).items()))


def _downgrade(connection: Connection) -> None:
    config = migrations()
    config.attributes["connection"] = connection
    command.downgrade(config, "base")
    connection.commit()


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())
