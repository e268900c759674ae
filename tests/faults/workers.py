"""Processes that deliver until they are killed: ``python -m tests.faults.workers URL PORT CONNECTIONS``.

They are forked from one that has read the program in, so that hundreds of them cost little. As the scheduler does, each
tries again after whatever goes wrong.
"""

import asyncio
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.mail.letters import LongerLease, settings_for
from training_tracker.mail.delivery import deliver
from training_tracker.settings import Settings
from training_tracker.standing.refreshing import connect

ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """The process from which they are forked, as the test holds it."""

    def __init__(self, url: str, port: int, connections: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.workers", url, str(port), str(connections)],
            cwd=ROOT,
            env=os.environ | {"TZ": "UTC"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._alive: set[int] = set()

    def start(self) -> int:
        """A worker is at work; returns its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("one more\n")
        self._process.stdin.flush()
        worker = int(self._process.stdout.readline())
        self._alive.add(worker)
        return worker

    def kill(self, worker: int) -> None:
        os.kill(worker, signal.SIGKILL)
        self._alive.remove(worker)

    def close(self) -> None:
        for worker in list(self._alive):
            self.kill(worker)
        self._process.communicate("", timeout=60)


@contextmanager
def workers(url: str, port: int, *, connections: int) -> Iterator[Workers]:
    started = Workers(url, port, connections)
    try:
        yield started
    finally:
        started.close()


def _fork_on_demand(settings: Settings) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    gc.freeze()
    while sys.stdin.readline():
        worker = os.fork()
        if worker == 0:
            asyncio.run(_deliver_for_ever(settings))
        print(worker, flush=True)


async def _deliver_for_ever(settings: Settings) -> None:
    database = connect(settings)
    while True:
        with suppress(Exception):
            await deliver(database, settings)
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    url, port, connections = sys.argv[1:]
    _fork_on_demand(settings_for(int(port), kind=LongerLease, database_url=url, smtp_connections=int(connections)))
