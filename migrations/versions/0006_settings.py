"""which setting a rule about a setting means: the whole agency, or each team"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE expectation_version ADD COLUMN setting VARCHAR(20) DEFAULT 'agency' NOT NULL"
        " CONSTRAINT ck_expectation_version_setting CHECK (setting IN ('agency', 'team'))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE expectation_version DROP COLUMN setting")
