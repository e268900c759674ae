"""A process that claims a run and never ends it: ``python -m tests.schedule.holder URL``. It says when it has it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from training_tracker.schedule.ledger import once
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def holder(url: str) -> Iterator["subprocess.Popen[str]"]:
    """The process, at work on the digests of 24 November 2026."""
    command = [sys.executable, "-m", "tests.schedule.holder", url]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"TZ": "UTC"}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "at work\n"
        yield process
    finally:
        process.kill()
        process.wait(60)
        process.stdout.close()


async def _main(url: str) -> None:
    async def never_done() -> str:
        print("at work", flush=True)
        await asyncio.Event().wait()
        return "never"

    database = connect(Settings(database_url=url, _env_file=None))
    await once(database, "digests", "2026-11-24", timedelta(minutes=5), never_done)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
