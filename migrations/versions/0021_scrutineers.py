"""scrutineers, who read a partnership's figures and no more"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("grant") as batch:
        batch.drop_constraint("accessrole", type_="check")
        batch.create_check_constraint("accessrole", "role IN ('agency lead', 'partnership lead', 'scrutineer')")
        batch.drop_constraint("partnership_for_its_leads", type_="check")
        batch.create_check_constraint(
            "partnership_for_the_others", "(role <> 'agency lead') = (partnership_id IS NOT NULL)"
        )


def downgrade() -> None:
    op.execute("DELETE FROM \"grant\" WHERE role = 'scrutineer'")
    with op.batch_alter_table("grant") as batch:
        batch.drop_constraint("accessrole", type_="check")
        batch.create_check_constraint("accessrole", "role IN ('agency lead', 'partnership lead')")
        batch.drop_constraint("partnership_for_the_others", type_="check")
        batch.create_check_constraint(
            "partnership_for_its_leads", "(role = 'partnership lead') = (partnership_id IS NOT NULL)"
        )
