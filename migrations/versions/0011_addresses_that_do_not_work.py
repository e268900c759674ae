"""addresses that do not work, and what is known of the mail server"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refusal",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_refusal_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_refusal")),
    )
    op.create_index(op.f("ix_refusal_address"), "refusal", ["address"])
    op.create_table(
        "undeliverable_address",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_undeliverable_address")),
    )
    op.create_table(
        "mail_server_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_because", sa.Text(), nullable=True),
        sa.Column("next_turn", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_server_state")),
    )
    op.execute("INSERT INTO mail_server_state (id) VALUES (1)")
    # With the id, a batch is read off the index however many messages became due in the same moment.
    op.drop_index("ix_message_state_not_before", "message")
    op.create_index("ix_message_state_not_before_id", "message", ["state", "not_before", "id"])


def downgrade() -> None:
    op.drop_index("ix_message_state_not_before_id", "message")
    op.create_index("ix_message_state_not_before", "message", ["state", "not_before"])
    op.drop_table("mail_server_state")
    op.drop_table("undeliverable_address")
    op.drop_table("refusal")
