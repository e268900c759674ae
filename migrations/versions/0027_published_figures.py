"""the partnership's figures, as they were published"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_index(op.f("ix_publication_published_on"), "publication", ["published_on"])
    op.create_table(
        "published_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("merged", sa.JSON(), nullable=False),
        sa.Column("expectation_id", sa.Integer(), nullable=False),
        sa.Column("as_at", sa.Date(), nullable=True),
        sa.Column("word", sa.String(20), nullable=False),
        sa.Column("target_percent", sa.Float(), nullable=False),
        sa.Column("met", sa.Integer(), nullable=True),
        sa.Column("overdue", sa.Integer(), nullable=True),
        sa.Column("measured_people", sa.Integer(), nullable=True),
        sa.Column("met_people", sa.Integer(), nullable=True),
        sa.Column("not_met_people", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name=op.f("fk_published_figure_publication_id")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_published_figure_partnership_id")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_published_figure_agency_id")),
        sa.ForeignKeyConstraint(
            ["expectation_id"], ["expectation.id"], name=op.f("fk_published_figure_expectation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_figure")),
    )
    op.create_index(op.f("ix_published_figure_publication_id"), "published_figure", ["publication_id"])
    op.create_index(
        "ix_published_figure_cell", "published_figure", ["partnership_id", "agency_id", "expectation_id", "id"]
    )


def downgrade() -> None:
    op.drop_table("published_figure")
    op.drop_table("publication")
