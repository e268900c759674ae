"""a wish to sign in is kept where nobody has the address too, so that it takes the same time"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sign_in") as table:
        table.alter_column("practitioner_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM sign_in WHERE practitioner_id IS NULL")
    with op.batch_alter_table("sign_in") as table:
        table.alter_column("practitioner_id", existing_type=sa.Integer(), nullable=False)
