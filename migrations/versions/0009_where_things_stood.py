"""the sectors of agencies, groups of roles, teams above teams, memberships and what is participatory, as known then"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What is kept of a table's rows: the column, its type, and the table that it refers to.
HISTORIES = (
    ("agency", "sector_id", sa.Integer(), "sector"),
    ("team", "parent_id", sa.Integer(), "team"),
    ("role", "role_group_id", sa.Integer(), "role_group"),
    ("item", "participatory", sa.Boolean(), None),
)


def upgrade() -> None:
    for table, column, kind, other in HISTORIES:
        name = f"{table}_history"
        op.create_table(
            name,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column(f"{table}_id", sa.Integer(), nullable=False),
            sa.Column(column, kind, nullable=False),
            sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
            sa.ForeignKeyConstraint([f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_{name}_{table}_id")),
            *([sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{name}_{column}"))] if other else []),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        )
        op.create_index(op.f(f"ix_{name}_{table}_id"), name, [f"{table}_id"])
    _set_aside()
    op.create_table(
        "agency_partnership",
        sa.Column("id", sa.Integer(), nullable=False),
        *_membership(),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_partnership")),
    )
    standing = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "uq_agency_partnership_standing_fact",
        "agency_partnership",
        ["agency_id", "partnership_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    # What stood here was always known, as far as anybody can tell.
    _bring_back(
        "INSERT INTO agency_partnership (agency_id, partnership_id, recorded_at)"
        " SELECT agency_id, partnership_id, '1970-01-01 00:00:00.000000' FROM membership_before"
        " ORDER BY agency_id, partnership_id"
    )


def downgrade() -> None:
    _set_aside()
    op.create_table(
        "agency_partnership",
        *_membership(),
        sa.PrimaryKeyConstraint("agency_id", "partnership_id", name=op.f("pk_agency_partnership")),
    )
    _bring_back(
        "INSERT INTO agency_partnership (agency_id, partnership_id)"
        " SELECT agency_id, partnership_id FROM membership_before WHERE withdrawn_at IS NULL"
    )
    for table, *_ in HISTORIES:
        op.drop_table(f"{table}_history")


def _set_aside() -> None:
    """SQLite cannot change a key, so the table is made anew. Nothing refers to its rows."""
    op.execute("CREATE TABLE membership_before AS SELECT * FROM agency_partnership")
    op.execute("DROP TABLE agency_partnership")


def _bring_back(rows: str) -> None:
    op.execute(rows)
    op.execute("DROP TABLE membership_before")
    op.create_index(op.f("ix_agency_partnership_partnership_id"), "agency_partnership", ["partnership_id"])


def _membership() -> list[sa.Column[int] | sa.Constraint]:
    return [
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_partnership_agency_id")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_agency_partnership_partnership_id")
        ),
    ]
