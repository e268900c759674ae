"""hours of a kind, equivalences an agency decides itself, days known only as a range"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite cannot drop a constraint, so these tables are made anew. Nothing refers to their rows.
SET_ASIDE = (
    "CREATE TABLE edition_before AS SELECT * FROM item_version",
    "CREATE TABLE window_before AS SELECT * FROM acceptance_window",
    "CREATE TABLE equivalence_before AS SELECT * FROM equivalence",
    "DROP TABLE item_version",
    "DROP TABLE acceptance_window",
    "DROP TABLE equivalence",
)
# What stood here was always known, as far as anybody can tell.
BRING_BACK_AS_KEPT = (
    (
        "INSERT INTO item_version (item_id, label, current_from, recorded_at)"
        " SELECT item_id, label, current_from, '1970-01-01 00:00:00.000000' FROM edition_before ORDER BY id"
    ),
    (
        "INSERT INTO acceptance_window (item_id, accepted_from, accepted_until, reason, recorded_at)"
        " SELECT item_id, accepted_from, accepted_until, reason, '1970-01-01 00:00:00.000000' FROM window_before"
        " ORDER BY id"
    ),
    (
        "INSERT INTO equivalence (item_id, counts_as_id, holds, valid_from, valid_until, mark, recorded_at)"
        " SELECT item_id, counts_as_id, true, valid_from, valid_until, mark, '1970-01-01 00:00:00.000000'"
        " FROM equivalence_before ORDER BY id"
    ),
)
BRING_BACK_AS_BEFORE = (
    (
        "INSERT INTO item_version (item_id, label, current_from)"
        " SELECT item_id, label, current_from FROM edition_before WHERE withdrawn_at IS NULL ORDER BY id"
    ),
    (
        "INSERT INTO acceptance_window (item_id, accepted_from, accepted_until, reason)"
        " SELECT item_id, accepted_from, accepted_until, reason FROM window_before WHERE withdrawn_at IS NULL"
        " ORDER BY id"
    ),
    (
        "INSERT INTO equivalence (item_id, counts_as_id, valid_from, valid_until, mark)"
        " SELECT item_id, counts_as_id, valid_from, valid_until, mark FROM equivalence_before"
        " WHERE withdrawn_at IS NULL AND agency_id IS NULL ORDER BY id"
    ),
)
FORGET = ("DROP TABLE edition_before", "DROP TABLE window_before", "DROP TABLE equivalence_before")


def upgrade() -> None:
    op.execute("ALTER TABLE item ADD COLUMN participatory BOOLEAN DEFAULT false NOT NULL")
    op.execute(
        "ALTER TABLE expectation_version ADD COLUMN participatory_percent INTEGER"
        " CONSTRAINT ck_expectation_version_participatory_share_of_hours"
        " CHECK (participatory_percent IS NULL OR (measure = 'hours' AND participatory_percent BETWEEN 1 AND 100))"
    )
    op.execute(
        "ALTER TABLE completion ADD COLUMN completed_by DATE"
        " CONSTRAINT ck_completion_range_in_order CHECK (completed_by IS NULL OR completed_by > completed_on)"
    )
    _run(SET_ASIDE)
    _make_kept_tables()
    _run(BRING_BACK_AS_KEPT)
    _run(FORGET)


def downgrade() -> None:
    _run(SET_ASIDE)
    _make_tables_of_before()
    _run(BRING_BACK_AS_BEFORE)
    _run(FORGET)
    with op.batch_alter_table("completion") as batch:
        batch.drop_constraint("range_in_order", type_="check")
        batch.drop_column("completed_by")
    op.drop_column("expectation_version", "participatory_percent")
    op.drop_column("item", "participatory")


def _run(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.execute(statement)


def _make_kept_tables() -> None:
    standing = sa.text("withdrawn_at IS NULL")
    everybodys = sa.text("agency_id IS NULL AND withdrawn_at IS NULL")
    op.create_table(
        "item_version",
        *_edition(),
        *_kept(),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_item_version_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_item_version"),
    )
    op.create_index(
        "uq_item_version_standing_fact",
        "item_version",
        ["item_id", "current_from"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table("acceptance_window", *_window(), *_kept(), *_window_constraints())
    op.create_index("ix_acceptance_window_item_id", "acceptance_window", ["item_id"])
    op.create_table(
        "equivalence",
        *_equivalence(),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("holds", sa.Boolean(), nullable=False),
        *_kept(),
        *_equivalence_constraints(),
        sa.CheckConstraint("holds OR agency_id IS NOT NULL", name=op.f("ck_equivalence_holds_for_everybody")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_equivalence_agency_id"),
    )
    op.create_index("ix_equivalence_counts_as_id", "equivalence", ["counts_as_id"])
    op.create_index(
        "uq_equivalence_standing_fact",
        "equivalence",
        ["item_id", "counts_as_id"],
        unique=True,
        sqlite_where=everybodys,
        postgresql_where=everybodys,
    )
    op.create_index(
        "uq_equivalence_agency_decision",
        "equivalence",
        ["agency_id", "item_id", "counts_as_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _make_tables_of_before() -> None:
    op.create_table(
        "item_version",
        *_edition(),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_item_version_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_item_version"),
        sa.UniqueConstraint("item_id", "current_from", name="uq_item_version_item_id_current_from"),
    )
    op.create_table("acceptance_window", *_window(), *_window_constraints())
    op.create_index("ix_acceptance_window_item_id", "acceptance_window", ["item_id"])
    op.create_table(
        "equivalence",
        *_equivalence(),
        *_equivalence_constraints(),
        sa.UniqueConstraint("item_id", "counts_as_id", name="uq_equivalence_item_id_counts_as_id"),
    )
    op.create_index("ix_equivalence_counts_as_id", "equivalence", ["counts_as_id"])


def _kept() -> list[sa.Column[object]]:
    return [
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
    ]


def _edition() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("current_from", sa.Date(), nullable=False),
    ]


def _window() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("accepted_from", sa.Date(), nullable=True),
        sa.Column("accepted_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
    ]


def _window_constraints() -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_acceptance_window_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_acceptance_window"),
    ]


def _equivalence() -> list[sa.Column[object]]:
    mark = sa.Enum("sourced", "illustrative", name="mark", native_enum=False, create_constraint=True, length=20)
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("counts_as_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("mark", mark, nullable=False),
    ]


def _equivalence_constraints() -> list[sa.Constraint]:
    return [
        sa.CheckConstraint("item_id <> counts_as_id", name=op.f("ck_equivalence_not_itself")),
        sa.ForeignKeyConstraint(["counts_as_id"], ["item.id"], name="fk_equivalence_counts_as_id"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_equivalence_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_equivalence"),
    ]
