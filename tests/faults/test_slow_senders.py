"""Whoever sends a form a byte at a time keeps nobody else from being served."""

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.cli.command import Command, answer, free_port

SENDERS = 200
# A form that is never sent to its end.
BEGUN = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 60000\r\n\r\nemail=a"
)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_pages_are_served_while_many_forms_are_sent_a_byte_at_a_time(configured_url: str, tmp_path: Path) -> None:
    port = free_port()
    where = f"http://127.0.0.1:{port}"
    tracker = Command(tmp_path, database_url=configured_url, base_url=where, smtp_port="9", smtp_security="none")
    with tracker.started("serve", "--port", str(port)), ExitStack() as open_ones:
        answer(f"{where}/health")
        senders = [open_ones.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(SENDERS)]
        for sender in senders:
            sender.sendall(BEGUN)
        for _ in range(10):
            for sender in senders:
                sender.sendall(b"a")
            with urlopen(f"{where}/sign-in", timeout=10) as page:  # our own address
                assert b"Your work e-mail address" in page.read()
