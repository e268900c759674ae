"""roles and their groups are kept on pages, and can be out of use"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("role", "role_group"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN kept_on_pages BOOLEAN DEFAULT false NOT NULL")
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for table in ("role", "role_group"):
        if op.get_bind().dialect.name == "sqlite":
            # Its triggers name the columns; the next migration makes them again.
            for change in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER IF EXISTS audit_{table}_{change}")
        op.drop_column(table, "withdrawn_at")
        op.drop_column(table, "kept_on_pages")
