"""grace, and extensions asked for and granted"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE expectation_version ADD COLUMN grace_days INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_expectation_version_grace_days_not_negative CHECK (grace_days >= 0)"
    )
    op.execute("ALTER TABLE standing ADD COLUMN grace_until DATE")
    op.create_table(
        "extension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("expectation_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=254), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "decision",
            sa.Enum("granted", "refused", name="decision", native_enum=False, create_constraint=True, length=20),
            nullable=True,
        ),
        sa.Column("decided_by", sa.String(length=254), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("until > due_on", name=op.f("ck_extension_later_than_due")),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_extension_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["expectation_id"], ["expectation.id"], name=op.f("fk_extension_expectation_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_extension_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
    )
    op.create_index("ix_extension_post_id_expectation_id", "extension", ["post_id", "expectation_id"])
    still_open = sa.text("decision IS NULL AND withdrawn_at IS NULL")
    op.create_index(
        "uq_extension_open",
        "extension",
        ["post_id", "expectation_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def downgrade() -> None:
    op.drop_table("extension")
    op.execute("ALTER TABLE standing DROP COLUMN grace_until")
    op.execute("ALTER TABLE expectation_version DROP COLUMN grace_days")
