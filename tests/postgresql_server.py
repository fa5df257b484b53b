"""A throw-away PostgreSQL server, one for all tests of a process."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.patience import PATIENCE

ACCOUNT = "postgres"  # initdb refuses to run as root


def postgresql_binaries() -> Path:
    """Return the directory of the newest installed server, or fail saying how to get one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).parent
    pytest.fail("PostgreSQL server programs are missing: apt-get install -y --no-install-recommends postgresql")


@pytest.fixture(scope="session")
def postgresql_socket() -> Iterator[str]:
    """Run a PostgreSQL server for the session; yield the directory of its socket."""
    with postgresql_server() as directory:
        yield directory


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Run a new PostgreSQL server that listens on one Unix socket only; yield its directory."""
    binaries = postgresql_binaries()
    account = ACCOUNT if os.getuid() == 0 else None
    # Not below pytest's own directory: the account could not pass through it.
    directory = Path(tempfile.mkdtemp(prefix="ansim-pg-"))
    if account is not None:
        entry = pwd.getpwnam(account)
        os.chown(directory, entry.pw_uid, entry.pw_gid)
    data = directory / "data"
    initdb = [str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", ACCOUNT, "-E", "UTF8", "--locale=C"]
    subprocess.run(initdb, check=True, user=account, cwd=directory, capture_output=True)
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={directory}", "-c", "max_connections=60"]
    # These tests kill writers, never the server: what they ask of it needs no disk.
    options += ["-c", "fsync=off", "-c", "full_page_writes=off"]
    with (directory / "log").open("wb") as output:
        server = subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(data), *options],
            user=account,
            cwd=directory,
            stdout=output,
            stderr=output,
        )
    try:
        wait_for_server(directory)
        yield str(directory)
    finally:
        server.send_signal(signal.SIGQUIT)  # nothing in it is worth a checkpoint
        server.wait(timeout=PATIENCE)
        shutil.rmtree(directory)


def wait_for_server(directory: Path) -> None:
    """Return when the server takes connections."""
    for _ in range(int(PATIENCE / 0.1)):
        try:
            psycopg.connect(host=str(directory), user=ACCOUNT, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("PostgreSQL did not start: " + (directory / "log").read_text())
