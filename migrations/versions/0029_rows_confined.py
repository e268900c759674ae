"""rows confined to agencies

There is nothing to change in the tables: the policies come with the newest tables, whichever these are (env.py). This
is here so that a database from before is migrated, and so gets them.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            DO $$ DECLARE one record; BEGIN
              FOR one IN SELECT polrelid::regclass AS of_table FROM pg_policy WHERE polname = 'wall' LOOP
                EXECUTE format('DROP POLICY wall ON %s', one.of_table);
                EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', one.of_table);
              END LOOP;
              FOR one IN SELECT oid::regprocedure AS made FROM pg_proc
                         WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'wall\\_%' LOOP
                EXECUTE format('DROP FUNCTION %s', one.made);
              END LOOP;
            END $$
            """
        )
