"""training passports"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passport",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_passport_practitioner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passport")),
        sa.UniqueConstraint("seal", name=op.f("uq_passport_seal")),
    )
    op.create_index("ix_passport_practitioner_id", "passport", ["practitioner_id"])
    op.create_table(
        "passport_entry",
        sa.Column("passport_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("completed_by", sa.Date(), nullable=True),
        sa.Column("strength", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_passport_entry_item_id")),
        sa.ForeignKeyConstraint(["passport_id"], ["passport.id"], name=op.f("fk_passport_entry_passport_id")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_passport_entry_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("passport_id", "item_id", "completed_on", name=op.f("pk_passport_entry")),
    )
    op.create_index("ix_passport_entry_practitioner_id", "passport_entry", ["practitioner_id"])
    op.create_table(
        "passport_look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("passport_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looker", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(["passport_id"], ["passport.id"], name=op.f("fk_passport_look_passport_id")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_passport_look_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passport_look")),
    )
    op.create_index("ix_passport_look_passport_id", "passport_look", ["passport_id"])
    op.create_index("ix_passport_look_practitioner_id", "passport_look", ["practitioner_id"])


def downgrade() -> None:
    op.drop_table("passport_look")
    op.drop_table("passport_entry")
    op.drop_table("passport")
