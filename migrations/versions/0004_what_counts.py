"""hours of a kind, equivalences an agency decides itself, days known only as a range"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE item ADD COLUMN participatory BOOLEAN DEFAULT false NOT NULL")
    op.execute(
        "ALTER TABLE expectation_version ADD COLUMN participatory_percent INTEGER"
        " CONSTRAINT ck_expectation_version_participatory_share_of_hours"
        " CHECK (participatory_percent IS NULL OR (measure = 'hours' AND participatory_percent BETWEEN 1 AND 100))"
    )


def downgrade() -> None:
    op.drop_column("expectation_version", "participatory_percent")
    op.drop_column("item", "participatory")
