"""people whom a manager does not want to read of for a while"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "snooze",
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["practitioner.id"], name=op.f("fk_snooze_manager_id")),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_snooze_practitioner_id")),
        sa.PrimaryKeyConstraint("manager_id", "practitioner_id", name=op.f("pk_snooze")),
    )


def downgrade() -> None:
    op.drop_table("snooze")
