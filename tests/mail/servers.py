"""Mail servers for the tests: real sockets, real protocol, and every way to misbehave that the tests need."""

import asyncio
import ipaddress
import socket
import ssl
from asyncio import AbstractServer
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from functools import cached_property
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, AnyStr

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

OK = "250 OK"
# Instead of an answer: the connection is cut.
DROP = "drop"
EVERYBODY = "*"


@dataclass(frozen=True)
class Letter:
    """What the server took: the envelope, the bytes, and over which connection."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    connection: Any
    # When it was taken, by the clock that counts seconds.
    taken_at: float = 0

    @cached_property
    def email(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=modern)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def message_id(self) -> str:
        return str(self.email["Message-ID"])


@dataclass
class Behaviour:
    """How the server behaves; a test changes it while the server runs.

    The answers to RCPT and to DATA go by recipient, or by ``EVERYBODY``.
    """

    greeting: str | None = None
    mail: str | bytes = OK
    rcpt: dict[str, str | bytes] = field(default_factory=dict)
    data: dict[str, str | bytes] = field(default_factory=dict)
    quit: str = "221 Bye"
    letters_per_connection: int | None = None
    # After a letter has come, and before one may begin.
    seconds_to_answer: float = 0
    seconds_to_begin: float = 0
    # Connections at the same time; whoever comes too many is sent away.
    connections: int | None = None
    # Of those, signed in; whoever comes too many has the wrong password.
    signed_in: int | None = None
    # The verbs that are never answered: EHLO, MAIL, RCPT, DATA, and "letter" for what follows DATA.
    silent_at: str = ""
    # Cut the connection after a letter is taken, in place of the answer that would say so.
    drop_after_taking: bool = False
    # While this is not set, the answer to a letter that was taken is held back.
    answering: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.answering.set()


class MailServer:
    """One mail server on this machine. It keeps its port when it is stopped and started again."""

    def __init__(
        self,
        *,
        security: str = "none",
        certificate: "Certificate | None" = None,
        sign_in: tuple[str, str] | None = None,
        decode_data: bool = False,
    ) -> None:
        self.behaviour = Behaviour()
        self.letters: list[Letter] = []
        self.greeted: set[Any] = set()
        self.most_at_once = 0
        self.port = 0
        self._security = security
        self._certificate = certificate
        self.sign_in = sign_in
        self._decode_data = decode_data
        self._controller: _OnOwnPort | None = None

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._controller.sessions) if self._controller else 0

    @property
    def subjects(self) -> list[str]:
        return [str(letter.email["Subject"]) for letter in self.letters]

    @property
    def copies(self) -> Counter[str]:
        return Counter(letter.message_id for letter in self.letters)

    def start(self) -> None:
        context = self._certificate.server_context() if self._certificate else None
        self._controller = _OnOwnPort(
            _Handler(self, self.sign_in is not None),
            self,
            hostname="127.0.0.1",
            port=self.port,
            server_hostname="mail.agency.test",
            ssl_context=context if self._security == "tls" else None,
            tls_context=context if self._security == "starttls" else None,
            require_starttls=self._security == "starttls",
            auth_require_tls=False,
            authenticator=self._authenticate if self.sign_in else None,
            auth_exclude_mechanism=() if self.sign_in else ("LOGIN", "PLAIN"),
            decode_data=self._decode_data,
            enable_SMTPUTF8=not self._decode_data,
        )
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self.behaviour.answering.set()
            self._controller.stop()
            self._controller = None

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        assert self._controller is not None
        right = (data.login.decode(), data.password.decode()) == self.sign_in
        already = sum(bool(other.session and other.session.authenticated) for other in self._controller.sessions)
        room = self.behaviour.signed_in is None or already < self.behaviour.signed_in
        return AuthResult(success=right and room, handled=False)


class _OnOwnPort(Controller):
    """Binds the port itself, so that no other program can take it between the choice and the start."""

    def __init__(self, handler: "_Handler", owner: MailServer, **options: Any) -> None:
        super().__init__(handler, **options)
        self.owner = owner
        self.sessions: set[_Protocol] = set()

    def factory(self) -> "_Protocol":
        return _Protocol(self, self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Awaitable[AbstractServer]:
        listener = socket.create_server((self.hostname, self.port))
        self.port = self.owner.port = listener.getsockname()[1]
        server: Awaitable[AbstractServer] = self.loop.create_server(
            self._factory_invoker, sock=listener, ssl=self.ssl_context
        )
        return server

    def stop(self, no_assert: bool = False) -> None:
        # As when a server is killed: open connections are cut, and their tasks end before the loop does.
        asyncio.run_coroutine_threadsafe(self._cut(), self.loop).result(10)
        super().stop(no_assert)

    async def _cut(self) -> None:
        assert self.server is not None
        self.server.close()
        for session in list(self.sessions):
            session.cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Protocol(SMTP):
    def __init__(self, controller: _OnOwnPort, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._sessions = controller.sessions
        self._server = controller.owner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(self)
        limit = self._server.behaviour.connections
        self._too_many = limit is not None and len(self._sessions) > limit
        if not self._too_many:
            self._server.most_at_once = max(self._server.most_at_once, len(self._sessions))
        super().connection_made(transport)

    async def push(self, status: AnyStr) -> None:
        if self._too_many:
            await super().push("421 4.7.0 Too many connections from you")
            self.cut()
            return
        await super().push(status)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        await _say_nothing_at(self._server, "DATA")
        await super().smtp_DATA(arg)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions.discard(self)
        super().connection_lost(error)

    def cut(self) -> None:
        _cut(self)


class _Handler:
    """The server's answers, command by command; the names are those that the library calls."""

    def __init__(self, server: MailServer, sign_in_wanted: bool) -> None:
        self._server = server
        self._sign_in_wanted = sign_in_wanted

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        await _say_nothing_at(self._server, "EHLO")
        session.host_name = hostname
        self._server.greeted.add(session.peer)
        return [self._server.behaviour.greeting] if self._server.behaviour.greeting else answers

    async def handle_HELO(  # noqa: N802
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str
    ) -> str:
        session.host_name = hostname
        return self._server.behaviour.greeting or f"250 {server.hostname}"

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str | bytes:
        await _say_nothing_at(self._server, "MAIL")
        if self._sign_in_wanted and not session.authenticated:
            return "530 5.7.0 Authentication required"
        await asyncio.sleep(self._server.behaviour.seconds_to_begin)
        limit = self._server.behaviour.letters_per_connection
        if limit is not None and sum(letter.connection == session.peer for letter in self._server.letters) >= limit:
            return "421 4.7.0 Too many messages on this connection"
        if self._server.behaviour.mail == OK:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self._server.behaviour.mail

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str | bytes:
        await _say_nothing_at(self._server, "RCPT")
        answer = _answer(self._server.behaviour.rcpt, address)
        if answer == DROP:
            _cut(server)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str | bytes:  # noqa: N802
        await _say_nothing_at(self._server, "letter")
        behaviour = self._server.behaviour
        if behaviour.seconds_to_answer:
            await asyncio.sleep(behaviour.seconds_to_answer)
        answer = _answer(behaviour.data, envelope.rcpt_tos[0])
        if answer == DROP:
            _cut(server)
        if answer == OK:
            content = envelope.original_content or b""
            self._server.letters.append(
                Letter(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, session.peer, monotonic())
            )
            await until(behaviour.answering.is_set)
            if behaviour.drop_after_taking:
                _cut(server)
        return answer

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        if self._server.behaviour.quit == DROP:
            _cut(server)
        return self._server.behaviour.quit


async def _say_nothing_at(server: MailServer, verb: str) -> None:
    if server.behaviour.silent_at == verb:
        await asyncio.sleep(3600)


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


def _answer(answers: dict[str, str | bytes], recipient: str) -> str | bytes:
    return answers.get(recipient, answers.get(EVERYBODY, OK))


@contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    server = MailServer(**options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@dataclass(frozen=True)
class Certificate:
    """A certificate that nobody but its owner has signed, with its key."""

    certificate_file: Path
    key_file: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context


def self_signed(folder: Path, address: str = "127.0.0.1") -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.agency.test")])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    made.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it is so; fail if it does not become so in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in another thread or process
            await asyncio.sleep(0.01)
