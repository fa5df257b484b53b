"""The database of the additional information: its tables, and how its bytes are kept from staying behind.

A rollback journal holds pages as they were, with salts. It is kept as one file (`PERSIST`), so that its blocks are
never given back to the disk with a salt in them, and zeroed when a key is destroyed. `secure_delete` does the same for
pages, and temporary files stay in memory. What a disk keeps of blocks it moved is the disk's: encrypt it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

DATABASE_FILE = "additional.db"
_CHUNK = 1_048_576
_TABLES = (
    """
CREATE TABLE IF NOT EXISTS pseudonym_key (
    domain TEXT NOT NULL,
    version INTEGER NOT NULL,
    salt BLOB,
    created_at TEXT NOT NULL,
    destroyed_at TEXT,
    destroyed_by TEXT,
    destroyed_why TEXT,
    PRIMARY KEY (domain, version),
    CHECK ((salt IS NULL) = (destroyed_at IS NOT NULL))
)
""",
    """
CREATE TABLE IF NOT EXISTS linkage (
    domain TEXT NOT NULL,
    project TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    approved_at TEXT NOT NULL,
    PRIMARY KEY (domain, project),
    CHECK (requested_by <> approved_by)
)
""",
    """
CREATE TABLE IF NOT EXISTS destruction (
    domain TEXT NOT NULL,
    version INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (domain, version)
)
""",
    """
CREATE TABLE IF NOT EXISTS key_user (
    ref TEXT PRIMARY KEY,
    domain TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ordered', 'by_hand', 'found')),
    owner TEXT NOT NULL,
    dataset TEXT NOT NULL,
    project TEXT NOT NULL,
    by_ref TEXT NOT NULL,
    policy_sha256 TEXT,
    source_sha256 TEXT,
    extract_sha256 TEXT,
    noted_at TEXT NOT NULL,
    until TEXT NOT NULL,
    ended_at TEXT,
    ended_by TEXT,
    ended_why TEXT,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
)
""",
    """
CREATE TABLE IF NOT EXISTS opening (
    request TEXT NOT NULL,
    token TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (request, token)
)
""",
)

# Earlier versions noted a use by the digest of the extract alone.
_EARLIER = """
INSERT INTO key_user (ref, domain, version, kind, owner, dataset, project, by_ref, extract_sha256, noted_at, until)
SELECT 'ku_' || lower(hex(randomblob(8))), domain, version, 'ordered', extract_sha256, dataset, project, 'cli',
    extract_sha256, until, until
FROM key_use
"""


@contextmanager
def connected(directory: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection; what is done in the block is committed at its end, durably."""
    with closing(_open(directory)) as database, database:
        yield database


def create_tables(directory: Path) -> None:
    """Make the tables that are not there yet."""
    with connected(directory) as database:
        for statement in _TABLES:
            database.execute(statement)
        if _has_earlier(database):
            database.execute("BEGIN IMMEDIATE")
            if _has_earlier(database):  # no other process was quicker
                database.execute(_EARLIER)
                database.execute("DROP TABLE key_use")


def _has_earlier(database: sqlite3.Connection) -> bool:
    found = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'key_use'")
    return found.fetchone() is not None


def rewrite(directory: Path) -> None:
    """Write the database anew without what was deleted, and zero the journal that may hold it."""
    with closing(_open(directory)) as database:
        database.isolation_level = None
        database.execute("VACUUM")
        # Nobody else writes while this holds the lock, so the journal is nobody's.
        database.execute("BEGIN IMMEDIATE")
        _zero(directory / f"{DATABASE_FILE}-journal")
        database.execute("ROLLBACK")


def _open(directory: Path) -> sqlite3.Connection:
    database = sqlite3.connect(directory / DATABASE_FILE, timeout=30)
    for setting in ("journal_mode=PERSIST", "synchronous=EXTRA", "secure_delete=ON", "temp_store=MEMORY"):
        database.execute(f"PRAGMA {setting}")
    return database


def _zero(path: Path) -> None:
    if not path.exists():
        return
    with path.open("r+b") as file:
        left = path.stat().st_size
        while left > 0:
            left -= file.write(bytes(min(left, _CHUNK)))
        file.flush()
        os.fsync(file.fileno())
