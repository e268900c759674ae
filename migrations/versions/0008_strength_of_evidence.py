"""how strong the evidence of a completion is, and the least that a rule asks for"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE completion ADD COLUMN strength INTEGER DEFAULT 1 NOT NULL"
        " CONSTRAINT ck_completion_strength_known CHECK (strength BETWEEN 1 AND 5)"
    )
    # What was confirmed came from an agency's spreadsheet, which is its register.
    op.execute("UPDATE completion SET strength = 4 WHERE verification = 'confirmed'")
    with op.batch_alter_table("completion") as batch:
        batch.drop_constraint("verification", type_="check")
        batch.drop_column("verification")
    op.execute(
        "ALTER TABLE expectation_version ADD COLUMN least_strength INTEGER DEFAULT 1 NOT NULL"
        " CONSTRAINT ck_expectation_version_least_strength_known CHECK (least_strength BETWEEN 1 AND 5)"
    )
    op.execute("UPDATE expectation_version SET least_strength = 2 WHERE confirmed_only")
    op.drop_column("expectation_version", "confirmed_only")


def downgrade() -> None:
    op.execute("ALTER TABLE expectation_version ADD COLUMN confirmed_only BOOLEAN DEFAULT false NOT NULL")
    op.execute("UPDATE expectation_version SET confirmed_only = true WHERE least_strength > 1")
    op.drop_column("expectation_version", "least_strength")
    verification = sa.Enum(
        "self-declared", "confirmed", name="verification", native_enum=False, create_constraint=True, length=20
    )
    with op.batch_alter_table("completion") as batch:
        batch.add_column(sa.Column("verification", verification, server_default="self-declared", nullable=False))
    op.execute("UPDATE completion SET verification = 'confirmed' WHERE strength > 1")
    with op.batch_alter_table("completion") as batch:
        batch.drop_constraint("strength_known", type_="check")
        batch.drop_column("strength")
