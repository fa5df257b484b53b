"""Logs of a million entries, made once in a run and shared by all that only reads them; gone when the run ends."""

from __future__ import annotations

import atexit
import functools
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from audit.log import AuditLog
from tests.benchmarks.audit_bulk import fill
from tests.benchmarks.audit_loader import make
from tests.benchmarks.bench_postgresql import running_server

ENTRIES = int(os.environ.get("ANSIM_BENCH_ENTRIES", "1000000"))
_KEPT = ExitStack()
atexit.register(_KEPT.close)


@functools.cache
def filled(size: int) -> Path:
    """Return the home of a log in SQLite whose events are a few hundred kinds, each with a sealed address."""
    home = scratch()
    fill(home, size).db.close()
    return home


@functools.cache
def told(dialect: str) -> AuditLog:
    """Return a log with the story of a zone over two years, in SQLite or in a PostgreSQL server of its own."""
    home = scratch()
    url = f"sqlite:///{home / 'ansim.db'}" if dialect == "sqlite" else _KEPT.enter_context(running_server())
    log = make(url, home, ENTRIES)
    _KEPT.callback(log.db.close)
    return log


def scratch() -> Path:
    """Return a new directory that lasts until the run ends."""
    return Path(_KEPT.enter_context(tempfile.TemporaryDirectory(prefix="ansim-bench-log-")))
