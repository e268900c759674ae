"""what a partnership's lead changes in the catalogue on the pages, and what is not in use any more"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE item ADD COLUMN kept_on_pages BOOLEAN DEFAULT false NOT NULL")
    op.execute("ALTER TABLE equivalence ADD COLUMN kept_on_pages BOOLEAN DEFAULT false NOT NULL")
    op.add_column("item", sa.Column("out_of_use_from", sa.Date(), nullable=True))
    op.create_table(
        "item_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whose", sa.String(250), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_change_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_change")),
    )
    op.create_index("ix_item_change_item_id", "item_change", ["item_id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Its triggers name the columns; the next migration makes them again.
        for table in ("item", "equivalence"):
            for change in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER IF EXISTS audit_{table}_{change}")
    op.drop_table("item_change")
    op.drop_column("item", "out_of_use_from")
    op.drop_column("equivalence", "kept_on_pages")
    op.drop_column("item", "kept_on_pages")
