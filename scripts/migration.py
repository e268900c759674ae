"""Write the next migration from the difference between the models and an up-to-date embedded database.

Usage: python scripts/migration.py "what changes"
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from training_tracker.audit import trail
from training_tracker.database import Database, Touched, migrations


async def main(message: str) -> None:
    async def no_standings(_session: object, _touched: Touched) -> None: ...

    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'migration.db'}", no_standings, trail)
        await database.migrate()
        async with database.engine.connect() as connection:
            await connection.run_sync(write, message)
        await database.close()


def write(connection: Connection, message: str) -> None:
    config = migrations()
    config.attributes["connection"] = connection
    number = len(list((Path(config.get_main_option("script_location") or "") / "versions").glob("*.py"))) + 1
    command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
