"""Alembic's entry: all migrations in one transaction, on the connection it is given."""

from typing import Any, Literal

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from training_tracker.database import Base, Moment
from training_tracker.schema import TABLES


def without_our_types(kind: str, thing: Any, _context: object) -> str | Literal[False]:
    """A migration must read the same when the program has moved on, so it names no type of ours."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, Moment) else False


def guard_the_newest(ctx: MigrationContext, step: MigrationInfo, **_rest: Any) -> None:
    """The triggers of the audit trail and the policies of rows come with the newest tables, in one transaction."""
    if step.is_upgrade and step.up_revision_id == context.get_head_revision() and ctx.connection is not None:
        for guard in guards:
            guard(ctx.connection)


connection = context.config.attributes["connection"]
guards = context.config.attributes.get("guard", ())
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
    compare_type=True,
    render_item=without_our_types,
    on_version_apply=guard_the_newest,
)
assert TABLES  # every room's tables are known before anything is compared
with context.begin_transaction():
    context.run_migrations()
