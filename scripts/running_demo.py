"""The demo, started by its own command on a free port, for as long as somebody looks at it."""

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


@contextmanager
def running_demo(people: int) -> Iterator[str]:
    """Yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        process = subprocess.Popen(
            [COMMAND, "demo", "--port", str(port), "--people", str(people), "--folder", f"{folder}/demo"],
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
