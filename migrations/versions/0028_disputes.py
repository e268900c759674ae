"""what people say is not right in their record"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OPEN = "withdrawn_at IS NULL AND verdict IS NULL"


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column(
            "wrong",
            sa.Enum(
                *("not done", "another day", "another course", "something else"),
                name="wrong",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                *("upheld", "voided", "corrected"),
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(254), nullable=True),
        sa.Column("decided_as", sa.String(60), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(verdict IS NULL) = (reason IS NULL) AND (verdict IS NULL) = (decided_by IS NULL)"
            " AND (verdict IS NULL) = (decided_as IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_dispute_decided_with_reason"),
        ),
        sa.CheckConstraint(
            "verdict IS NULL OR withdrawn_at IS NULL",
            name=op.f("ck_dispute_decided_or_withdrawn"),
        ),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_dispute_practitioner_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_dispute_item_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_dispute_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index("ix_dispute_practitioner_id", "dispute", ["practitioner_id"])
    op.create_index(
        "uq_dispute_open",
        "dispute",
        ["practitioner_id", "item_id", "completed_on"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def downgrade() -> None:
    op.drop_table("dispute")
