"""what a change of a rule does to those whom the old one held for"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE expectation_version ADD COLUMN on_change VARCHAR(20) DEFAULT 'recompute' NOT NULL"
        " CONSTRAINT ck_expectation_version_onchange CHECK (on_change IN ('recompute', 'pin', 'next cycle'))"
    )
    op.execute(
        "ALTER TABLE expectation_version ADD COLUMN transition_days INTEGER"
        " CONSTRAINT ck_expectation_version_transition_days_not_negative CHECK (transition_days >= 0)"
    )
    op.execute("ALTER TABLE standing ADD COLUMN kept_until DATE")
    op.execute("ALTER TABLE standing ADD COLUMN transition_until DATE")


def downgrade() -> None:
    op.drop_column("standing", "transition_until")
    op.drop_column("standing", "kept_until")
    op.drop_column("expectation_version", "transition_days")
    op.drop_column("expectation_version", "on_change")
