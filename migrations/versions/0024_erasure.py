"""how long the records of whoever has left are kept, and who was erased"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("practitioner", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "agency_retention",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_retention_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_agency_retention")),
    )


def downgrade() -> None:
    op.drop_table("agency_retention")
    with op.batch_alter_table("practitioner") as practitioner:
        practitioner.drop_column("erased_at")
