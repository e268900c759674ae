"""Dovecot, an IMAP server that others have written, from Debian's package: unpacked, and as if installed for itself."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from mailbox import Maildir
from pathlib import Path

from tests.debian import unpacked
from tests.mail.servers import Certificate, self_signed

# Whoever runs the tests is nobody inside, and root only until the package lies over /usr: the program looks for its
# parts nowhere else.
INSIDE = "mount -t overlay overlay -o lowerdir={root}/usr:/usr /usr && exec unshare --user --map-user=65534 {command}"
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{folder}/mail
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """``port`` takes STARTTLS and unprotected connections, ``tls_port`` TLS alone. It keeps them when it is stopped."""

    password = "correct-horse-battery"

    def __init__(self, package: Path, folder: Path, certificate: Certificate) -> None:
        self.certificate = certificate
        self.port, self.tls_port = _free_ports()
        self.folder = folder
        self._package = package
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "run").mkdir()
        configuration = CONFIGURATION.format(
            folder=folder,
            certificate=certificate.certificate_file,
            key=certificate.key_file,
            password=self.password,
            port=self.port,
            tls_port=self.tls_port,
        )
        (folder / "dovecot.conf").write_text(configuration)

    def start(self) -> None:
        command = f"/usr/sbin/dovecot -F -c {self.folder}/dovecot.conf"
        inside = INSIDE.format(root=self._package, command=command)
        self._process = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", inside], stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 20
        while not _greets(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise NotHere(f"Dovecot did not start: {self._process.communicate(timeout=5)[1].decode()[-300:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=20)
            self._process = None

    def mails(self, folder: str = "") -> Maildir:
        """The inbox, or a folder in it."""
        return Maildir(self.folder / "mail" / (f".{folder}" if folder else ""))

    @property
    def logins(self) -> int:
        """How often somebody has tried to log in."""
        said = (self.folder / "log").read_text()
        return said.count("imap-login: Info: Login: ") + said.count("auth failed")


class NotHere(Exception):
    """Dovecot cannot be had, or cannot run, on this machine."""


@contextmanager
def dovecot(folder: Path) -> Iterator[Dovecot]:
    """Raises :class:`NotHere` with the reason."""
    if not shutil.which("unshare"):
        raise NotHere("there is no unshare to run Debian's package dovecot-imapd without installing it")
    package = unpacked("dovecot-imapd", folder)
    if isinstance(package, str):
        raise NotHere(package)
    server = Dovecot(package, folder, self_signed(folder))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(100).startswith(b"* OK")
    except OSError:
        return False
