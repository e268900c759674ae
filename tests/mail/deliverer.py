"""A process that delivers: ``python -m tests.mail.deliverer``. It says when it is ready and begins when told to.

As the scheduler does, it tries again until nothing waits: what a killed process had claimed is there when the claim
has run out.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mail.letters import settings_for, states
from training_tracker.database import Database
from training_tracker.mail.delivery import deliver
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

ROOT = Path(__file__).resolve().parents[2]


class Deliverer:
    """The process, as the test holds it. Claims of one with a short lease run out after two seconds."""

    def __init__(self, url: str, port: int, *, short_lease: bool) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mail.deliverer", url, str(port), "short" if short_lease else "usual"],
            cwd=ROOT,
            env=os.environ | {"TZ": "UTC"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout

    def wait_until_ready(self) -> None:
        assert self._output.readline() == "ready\n"

    def begin(self) -> None:
        self._input.write("go\n")
        self._input.flush()

    def result(self) -> int:
        """How many messages it has sent."""
        said = self._output.readline()
        assert self._process.wait(60) == 0
        return int(said)

    def kill(self) -> None:
        self._process.kill()
        assert self._process.wait(60) == -signal.SIGKILL

    def close(self) -> None:
        self._process.kill()
        self._process.wait(60)
        self._input.close()
        self._output.close()


@contextmanager
def deliverers(count: int, url: str, port: int, *, short_lease: bool = False) -> Iterator[list[Deliverer]]:
    """Processes that are ready and wait for the word; all are gone afterwards."""
    started = [Deliverer(url, port, short_lease=short_lease) for _ in range(count)]
    try:
        for process in started:
            process.wait_until_ready()
        yield started
    finally:
        for process in started:
            process.close()


async def _main(url: str, port: int, *, short_lease: bool) -> None:
    settings = settings_for(port, short_lease=short_lease, database_url=url)
    database = connect(settings)
    async with database.reading() as session:
        await session.connection()  # so that no time is lost later
    print("ready", flush=True)
    sys.stdin.readline()
    sent = await deliver_until_done(database, settings)
    await database.close()
    print(sent, flush=True)


async def deliver_until_done(database: Database, settings: Settings) -> int:
    """Deliver until nothing waits; returns how many messages were sent."""
    sent = 0
    async with asyncio.timeout(60):
        while "waiting" in await states(database):
            sent += (await deliver(database, settings)).sent
            await asyncio.sleep(0.05)
    return sent


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), short_lease=sys.argv[3] == "short"))
