"""What an erasure or a pruning leaves behind outside its transaction: cells, old pages, restored backups.

The transaction destroys keys; what was sealed under them is unreadable from its commit on. This makes sure that the
bytes go as well, and goes on where it was interrupted: which keys are done is kept in a file beside the checkpoints,
outside the database. A database restored from an old backup is held against that file, so that what was erased since
is erased again.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select, text

from audit.cells import CellStore
from audit.db import BUSY_MILLISECONDS, Database
from audit.durable import replace_file
from audit.retention.pruning import permitted, remove_pruned
from audit.tables import audit_entry, audit_key, audit_link

DONE_FILE = "erased-keys"
CELL_MARGIN = timedelta(days=1)
"""A cell is stored before its entry is written, so young ones are never unused."""
VACUUM_BYTES = 2**28
"""A larger SQLite file is only rewritten when asked: writers wait for it, 20 seconds for each GiB on two busy cores."""
REWRITTEN = ("audit_key",)
"""On PostgreSQL, small tables whose old rows would give something away."""
REWRITER = "audit_rewrite"
"""The function by which a role that owns no table has one of them rewritten (`hub_config.systemd.database_rights`)."""
VACUUMED = ("audit_sidecar", "audit_digest", "audit_entry", "audit_link")

_TRUNCATE_SECONDS = 10.0
_OWNS = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'audit_key'::regclass"
_CODE = re.compile(rb'"code":"([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Finished:
    """What was finished of erasures and prunings that began earlier."""

    keys: tuple[str, ...]
    entries: int
    cells: int
    """Cells that no entry names any more."""
    old_pages_gone: bool
    vacuumed: bool


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a cleaning did."""

    keys: tuple[str, ...]
    """Destroyed keys whose cells are gone now."""
    old_pages_gone: bool
    """Whether the write-ahead log (SQLite) or the dead rows (PostgreSQL) could be removed; else it is tried again."""
    vacuumed: bool
    """Whether the whole SQLite file was rewritten."""


def due(db: Database, directory: Path) -> list[str]:
    """Return the destroyed keys that are not yet cleaned up after."""
    return sorted(_destroyed(db) - done_keys(directory))


def _destroyed(db: Database) -> set[str]:
    with db.read() as tx:
        return set(tx.scalars(select(audit_key.c.key_id).where(audit_key.c.wrapped.is_(None))))


def revived(db: Database, directory: Path) -> list[str]:
    """Return the subjects whose key lives again though it was destroyed: the database comes from an old backup."""
    done = done_keys(directory)
    with db.read() as tx:
        alive = tx.execute(select(audit_key.c.key_id, audit_key.c.subject).where(audit_key.c.wrapped.is_not(None)))
        return sorted({subject for key_id, subject in alive if key_id in done})


def done_keys(directory: Path) -> set[str]:
    """Return the ids of the keys that were destroyed and cleaned up after."""
    try:
        return set((directory / DONE_FILE).read_text(encoding="ascii").split())
    except FileNotFoundError:
        return set()


def finish(
    db: Database,
    directory: Path,
    cells: CellStore,
    now: datetime,
    *,
    vacuum: bool | None = None,
    rewrite: Sequence[str] = (),
) -> Finished:
    """Finish what erasures and prunings began; called again, it does nothing more.

    What a pruning left is removed by a role that may: where the tables have an owner, others leave it to that.

    Raises: as `clean`.
    """
    entries = remove_pruned(db) if permitted(db) else 0
    unused = remove_unused_cells(db, cells, before=now - CELL_MARGIN) if entries else 0
    done = clean(db, directory, cells, vacuum=vacuum, rewrite=rewrite)
    return Finished(done.keys, entries, unused, done.old_pages_gone, done.vacuumed)


def clean(
    db: Database,
    directory: Path,
    cells: CellStore,
    *,
    vacuum: bool | None = None,
    rewrite: Sequence[str] = (),
) -> Cleaned:
    """Remove what destroyed keys and removed rows left behind; `directory` is that of the log's checkpoints.

    `vacuum` says whether a SQLite file is rewritten, without it by its size; `rewrite` names further tables with
    personal columns, for PostgreSQL.

    Raises: NotDurable — if cells cannot be removed.
    """
    keys = due(db, directory)
    # Those of keys that were done earlier too: an old backup may have brought them back.
    for key_id in set(cells.key_ids()) & _destroyed(db):
        cells.remove_key(key_id)
    _remove_common_cells(db, cells, keys)
    sqlite = db.engine.dialect.name == "sqlite"
    gone, rewritten = _clean_sqlite(db, vacuum) if sqlite else (_clean_postgresql(db, rewrite), False)
    if keys and gone:
        done = sorted(done_keys(directory) | set(keys))
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(directory / DONE_FILE, "".join(f"{key_id}\n" for key_id in done).encode("ascii"), mode=0o644)
    return Cleaned(tuple(keys), gone, rewritten)


