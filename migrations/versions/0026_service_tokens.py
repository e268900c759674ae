"""tokens of other systems"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column(
            "scope",
            sa.Enum("figures", "completions", name="tokenscope", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.Column("begins_with", sa.String(11), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(agency_id IS NULL) <> (partnership_id IS NULL)", name=op.f("ck_service_token_of_one")),
        sa.CheckConstraint(
            "scope = 'figures' OR agency_id IS NOT NULL", name=op.f("ck_service_token_agencies_send_completions")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_service_token_agency_id")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnership.id"], name=op.f("fk_service_token_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_token")),
        sa.UniqueConstraint("name", name=op.f("uq_service_token_name")),
        sa.UniqueConstraint("begins_with", name=op.f("uq_service_token_begins_with")),
    )
    op.create_table(
        "service_token_use",
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["token_id"], ["service_token.id"], name=op.f("fk_service_token_use_token_id")),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_service_token_use")),
    )


def downgrade() -> None:
    op.drop_table("service_token_use")
    op.drop_table("service_token")
