"""standings name posts, versions and expectations that the engine has just read: no look-up for each row"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEYS = {"post_id": "post", "version_id": "expectation_version", "expectation_id": "expectation"}


def upgrade() -> None:
    with op.batch_alter_table("standing") as batch:
        for column in KEYS:
            batch.drop_constraint(f"fk_standing_{column}", type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("standing") as batch:
        for column, table in KEYS.items():
            batch.create_foreign_key(f"fk_standing_{column}", table, [column], ["id"])
