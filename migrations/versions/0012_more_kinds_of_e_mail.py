"""welcomes, confirmations, an agency's own words and address for answers, and what comes first"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "welcome",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_welcome_message_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_welcome_post_id")),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_welcome_practitioner_id")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_welcome")),
    )
    op.create_index("ix_welcome_message_id", "welcome", ["message_id"])
    op.create_index("ix_welcome_practitioner_id", "welcome", ["practitioner_id"])
    op.create_table(
        "confirmation",
        sa.Column("completion_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["completion_id"], ["completion.id"], name=op.f("fk_confirmation_completion_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_confirmation_message_id")),
        sa.PrimaryKeyConstraint("completion_id", name=op.f("pk_confirmation")),
    )
    op.create_index("ix_confirmation_message_id", "confirmation", ["message_id"])
    op.create_table(
        "letter_wording",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_letter_wording_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", "kind", "place", name=op.f("pk_letter_wording")),
    )
    op.add_column("message", sa.Column("reply_to", sa.String(length=254), nullable=True))
    op.add_column("agency", sa.Column("contact_email", sa.String(length=254), nullable=True))
    op.add_column("partnership", sa.Column("contact_email", sa.String(length=254), nullable=True))
    op.add_column("item", sa.Column("comes_first", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("item", "comes_first")
    op.drop_column("partnership", "contact_email")
    op.drop_column("agency", "contact_email")
    op.drop_column("message", "reply_to")
    op.drop_table("letter_wording")
    op.drop_table("confirmation")
    op.drop_table("welcome")
