"""a strategy's priorities are kept on pages, and can be taken away"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE priority ADD COLUMN kept_on_pages BOOLEAN DEFAULT false NOT NULL")
    op.add_column("priority", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Its triggers name the columns; the next migration makes them again.
        for change in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS audit_priority_{change}")
    op.drop_column("priority", "withdrawn_at")
    op.drop_column("priority", "kept_on_pages")
