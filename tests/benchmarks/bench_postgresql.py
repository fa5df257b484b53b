"""A PostgreSQL server of its own for a measurement: with its default durability, on a Unix socket, gone afterwards."""

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

ACCOUNT = "postgres"  # initdb refuses to run as root


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the URL of an empty database; fsync is on, as everything else that the distribution sets."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("PostgreSQL is missing: apt-get install -y --no-install-recommends postgresql")
    account = ACCOUNT if os.getuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="ansim-bench-pg-"))
    if account is not None:
        entry = pwd.getpwnam(account)
        os.chown(directory, entry.pw_uid, entry.pw_gid)
    data = directory / "data"
    initdb = [str(found[-1]), "-D", str(data), "-A", "trust", "-U", ACCOUNT, "-E", "UTF8", "--locale=C"]
    subprocess.run(initdb, check=True, user=account, cwd=directory, capture_output=True)
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={directory}", "-c", "max_connections=60"]
    with (directory / "log").open("wb") as output:
        command = [str(found[-1].parent / "postgres"), "-D", str(data), *options]
        server = subprocess.Popen(command, user=account, cwd=directory, stdout=output, stderr=output)
    try:
        _wait_for(directory)
        yield f"postgresql+psycopg://{ACCOUNT}@/postgres?host={directory}"
    finally:
        server.send_signal(signal.SIGQUIT)  # nothing in it is worth a checkpoint
        server.wait(timeout=30)
        shutil.rmtree(directory)


def _wait_for(directory: Path) -> None:
    for _ in range(300):
        try:
            psycopg.connect(host=str(directory), user=ACCOUNT, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not start: " + (directory / "log").read_text())
