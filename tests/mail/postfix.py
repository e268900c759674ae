"""Postfix's own receiver of test mail, ``smtp-sink``: from PATH, or unpacked from Debian's package."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

from tests.debian import unpacked


@dataclass(frozen=True)
class Program:
    path: Path
    libraries: Path | None = None


@dataclass(frozen=True)
class Sink:
    port: int
    folder: Path

    @property
    def emails(self) -> list[EmailMessage]:
        return [_read(file) for file in sorted(self.folder.glob("mail.*"))]


def find_sink(folder: Path) -> Program | str:
    """The program, or the reason why it cannot be had here."""
    on_path = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if on_path:
        return Program(Path(on_path))
    found = unpacked("postfix", folder)
    if isinstance(found, str):
        return f"smtp-sink is not on PATH, and {found}"
    return Program(found / "usr/sbin/smtp-sink", found / "usr/lib/postfix")


@contextmanager
def running_sink(program: Program, folder: Path, *options: str) -> Iterator[Sink]:
    """It keeps every message in a file of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    environment = os.environ | ({"LD_LIBRARY_PATH": str(program.libraries)} if program.libraries else {})
    as_root = ["-u", "root"] if os.geteuid() == 0 else []
    command: list[str | Path] = [program.path, *as_root, "-d", f"{folder}/mail.", *options, f"127.0.0.1:{port}", "100"]
    process = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE)
    try:
        _wait_until_listening(port, process)
        yield Sink(port, folder)
    finally:
        process.kill()
        process.communicate(timeout=20)


def _wait_until_listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"smtp-sink did not start: {process.communicate(timeout=5)[1]!r}") from None
            time.sleep(0.02)


def _read(file: Path) -> EmailMessage:
    """Without the lines in which the sink writes down the envelope."""
    lines = file.read_bytes().splitlines(keepends=True)
    message = message_from_bytes(b"".join(line for line in lines if not line.startswith(b"X-")), policy=modern)
    assert isinstance(message, EmailMessage)
    return message
