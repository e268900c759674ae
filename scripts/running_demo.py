"""The demo, started on a free port for as long as somebody looks at it: by its own command, or on a given database."""

import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

COMMAND = Path(sys.executable).parent / "training-tracker"
SECONDS_TO_OPEN = 180
# What the command does, on a database that it would not take.
ON_A_DATABASE = """
import sys
from pathlib import Path
from training_tracker.cli.demo import run_demo
run_demo(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
"""


@contextmanager
def running_demo(people: int, database_url: str | None = None) -> Iterator[str]:
    """Yields its address. ``database_url`` is of an empty database, in place of the demo's own file."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        command = [str(COMMAND), "demo", "--folder", f"{folder}/demo", "--port", str(port), "--people", str(people)]
        if database_url:
            command = [sys.executable, "-c", ON_A_DATABASE, f"{folder}/demo", str(port), str(people), database_url]
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_open(address, process, Path(folder) / "log")
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait_until_open(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_OPEN
    while True:
        try:
            with urlopen(f"{address}/health", timeout=2):  # noqa: S310  # our own address
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the demo did not open:\n{log.read_text()}") from None
            time.sleep(0.2)
