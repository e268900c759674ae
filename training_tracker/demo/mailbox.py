"""The demo's own mail server: it takes every message that is sent and keeps it in a folder to be read."""

import mailbox
import re
import socket
from asyncio import AbstractServer
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from training_tracker.errors import NotFound

# How the standard library names what it keeps: seconds, microseconds, process, count.
_KEY = re.compile(r"(\d+)\.M(\d+)P\d+Q(\d+)")


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail as it was sent. ``headers`` are in their order, decoded; ``text`` or ``html`` is empty if not there."""

    key: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str
    headers: list[tuple[str, str]]


class Catcher:
    """A mail server on a free port of this machine, which delivers everything into ``folder`` and nothing further."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: _OnFreePort | None = None

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the mail server is not running")
        return int(self._server.port)

    def start(self) -> None:
        self._server = _OnFreePort(_Keeping(_box(self._folder)), hostname="127.0.0.1")
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


def letters(folder: Path, *, page: int, page_size: int) -> tuple[list[Letter], int]:
    """A page of the letters, newest first, and how many there are; pages count from 1, one past the last is empty."""
    box = _box(folder)
    keys = sorted(box.keys(), key=_age, reverse=True)
    first = (max(page, 1) - 1) * page_size
    return [_letter(key, box.get_bytes(key)) for key in keys[first : first + page_size]], len(keys)


def letter(folder: Path, key: str) -> Letter:
    """One letter. Raises :class:`NotFound` for every key that is not that of a letter in the folder."""
    box = _box(folder)
    # Keys are looked up among the names of the letters that are there, and never made into a path.
    if key not in box:
        raise NotFound(f"letter {key}")
    return _letter(key, box.get_bytes(key))


class _Keeping:
    """What the server does with a message: it writes it down."""

    def __init__(self, box: "mailbox.Maildir") -> None:
        self._box = box

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self._box.add(content.replace(b"\r\n", b"\n"))
        return "250 OK"


class _OnFreePort(Controller):
    """Binds the port itself, so that no other program can take it between the choice and the start."""

    def _create_server(self) -> Awaitable[AbstractServer]:
        listener = socket.create_server((self.hostname, 0))
        self.port = listener.getsockname()[1]
        server: Awaitable[AbstractServer] = self.loop.create_server(self._factory_invoker, sock=listener)
        return server


def _box(folder: Path) -> "mailbox.Maildir":
    folder.parent.mkdir(parents=True, exist_ok=True)
    return mailbox.Maildir(folder, create=True)


def _age(key: str) -> tuple[int, ...]:
    match = _KEY.match(key)
    return tuple(int(part) for part in match.groups()) if match else (0,)


def _letter(key: str, content: bytes) -> Letter:
    message = message_from_bytes(content, policy=modern)
    assert isinstance(message, EmailMessage), "the modern policy makes modern messages"
    return Letter(
        key=key,
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        sent_at=_sent_at(key, message),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        headers=[(name, str(value)) for name, value in message.items()],
    )


def _sent_at(key: str, message: EmailMessage) -> datetime:
    """When the sender says it was sent; when it arrived, if that says nothing."""
    said = getattr(message.get("Date"), "datetime", None)
    if isinstance(said, datetime):
        return said if said.tzinfo else said.replace(tzinfo=UTC)
    return datetime.fromtimestamp(_age(key)[0], UTC)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
