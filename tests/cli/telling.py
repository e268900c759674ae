"""What a test takes as told already: rows brought into the command's database without a process for each file."""

import asyncio

from tests.cli.command import Command
from tests.intake.spreadsheets import Row, bring, learn
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect


def tell(tracker: Command, people: list[Row], completions: list[Row] | None = None) -> None:
    async def work() -> None:
        database = connect(Settings(_env_file=None, database_url=tracker.settings["database_url"]))
        await bring(database, tracker.folder, *people)
        if completions:
            await learn(database, tracker.folder, *completions)
        await database.close()

    asyncio.run(work())
