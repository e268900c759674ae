"""grace, and extensions asked for and granted"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE expectation_version ADD COLUMN grace_days INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_expectation_version_grace_days_not_negative CHECK (grace_days >= 0)"
    )
    op.execute("ALTER TABLE standing ADD COLUMN grace_until DATE")


def downgrade() -> None:
    op.execute("ALTER TABLE standing DROP COLUMN grace_until")
    op.execute("ALTER TABLE expectation_version DROP COLUMN grace_days")
