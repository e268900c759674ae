"""to which agencies somebody shows their whole record"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_shown",
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_record_shown_practitioner_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_record_shown_agency_id")),
        sa.PrimaryKeyConstraint("practitioner_id", "agency_id", name=op.f("pk_record_shown")),
    )


def downgrade() -> None:
    op.drop_table("record_shown")
