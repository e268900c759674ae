"""The command, run as a stranger runs it: in a process of its own, in a folder of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.cli.forked import CLOCK, run

TRACKER = Path(sys.executable).parent / "training-tracker"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """The command with its settings; ``folder`` is where it runs."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings

    def __call__(self, *arguments: str | Path, **settings: str) -> Result:
        result = Result(*run([*map(str, arguments)], self.folder, self.environment(**settings)))
        assert "Traceback" not in result.err, result.err
        return result

    def done(self, *arguments: str | Path, **settings: str) -> Result:
        """Run it and expect that all went well."""
        result = self(*arguments, **settings)
        assert result.code == 0, result
        return result

    @contextmanager
    def started(self, *arguments: str | Path, **settings: str) -> Iterator["subprocess.Popen[str]"]:
        """Run it beside the test; it is gone afterwards."""
        process = subprocess.Popen(
            [TRACKER, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=60)

    def environment(self, **settings: str) -> dict[str, str]:
        """Nothing of the environment in which the tests run, but the way to the programs."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        named = {f"TRACKER_{name.upper()}": value for name, value in (self.settings | settings).items()}
        return {"LANG": "C.UTF-8", **kept, **named}


class Clocked(Command):
    """The installed command at another time than now."""

    moment: datetime

    def environment(self, **settings: str) -> dict[str, str]:
        clock = {"PYTHONPATH": str(CLOCK), "CLOCK": self.moment.isoformat()}
        return super().environment(**settings) | clock


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answer(address: str, seconds: float = 60) -> Any:
    """What a page says in JSON, as soon as it says anything."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(address, timeout=5) as response:
                return json.load(response)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
