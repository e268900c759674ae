"""resources that are there for everybody, without signing in"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE item ADD COLUMN public BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Its triggers name the columns; the next migration makes them again.
        for change in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS audit_item_{change}")
    op.drop_column("item", "public")
