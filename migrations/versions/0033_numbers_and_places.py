"""numbers of people of a partnership as they were told, and the places that it offers"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_number",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column(
            "told",
            sa.Enum(
                "falling due",
                "overdue",
                "new in post",
                name="told",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("which", sa.String(20), nullable=False),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name=op.f("fk_published_number_publication_id")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_published_number_partnership_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_published_number_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_number")),
    )
    op.create_index(
        "ix_published_number_about", "published_number", ["partnership_id", "told", "item_id", "which", "id"]
    )
    op.create_index(op.f("ix_published_number_publication_id"), "published_number", ["publication_id"])
    op.create_table(
        "places_offered",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("places >= 0", name=op.f("ck_places_offered_places_not_negative")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnership.id"], name=op.f("fk_places_offered_partnership_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_places_offered_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places_offered")),
    )
    op.create_index("ix_places_offered_about", "places_offered", ["partnership_id", "item_id", "month", "id"])


def downgrade() -> None:
    op.drop_table("places_offered")
    op.drop_table("published_number")
