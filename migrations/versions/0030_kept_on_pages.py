"""who approved what is expected, and which expectations their agencies keep on the pages"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE expectation ADD COLUMN kept_on_pages BOOLEAN DEFAULT false NOT NULL")
    op.add_column("expectation_version", sa.Column("approved_by", sa.String(200), nullable=True))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Its triggers name the columns; the next migration makes them again.
        for table in ("expectation", "expectation_version"):
            for change in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER IF EXISTS audit_{table}_{change}")
    op.drop_column("expectation_version", "approved_by")
    op.drop_column("expectation", "kept_on_pages")
