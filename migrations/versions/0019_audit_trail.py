"""the audit trail; its triggers come with the newest tables (training_tracker/audit/watching.py)"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_act",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(254), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("how", sa.String(200), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_act")),
        sa.UniqueConstraint("act_id", name=op.f("uq_audit_act_act_id")),
    )
    op.create_index(op.f("ix_audit_act_practitioner_id"), "audit_act", ["practitioner_id"])
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=True),
        sa.Column("record", sa.String(40), nullable=False),
        sa.Column("record_id", sa.String(254), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=True),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column(
            "action",
            sa.Enum(
                "added",
                "changed",
                "removed",
                "looked at",
                "downloaded",
                "signed in",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_record", "audit_entry", ["record", "record_id", "id"])
    op.create_index(op.f("ix_audit_entry_act_id"), "audit_entry", ["act_id"])
    op.create_index(op.f("ix_audit_entry_practitioner_id"), "audit_entry", ["practitioner_id"])
    op.create_index(op.f("ix_audit_entry_agency_id"), "audit_entry", ["agency_id"])


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        named = "SELECT proname FROM pg_proc WHERE proname LIKE 'audit\\_%'"
        gone = 'DROP FUNCTION "{}" CASCADE'
    else:
        named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"
        gone = 'DROP TRIGGER "{}"'
    for name in connection.scalars(sa.text(named)).all():
        op.execute(gone.format(name))
    op.drop_table("audit_entry")
    op.drop_table("audit_act")
