"""a second step at sign-in"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("web_session", sa.Column("second_step_at", sa.DateTime(timezone=True)))
    op.create_table(
        "second_step",
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("set_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recovery_codes", sa.Integer(), nullable=False),
        sa.Column("codes_made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_second_step_practitioner_id")),
        sa.PrimaryKeyConstraint("practitioner_id", name=op.f("pk_second_step")),
    )
    op.create_table(
        "second_step_key",
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_second_step_key_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("practitioner_id", name=op.f("pk_second_step_key")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_recovery_code_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("practitioner_id", "code", name=op.f("pk_recovery_code")),
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("second_step_key")
    op.drop_table("second_step")
    op.drop_column("web_session", "second_step_at")
