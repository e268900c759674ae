"""A process that works on one spreadsheet until it is killed: ``python -m tests.faults.bringing_in URL ID``."""

import asyncio
import sys

from training_tracker.intake.working import work_through
from training_tracker.settings import Settings

if __name__ == "__main__":
    url, number = sys.argv[1:]
    settings = Settings(database_url=url, secret_key="s" * 40, scheduler=False, _env_file=None)
    print("begins", flush=True)
    asyncio.run(work_through(settings, int(number)))
