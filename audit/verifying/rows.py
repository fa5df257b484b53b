"""Reads runs of entries from a database, by the driver and as bytes: what is compared is never shown.

It writes nothing, and on SQLite it needs no more than the file: a process that checks a part of the log is small.
"""

from __future__ import annotations

import sqlite3
from binascii import unhexlify
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from audit.columns import Columns
from audit.verifying.chunk import Beside, Chunk, LinkRow, check_entries
from audit.verifying.facts import Reader

_ENTRIES = "SELECT idx, leaf_hash, body, {columns} FROM audit_entry WHERE idx >= {0} AND idx < {0} ORDER BY idx"
_IN = 500
_BUSY_SECONDS = 30


class Rows(Protocol):
    """Where the rows of runs of entries come from."""

    def chunk(self, start: int, end: int) -> Chunk:
        """Return the entries of a range, checked."""


class SqliteRows:
    """The rows in an SQLite file, as they are when it is opened."""

    def __init__(self, path: str, *, erased: Mapping[str, int], minimum: int) -> None:
        self._connection = sqlite3.connect(
            f"file:{quote(path)}?mode=ro", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
        )
        self._connection.text_factory = bytes
        self._connection.execute("PRAGMA query_only=ON")
        self._connection.execute("BEGIN")
        self._reader = Reader()
        self._erased, self._minimum = erased, minimum

    def chunk(self, start: int, end: int) -> Chunk:
        """Return the entries of a range, checked."""
        beside = Beside(self._links(start, end), self._missing, self._erased)
        rows = self._connection.execute(_SQLITE_ENTRIES, (start, end)).fetchall()
        return check_entries(start, end, rows, beside, self._reader, minimum=self._minimum)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _links(self, start: int, end: int) -> Sequence[LinkRow]:
        # In the order of its index: nothing is sorted.
        wanted = "SELECT idx, kind, ref FROM audit_link WHERE idx >= ? AND idx < ? ORDER BY idx, kind, ref"
        return self._connection.execute(wanted, (start, end)).fetchall()

    def _missing(self, commitments: Sequence[bytes]) -> set[bytes]:
        missing = {unhexlify(commitment) for commitment in commitments}
        if not missing:
            return set()
        # Written with their entries, they lie together: one run of rows instead of a search for each.
        ends = [unhexlify(commitments[0]), unhexlify(commitments[-1])]
        where = "SELECT min(rowid), max(rowid) FROM audit_sidecar WHERE commitment IN (?, ?)"
        first, last = self._connection.execute(where, ends).fetchone()
        if first is not None and last - first < 4 * len(missing):
            run = "SELECT commitment FROM audit_sidecar WHERE rowid BETWEEN ? AND ?"
            missing.difference_update(row[0] for row in self._connection.execute(run, (first, last)))
        for some in _parts(sorted(missing)):
            known = f"SELECT commitment FROM audit_sidecar WHERE commitment IN ({', '.join('?' * len(some))})"  # noqa: S608
            missing.difference_update(row[0] for row in self._connection.execute(known, some))
        return {value.hex().encode() for value in missing}


class PostgresRows:
    """The rows in a PostgreSQL database, as they are when it is opened."""

    def __init__(self, conninfo: str, *, erased: Mapping[str, int], minimum: int) -> None:
        import psycopg  # where the log is in SQLite nothing needs it

        self._connection = psycopg.connect(conninfo)
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.read_only = True
        self._reader = Reader()
        self._erased, self._minimum = erased, minimum

    def chunk(self, start: int, end: int) -> Chunk:
        """Return the entries of a range, checked."""
        wanted = (
            "SELECT idx, convert_to(kind, 'UTF8'), convert_to(ref, 'UTF8') FROM audit_link WHERE idx >= %s AND idx < %s"
        )
        links = sorted(self._fetch(wanted, (start, end)))
        beside = Beside(links, self._missing, self._erased)
        rows = self._fetch(_POSTGRES_ENTRIES, (start, end))
        return check_entries(start, end, rows, beside, self._reader, minimum=self._minimum)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _missing(self, commitments: Sequence[bytes]) -> set[bytes]:
        missing = {unhexlify(commitment) for commitment in commitments}
        if missing:
            known = "SELECT commitment FROM audit_sidecar WHERE commitment = ANY(%s)"
            missing.difference_update(row[0] for row in self._fetch(known, (list(missing),)))
        return {value.hex().encode() for value in missing}

    def _fetch(self, statement: Any, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connection.cursor(binary=True) as cursor:
            return cursor.execute(statement, values).fetchall()


_SQLITE_ENTRIES = _ENTRIES.format("?", columns=", ".join(Columns._fields))
_POSTGRES_ENTRIES = _ENTRIES.format("%s", columns=", ".join(f"convert_to({name}, 'UTF8')" for name in Columns._fields))


def _parts(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (values[i : i + _IN] for i in range(0, len(values), _IN))
