"""deputies of teams, escalations to managers with each agency's limit, and what a role group is about"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team_deputy",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_team_deputy_practitioner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_deputy_team_id")),
        sa.PrimaryKeyConstraint("team_id", "practitioner_id", name=op.f("pk_team_deputy")),
    )
    op.create_index("ix_team_deputy_practitioner_id", "team_deputy", ["practitioner_id"])
    op.create_table(
        "escalation",
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("expectation_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["expectation_id"], ["expectation.id"], name=op.f("fk_escalation_expectation_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["practitioner.id"], name=op.f("fk_escalation_manager_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_escalation_message_id")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_escalation_post_id")),
        sa.PrimaryKeyConstraint("manager_id", "post_id", "expectation_id", "due_on", name=op.f("pk_escalation")),
    )
    op.create_index("ix_escalation_message_id", "escalation", ["message_id"])
    op.add_column(
        "agency_ladder", sa.Column("escalate_after", sa.Integer(), server_default=sa.text("30"), nullable=False)
    )
    op.add_column(
        "role_group",
        sa.Column("audience", sa.String(length=20), server_default=sa.text("'front line'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("role_group", "audience")
    op.drop_column("agency_ladder", "escalate_after")
    op.drop_table("escalation")
    op.drop_table("team_deputy")
