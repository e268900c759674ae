"""other names under which an agency arrives"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency_alias",
        sa.Column("alias", sa.String(200), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("written", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_alias_agency_id")),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_agency_alias")),
    )
    op.create_index("ix_agency_alias_agency_id", "agency_alias", ["agency_id"])


def downgrade() -> None:
    op.drop_table("agency_alias")
