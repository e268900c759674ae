"""of which teams a summary tells, so that one that waited can be seen to be another's by now"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "summary_teams",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_summary_teams_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_summary_teams")),
    )


def downgrade() -> None:
    op.drop_table("summary_teams")
