"""campaigns: one message about one item to chosen roles, who got it and who has acknowledged it"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("statutory_only", sa.Boolean(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=254), nullable=False),
        sa.CheckConstraint("(partnership_id IS NULL) <> (agency_id IS NULL)", name=op.f("ck_campaign_one_owner")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_campaign_agency_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_campaign_item_id")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnership.id"], name=op.f("fk_campaign_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_table(
        "campaign_recipient",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_recipient_campaign_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_campaign_recipient_message_id")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_campaign_recipient_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "practitioner_id", name=op.f("pk_campaign_recipient")),
    )
    op.create_index("ix_campaign_recipient_message_id", "campaign_recipient", ["message_id"])
    op.create_index("ix_campaign_recipient_practitioner_id", "campaign_recipient", ["practitioner_id"])


def downgrade() -> None:
    op.drop_table("campaign_recipient")
    op.drop_table("campaign")
