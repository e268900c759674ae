"""what an agency's system sent of which somebody else's record stood"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recorded_too",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("strength", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_recorded_too_agency_id")),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_recorded_too_practitioner_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_recorded_too_item_id")),
        sa.PrimaryKeyConstraint(
            "agency_id", "practitioner_id", "item_id", "completed_on", name=op.f("pk_recorded_too")
        ),
    )
    op.create_index(op.f("ix_recorded_too_practitioner_id"), "recorded_too", ["practitioner_id"])


def downgrade() -> None:
    op.drop_table("recorded_too")
