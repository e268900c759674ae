"""spreadsheets that are sent in the browser"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spreadsheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("sent_by", sa.String(254), nullable=False),
        sa.Column("layout", sa.String(20), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.String(64), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("seen", sa.String(64), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("layout IN ('people', 'completions')", name=op.f("ck_spreadsheet_layout")),
        sa.CheckConstraint(
            "stage IN ('sent', 'looked at', 'unreadable', 'confirmed', 'done', 'taken back')",
            name=op.f("ck_spreadsheet_stage"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_spreadsheet_agency_id")),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_spreadsheet_practitioner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spreadsheet")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_spreadsheet_agency_id", "spreadsheet", ["agency_id"])
    op.create_index("ix_spreadsheet_practitioner_id", "spreadsheet", ["practitioner_id"])
    op.create_index("ix_spreadsheet_stage", "spreadsheet", ["stage", "claimed_until"])
    op.create_table(
        "spreadsheet_file",
        sa.Column("spreadsheet_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("part IN ('sent', 'refused', 'shown')", name=op.f("ck_spreadsheet_file_part")),
        sa.ForeignKeyConstraint(
            ["spreadsheet_id"], ["spreadsheet.id"], name=op.f("fk_spreadsheet_file_spreadsheet_id")
        ),
        sa.PrimaryKeyConstraint("spreadsheet_id", "part", name=op.f("pk_spreadsheet_file")),
    )


def downgrade() -> None:
    op.drop_table("spreadsheet_file")
    op.drop_table("spreadsheet")
