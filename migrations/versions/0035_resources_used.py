"""that somebody opened a resource, and used it"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "resource_use",
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column(
            "what",
            sa.Enum("opened", "used", name="use", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_resource_use_item_id")),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_resource_use_practitioner_id")),
        sa.PrimaryKeyConstraint("practitioner_id", "item_id", "what", "on", name=op.f("pk_resource_use")),
    )


def downgrade() -> None:
    op.drop_table("resource_use")
