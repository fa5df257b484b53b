"""Writes and reads the rows of the log inside a transaction that someone else opened.

The statements are written for the driver (`exec_driver_sql`): compiling Core constructs would cost more than
the insert itself.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from audit.errors import NotDurable, NotInLog
from audit.merkle import fold_joined

TILE_WIDTH = 256
TILE_HEIGHT = 8

# Any 64-bit number that no other program uses: "ansimlog" in ASCII. Who holds it enters events into the tree.
SEQUENCER_LOCK = 0x616E73696D6C6F67

_INSERT_TILE = "INSERT INTO audit_tile (level, n, hashes, root) VALUES (?, ?, ?, ?)"
_BODY_OF_EVENT = "SELECT idx, body FROM audit_entry WHERE event_id = ?"
_INDEX_OF_EVENT = "SELECT idx FROM audit_entry WHERE event_id = ?"
_BODY = "SELECT body FROM audit_entry WHERE idx = ?"
_SIZE = "SELECT coalesce(max(idx), -1) + 1 FROM audit_entry"
_TILE = "SELECT hashes FROM audit_tile WHERE level = ? AND n = ?"
_LEAVES = "SELECT leaf_hash FROM audit_entry WHERE idx >= ? AND idx < ? ORDER BY idx"
_CLOSED = "-1, hashes FROM audit_tile WHERE level = ? AND n = ?"
_BELOW_TILE = "n, root FROM audit_tile WHERE level = ? AND n >= ? AND n < ?"
_BELOW_LEAF = "idx, leaf_hash FROM audit_entry WHERE idx >= ? AND idx < ?"
_TILE_ROOTS = "SELECT root FROM audit_tile WHERE level = ? AND n >= ? AND n < ? ORDER BY n"


@functools.cache
def for_driver(statement: str, dialect: str) -> str:
    """Return a statement with the placeholders that the dialect's driver expects."""
    return statement if dialect == "sqlite" else statement.replace("?", "%s")


def sql(tx: Connection, statement: str) -> str:
    """Return a statement for the driver of this connection."""
    return for_driver(statement, tx.dialect.name)


def direct(tx: Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement of an append and return its rows.

    Raises: NotDurable — if the database refuses it.
    """
    cursor = tx.connection.cursor()
    try:
        cursor.execute(sql(tx, statement), values)
        return list(cursor.fetchall()) if cursor.description else []
    except tx.dialect.loaded_dbapi.Error as error:
        raise NotDurable(f"the database refused an entry: {error}") from error
    finally:
        cursor.close()


def changed(tx: Connection, statement: str, values: Sequence[Any]) -> int:
    """Run one statement of an append and return how many rows it wrote.

    Raises: NotDurable — if the database refuses it.
    """
    cursor = tx.connection.cursor()
    try:
        cursor.execute(sql(tx, statement), values)
        return int(cursor.rowcount)
    except tx.dialect.loaded_dbapi.Error as error:
        raise NotDurable(f"the database refused an entry: {error}") from error
    finally:
        cursor.close()


def direct_many(tx: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement of an append for each of several rows.

    Raises: NotDurable — if the database refuses it.
    """
    cursor = tx.connection.cursor()
    try:
        cursor.executemany(sql(tx, statement), rows)
    except tx.dialect.loaded_dbapi.Error as error:
        raise NotDurable(f"the database refused an entry: {error}") from error
    finally:
        cursor.close()


def require_transaction(tx: Connection) -> None:
    """Refuse a connection without a transaction: an append is part of the change that it records."""
    if not tx.in_transaction():
        raise RuntimeError("an append needs the transaction of the change that it records")


def close_tiles(tx: Connection, size: int) -> None:
    """Write every tile that became full when the tree reached `size`."""
    level = 0
    while size and size % TILE_WIDTH == 0:
        size //= TILE_WIDTH
        hashes = run(tx, level, size - 1)
        direct(tx, _INSERT_TILE, (level, size - 1, hashes, fold_joined(hashes)))
        level += 1


def run(tx: Connection, level: int, n: int) -> bytes:
    """Return the hashes of tile `n` of a level from the rows below it, one after the other, as many as there are."""
    start, end = n * TILE_WIDTH, (n + 1) * TILE_WIDTH
    rows = _read(tx, _TILE_ROOTS, (level - 1, start, end)) if level else _read(tx, _LEAVES, (start, end))
    return b"".join([row[0] for row in rows])


def full_tile(tx: Connection, level: int, n: int) -> bytes | None:
    """Return the hashes of a full tile, one after the other, or None if the log has not closed it."""
    found = _read(tx, _TILE, (level, n))
    return bytes(found[0][0]) if found else None


def tiles(tx: Connection, wanted: Iterable[tuple[int, int]], size: int) -> dict[tuple[int, int], bytes]:
    """Return the hashes of several tiles of a tree of `size`, by level and number, with one question.

    A tile that is not full in this tree may have been closed since, and the leaves under it pruned: then its row
    holds more than was asked for, and the same first hashes.
    """
    parts: list[str] = []
    values: list[int] = []
    places = list(wanted)
    for number, (level, n) in enumerate(places):
        parts.append(f"SELECT {number}, {_CLOSED}")
        values += (level, n)
        if (n + 1) * TILE_WIDTH ** (level + 1) > size:
            start, end = n * TILE_WIDTH, (n + 1) * TILE_WIDTH
            below = _BELOW_TILE if level else _BELOW_LEAF
            parts.append(f"SELECT {number}, {below}")
            values += (level - 1, start, end) if level else (start, end)
    found: dict[int, list[tuple[int, bytes]]] = {}
    for number, n, hashes in _read(tx, " UNION ALL ".join(parts), values) if parts else ():
        found.setdefault(number, []).append((n, hashes))
    return {places[number]: _joined(rows) for number, rows in found.items()}


def _joined(rows: list[tuple[int, bytes]]) -> bytes:
    """Return the row of a closed tile (numbered -1) where there is one, else what it is made of, in its order."""
    rows.sort(key=itemgetter(0))
    return bytes(rows[0][1]) if rows[0][0] < 0 else b"".join([hashes for _, hashes in rows])


def _read(tx: Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return rows as the driver gives them: a proof reads hundreds."""
    cursor = tx.connection.cursor()
    try:
        cursor.execute(sql(tx, statement), values)
        return list(cursor.fetchall())
    finally:
        cursor.close()


def entry_of_event(tx: Connection, event_id: str) -> tuple[int, bytes] | None:
    """Return index and body bytes of the entry that records this event; None if none does."""
    found = tx.exec_driver_sql(sql(tx, _BODY_OF_EVENT), (event_id,)).all()
    return (found[0][0], bytes(found[0][1])) if found else None


def index_of(tx: Connection, event_id: str) -> int | None:
    """Return the index of the entry that records this event; None if none does (yet)."""
    found = direct(tx, _INDEX_OF_EVENT, (event_id,))
    return int(found[0][0]) if found else None


def body_bytes(tx: Connection, index: int) -> bytes:
    """Return the body bytes of one entry.

    Raises: NotInLog — if there is none of this index.
    """
    # A number that no database takes is no entry's either.
    found = tx.exec_driver_sql(sql(tx, _BODY), (index,)).all() if 0 <= index < 2**63 else []
    if not found:
        raise NotInLog(f"no entry {index}")
    return bytes(found[0][0])


def log_size(tx: Connection) -> int:
    """Return the number of entries."""
    size: int = tx.exec_driver_sql(_SIZE).scalar_one()
    return size
