"""A PostgreSQL server that may be killed, and a standby that takes over: what both have is kept, or not acknowledged.

The zone is given both places and asks for the one that takes writes, as libpq allows (PostgreSQL, 34.1.1.3).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.patience import PATIENCE
from tests.postgresql_server import ACCOUNT, postgresql_binaries, wait_for_server

OPTIONS = ("-c", "listen_addresses=", "-c", "max_connections=100", "-c", "wal_level=replica", "-c", "max_wal_senders=4")


@dataclass(slots=True)
class Server:
    """One server below a directory of its own, on a Unix socket there."""

    directory: Path
    process: subprocess.Popen[bytes] | None = field(default=None)
    options: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        """Return where its data lies."""
        return self.directory / "data"

    def start(self) -> None:
        """Start it, again after a kill, and wait until it answers."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # a killed one leaves it
        command = [str(postgresql_binaries() / "postgres"), "-D", str(self.data), *OPTIONS, *self.options]
        command += ["-c", f"unix_socket_directories={self.directory}"]
        with (self.directory / "log").open("ab") as output:
            self.process = subprocess.Popen(command, user=account(), cwd=self.directory, stdout=output, stderr=output)
        wait_for_server(self.directory)

    def kill(self) -> None:
        """End it at once, with all its children, as when its machine loses power but for what the kernel still has."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)  # "immediate": no checkpoint, nobody is told, the next start recovers
        self.process.wait(timeout=PATIENCE)

    def promote(self) -> None:
        """Make a standby the one that takes writes."""
        self.execute("SELECT pg_promote(wait => true)")

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as the administrator."""
        with psycopg.connect(host=str(self.directory), user=ACCOUNT, dbname="postgres", autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def holding(self, lock: str) -> Iterator[None]:
        """Hold a lock that keeps everybody else waiting for as long as the block takes."""
        with psycopg.connect(host=str(self.directory), user=ACCOUNT, dbname="postgres") as connection:
            connection.execute(lock)
            yield
            connection.rollback()

    def end(self) -> None:
        """Stop it and leave nothing."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Pair:
    """The one that takes writes at first, and the one that waits."""

    first: Server
    second: Server

    @property
    def url(self) -> str:
        """Return the URL of the database that whichever of both takes writes has."""
        hosts = f"host={self.first.directory},{self.second.directory}"
        return f"postgresql+psycopg://{ACCOUNT}@/postgres?{hosts}&target_session_attrs=read-write"

    def follow(self) -> None:
        """Make the second a copy of the first that every commit waits for."""
        copy = [str(postgresql_binaries() / "pg_basebackup"), "-h", str(self.first.directory), "-U", ACCOUNT]
        subprocess.run([*copy, "-D", str(self.second.data), "-R", "-c", "fast"], check=True, user=account(), cwd="/")
        self.second.start()
        self.first.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.first.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + PATIENCE
        while not self.first.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"):
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.2)


def account() -> str | None:
    """Return the account that the server runs under; it refuses root."""
    return ACCOUNT if os.getuid() == 0 else None


def new_server() -> Server:
    """Return a server in a short place: the address of a socket holds 107 bytes."""
    directory = Path(tempfile.mkdtemp(prefix="ansim-pg-", dir="/tmp"))
    if os.getuid() == 0:
        entry = pwd.getpwnam(ACCOUNT)
        os.chown(directory, entry.pw_uid, entry.pw_gid)
    return Server(directory)


@contextlib.contextmanager
def running_pair() -> Iterator[Pair]:
    """Run the first; the second is nothing yet."""
    pair = Pair(new_server(), new_server())
    command = [str(postgresql_binaries() / "initdb"), "-D", str(pair.first.data), "-A", "trust", "-U", ACCOUNT]
    made = subprocess.run([*command, "-E", "UTF8", "--locale=C"], user=account(), cwd="/", capture_output=True)
    if made.returncode:
        pytest.fail(made.stderr.decode())
    try:
        pair.first.start()
        yield pair
    finally:
        pair.second.end()
        pair.first.end()
