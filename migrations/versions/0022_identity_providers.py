"""signing in with an agency's own directory"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_provider",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("client_id", sa.String(200), nullable=False),
        sa.Column(
            "verified_by",
            sa.Enum(
                "email_verified", "xms_edov", name="verifiedby", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_provider")),
        sa.UniqueConstraint("name", name=op.f("uq_identity_provider_name")),
        sa.UniqueConstraint("issuer", name=op.f("uq_identity_provider_issuer")),
    )
    op.create_table(
        "identity_domain",
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_identity_domain_agency_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["identity_provider.id"], name=op.f("fk_identity_domain_provider_id")),
        sa.PrimaryKeyConstraint("domain", "agency_id", name=op.f("pk_identity_domain")),
    )
    op.create_index(op.f("ix_identity_domain_provider_id"), "identity_domain", ["provider_id"])
    op.create_table(
        "identity",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("practitioner_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["identity_provider.id"], name=op.f("fk_identity_provider_id")),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioner.id"], name=op.f("fk_identity_practitioner_id")),
        sa.PrimaryKeyConstraint("provider_id", "subject", name=op.f("pk_identity")),
        sa.UniqueConstraint("practitioner_id", "provider_id", name=op.f("uq_identity_practitioner_id_provider_id")),
    )
    op.create_table(
        "provider_visit",
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["identity_provider.id"], name=op.f("fk_provider_visit_provider_id")),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_provider_visit")),
    )
    op.create_index(op.f("ix_provider_visit_sent_at"), "provider_visit", ["sent_at"])


def downgrade() -> None:
    op.drop_table("provider_visit")
    op.drop_table("identity")
    op.drop_table("identity_domain")
    op.drop_table("identity_provider")
