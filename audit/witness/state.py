"""What a witness remembers: one row per log, changed only together with the decision that depends on it.

The row is read, held against the request and written in one transaction that is durable before anything is answered.
Whoever restores it from a backup makes the witness forget: give it a new key instead.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from audit.errors import WitnessUnusable
from audit.tree_head import Checkpoint

FILE = "witness.db"
BUSY_SECONDS = 30.0
MAX_EVIDENCE = 1000
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS head (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root TEXT NOT NULL,"
    " note TEXT NOT NULL, grown_at INTEGER NOT NULL, seen_at INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS evidence (origin TEXT NOT NULL, size INTEGER NOT NULL, root TEXT NOT NULL,"
    " request TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (origin, size, root)) STRICT",
    # A witness never goes back, whatever program has its database open.
    "CREATE TRIGGER IF NOT EXISTS head_grows BEFORE UPDATE ON head WHEN NEW.size < OLD.size"
    " OR (NEW.size = OLD.size AND NEW.root <> OLD.root) OR NEW.origin <> OLD.origin"
    " BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END",
    "CREATE TRIGGER IF NOT EXISTS head_stays BEFORE DELETE ON head"
    " BEGIN SELECT RAISE(ABORT, 'a witness never forgets'); END",
)
_KEEP = (
    "INSERT INTO head (origin, size, root, note, grown_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (origin) DO UPDATE SET grown_at = CASE WHEN excluded.size > size THEN excluded.grown_at"
    " ELSE grown_at END, size = excluded.size, root = excluded.root, note = excluded.note, seen_at = excluded.seen_at"
)


@dataclass(frozen=True, slots=True)
class Known:
    """The checkpoint of a log that was cosigned last, and when: times in seconds of POSIX time."""

    head: Checkpoint
    note: str
    """With the signature of the log and the cosignatures of this witness."""
    grown_at: int
    """When the log last had new entries."""
    seen_at: int
    """When the log last asked."""


class State:
    """The memory of one witness."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        with closing(self._connect()) as connection:
            for statement in _SCHEMA:
                connection.execute(statement)

    @contextmanager
    def changing(self) -> Iterator[Transaction]:
        """Run the block alone; what it wrote is on the disk when it ends, and nothing of it if it raises.

        Raises: WitnessUnusable — if it cannot be made durable.
        """
        try:
            with closing(self._connect()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield Transaction(connection)
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise WitnessUnusable(f"{self._path}: {error}") from error

    def all(self) -> list[Known]:
        """Return what is known of every log, by origin."""
        with self.changing() as tx:
            return tx.all()

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            # FULL: a cosignature that was given away must survive a power cut here.
            connection.execute("PRAGMA synchronous=FULL")
            # Otherwise REPLACE removes a row without asking the triggers.
            connection.execute("PRAGMA recursive_triggers=ON")
        except sqlite3.Error as error:
            raise WitnessUnusable(f"{self._path}: {error}") from error
        return connection


class Transaction:
    """One look at the memory that nobody else can change meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def known(self, origin: str) -> Known | None:
        """Return what was cosigned last of a log."""
        columns = "origin, size, root, note, grown_at, seen_at"
        found = self._connection.execute(f"SELECT {columns} FROM head WHERE origin = ?", (origin,)).fetchone()  # noqa: S608
        return None if found is None else _known(found)

    def all(self) -> list[Known]:
        """Return what is known of every log, by origin."""
        rows = self._connection.execute("SELECT origin, size, root, note, grown_at, seen_at FROM head ORDER BY origin")
        return [_known(row) for row in rows]

    def keep(self, head: Checkpoint, note: str, second: int) -> None:
        """Remember a checkpoint as the last one cosigned."""
        self._connection.execute(_KEEP, (head.origin, head.size, _text(head.root), note, second, second))

    def keep_evidence(self, head: Checkpoint, request: str, reason: str, second: int) -> None:
        """Remember what a log signed against what it signed before."""
        (count,) = self._connection.execute("SELECT count(*) FROM evidence").fetchone()
        if count < MAX_EVIDENCE:
            row = (head.origin, head.size, _text(head.root), request, reason, second)
            self._connection.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?)", row)

    def evidence(self, origin: str) -> list[tuple[int, str, int, str]]:
        """Return size, reason, time and request of everything that a log signed against itself."""
        rows = self._connection.execute(
            "SELECT size, reason, at, request FROM evidence WHERE origin = ? ORDER BY at, size", (origin,)
        )
        return [(int(size), str(reason), int(at), str(request)) for size, reason, at, request in rows]


def _known(row: tuple[str, int, str, str, int, int]) -> Known:
    origin, size, root, note, grown_at, seen_at = row
    return Known(Checkpoint(origin, size, base64.b64decode(root)), note, grown_at, seen_at)


def _text(root: bytes) -> str:
    return base64.b64encode(root).decode("ascii")
