"""what was decided about whom, who has news, an agency's own ladder, and messages that are withdrawn"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATES = ("waiting", "sent", "failed")


def upgrade() -> None:
    op.create_table(
        "standing_news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_news")),
    )
    # Nothing has been decided about anybody yet.
    op.execute("INSERT INTO standing_news (practitioner_id) SELECT DISTINCT practitioner_id FROM post")
    op.create_table(
        "reminder_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("held", sa.String(length=80), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look_again_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_reminder_decision_message_id")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_reminder_decision_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_decision")),
    )
    op.create_index("ix_reminder_decision_message_id", "reminder_decision", ["message_id"])
    op.create_index("ix_reminder_decision_practitioner_id_on", "reminder_decision", ["practitioner_id", "on"])
    there = sa.text("look_again_on IS NOT NULL")
    op.create_index(
        "ix_reminder_decision_look_again_on",
        "reminder_decision",
        ["look_again_on"],
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_table(
        "agency_ladder",
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("days_before", sa.String(length=200), nullable=False),
        sa.Column("days_after", sa.String(length=200), nullable=False),
        sa.Column("monthly", sa.Boolean(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_ladder_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_agency_ladder")),
    )
    op.execute("ALTER TABLE message ADD COLUMN withdrawn_because TEXT")
    _change_states((*STATES, "withdrawn"))


def downgrade() -> None:
    op.drop_table("agency_ladder")
    op.drop_table("reminder_decision")
    op.drop_table("standing_news")
    # What nobody has written yet would go out empty, and what was withdrawn would be tried again.
    op.execute(
        "DELETE FROM reminder WHERE message_id IN (SELECT id FROM message WHERE text = '' OR state = 'withdrawn')"
    )
    op.execute("DELETE FROM message WHERE text = '' OR state = 'withdrawn'")
    _change_states(STATES)
    op.drop_column("message", "withdrawn_because")


def _change_states(states: tuple[str, ...]) -> None:
    """On SQLite the table is made anew, which no row of another may point to meanwhile."""
    op.execute("CREATE TABLE reminder_kept AS SELECT * FROM reminder")
    op.execute("DELETE FROM reminder")
    words = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table("message") as batch:
        batch.drop_constraint("messagestate", type_="check")
        batch.create_check_constraint("messagestate", f"state IN ({words})")
    op.execute("INSERT INTO reminder SELECT * FROM reminder_kept")
    op.drop_table("reminder_kept")