def remove_unused_cells(db: Database, cells: CellStore, *, before: datetime) -> int:
    """Remove the cells that no entry names any more, if they are from before a moment; return how many."""
    with db.read() as tx:
        used = _cells_named(tx)
    gone = 0
    for name, path in cells.names():
        if bytes.fromhex(name) not in used and path.stat().st_mtime < before.timestamp():
            path.unlink()
            gone += 1
    return gone


def _remove_common_cells(db: Database, cells: CellStore, keys: Iterable[str]) -> None:
    """Remove an erased person's cells from the time before each person had a key, unless others sent the same code."""
    old = {bytes.fromhex(name): path for name, path in cells.names() if path.parent.parent.name not in cells.key_ids()}
    if not old:
        return
    with db.read() as tx:
        key = audit_key.c
        erased = set(tx.scalars(select(key.subject).where(key.wrapped.is_(None))))
        people = set(tx.scalars(select(key.subject).where(key.key_id.in_(list(keys)))))
        mine = {name for person in people for name in _cells_named(tx, person)}
        others = _cells_named(tx, without=erased) if mine else set()
    for name in (mine - others) & old.keys():
        old[name].unlink(missing_ok=True)


def _cells_named(tx: Connection, person: str | None = None, without: Iterable[str] = ()) -> set[bytes]:
    """Return the names of cells in entries: of all, of one person, or of all but some people."""
    entry = audit_entry.c
    wanted = select(entry.body).where(entry.action == "cell.sent", entry.actor_ref.not_in(list(without)))
    if person is not None:
        own = select(audit_link.c.idx).where(audit_link.c.kind == "person", audit_link.c.ref == person)
        wanted = wanted.where(entry.idx.in_(own), entry.actor_ref == person)
    rows = tx.execution_options(yield_per=1000).scalars(wanted)
    return {bytes.fromhex(match[1].decode("ascii")) for body in rows if (match := _CODE.search(bytes(body)))}


def _clean_sqlite(db: Database, vacuum: bool | None) -> tuple[bool, bool]:
    """Empty the write-ahead log into the database and cut it off; rewrite the file where that takes seconds only."""
    path = Path(db.engine.url.database or "")
    connection = db.engine.raw_connection()
    try:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        rewrite = path.stat().st_size <= VACUUM_BYTES if vacuum is None else vacuum
        if rewrite:
            driver.execute("VACUUM")
        return _truncated(driver), rewrite
    finally:
        connection.close()


def _truncated(driver: sqlite3.Connection) -> bool:
    deadline = time.monotonic() + _TRUNCATE_SECONDS
    # Asked often instead of waited for: who waits for readers here keeps writers waiting as well.
    driver.execute("PRAGMA busy_timeout=50")
    try:
        while True:
            busy, _pages, _moved = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy or time.monotonic() > deadline:
                return not busy
            time.sleep(0.05)
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")


def _clean_postgresql(db: Database, rewrite: Sequence[str]) -> bool:
    tables = (*REWRITTEN, *rewrite)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text(_OWNS)):
            # To VACUUM somebody else's table only warns; what PostgreSQL vacuums by itself holds ciphertext alone.
            return _rewrite_by_owner(connection, tables)
        quote = connection.dialect.identifier_preparer.quote
        for table in tables:
            connection.execute(text(f"VACUUM FULL {quote(table)}"))
        for table in VACUUMED:
            connection.execute(text(f"VACUUM {quote(table)}"))
    return True


def _rewrite_by_owner(connection: Connection, tables: Iterable[str]) -> bool:
    if connection.scalar(text(f"SELECT to_regprocedure('{REWRITER}(text)') IS NULL")):
        return False
    for table in tables:
        connection.execute(text(f"SELECT {REWRITER}(:name)"), {"name": table})
    return True
