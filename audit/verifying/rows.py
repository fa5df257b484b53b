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
from audit.merkle import HASH_BYTES
from audit.verifying.chunk import Chunk, LinkRow, check_entries
from audit.verifying.edge import split
from audit.verifying.quick import Frame, Reader

_ENTRIES = "SELECT idx, leaf_hash, body, {columns} FROM audit_entry WHERE idx >= {0} AND idx < {0} ORDER BY idx"
_IN = 500
_BUSY_SECONDS = 30
_CACHE_KIBIBYTES = 16_384


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
        # A run of entries is read in one go, and its pages more than once.
        self._connection.execute(f"PRAGMA cache_size=-{_CACHE_KIBIBYTES}")
        self._connection.execute("BEGIN")
        self._reader = Reader()
        self.erased, self._minimum = erased, minimum

    def chunk(self, start: int, end: int) -> Chunk:
        """Return the entries of a range, checked."""
        rows = self._connection.execute(_SQLITE_ENTRIES, (start, end)).fetchall()
        chunk = check_entries(start, end, rows, self, self._reader, minimum=self._minimum)
        for (index,) in self._connection.execute(_NO_TEXTS, (start, end)):
            chunk.problem("entry.columns", index)
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def linked(self, start: int, frames: Sequence[Frame]) -> bool:
        """Return whether the links of the entries from `start` are those that their frames have, and no others.

        Asked for by what they lead to, as timelines ask: there are fewer of these than links, and only numbers to read.
        """
        end, owners = start + len(frames), _owners(start, frames)
        wanted = sum(map(len, owners.values()))
        if 8 * len(owners) > wanted:
            return self.links(start, end) == sorted((n, *link) for link, some in owners.items() for n in some)
        counted = "SELECT count(*) FROM audit_link WHERE idx >= ? AND idx < ?"
        if self._connection.execute(counted, (start, end)).fetchone()[0] != wanted:
            return False
        ask = self._connection.execute
        for (kind, ref), some in owners.items():
            [found] = ask(_INDEXES_OF_LINK, (kind.decode(), ref.decode(), start, end)).fetchone()
            if found != b",".join([b"%d" % index for index in sorted(some)]):
                return False
        return True

    def links(self, start: int, end: int) -> Sequence[LinkRow]:
        """Return the links of a range, sorted."""
        # In the order of its index: nothing is sorted.
        texts = ", ".join(f"CASE typeof({name}) WHEN 'text' THEN {name} END" for name in ("kind", "ref"))
        wanted = f"SELECT idx, {texts} FROM audit_link WHERE idx >= ? AND idx < ? ORDER BY idx, kind, ref"  # noqa: S608
        return self._connection.execute(wanted, (start, end)).fetchall()

    def missing(self, commitments: Sequence[bytes]) -> set[bytes]:
        """Return which commitments have no sealed value any more."""
        if not commitments:
            return set()
        wanted = unhexlify(b"".join(commitments))
        # Written with their entries, they lie together: one run of rows instead of a search for each.
        ends = [wanted[:HASH_BYTES], wanted[-HASH_BYTES:]]
        where = "SELECT min(rowid), max(rowid) FROM audit_sidecar WHERE commitment IN (?, ?)"
        first, last = self._connection.execute(where, ends).fetchone()
        missing = set(split(wanted))
        if first is not None and last - first < 4 * len(commitments):
            [found] = self._connection.execute(_COMMITMENTS, (first, last)).fetchone()
            if found == b"".join(commitments).upper():
                return set()
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
        self.erased, self._minimum = erased, minimum

    def chunk(self, start: int, end: int) -> Chunk:
        """Return the entries of a range, checked."""
        rows = self._fetch(_POSTGRES_ENTRIES, (start, end))
        return check_entries(start, end, rows, self, self._reader, minimum=self._minimum)

    def linked(self, start: int, frames: Sequence[Frame]) -> bool:
        """Return whether the links of the entries from `start` are those that their frames have, and no others."""
        found = ((index, *link) for index, frame in enumerate(frames, start) for link in frame.links)
        return self.links(start, start + len(frames)) == list(found)

    def links(self, start: int, end: int) -> Sequence[LinkRow]:
        """Return the links of a range, sorted."""
        wanted = (
            "SELECT idx, convert_to(kind, 'UTF8'), convert_to(ref, 'UTF8') FROM audit_link WHERE idx >= %s AND idx < %s"
        )
        return sorted(self._fetch(wanted, (start, end)))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def missing(self, commitments: Sequence[bytes]) -> set[bytes]:
        """Return which commitments have no sealed value any more."""
        missing = {unhexlify(commitment) for commitment in commitments}
        if missing:
            known = "SELECT commitment FROM audit_sidecar WHERE commitment = ANY(%s)"
            missing.difference_update(row[0] for row in self._fetch(known, (list(missing),)))
        return {value.hex().encode() for value in missing}

    def _fetch(self, statement: Any, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connection.cursor(binary=True) as cursor:
            return cursor.execute(statement, values).fetchall()


_COLUMNS = ("ts", "event_id", *(name for name in Columns._fields if name not in ("ts", "event_id")))
_SQLITE_ENTRIES = _ENTRIES.format("?", columns=", ".join(_COLUMNS))
# A column of SQLite takes a value of any type; a search for a text does not find the same bytes that are none.
# Of the columns' affinity, whatever is no text is NULL or sorts behind every text, as bytes do.
_NO_TEXTS = f"""
SELECT idx FROM audit_entry WHERE idx >= ? AND idx < ? AND NOT (coalesce(project, '') < x''
    AND {" AND ".join(f"coalesce({name} < x'', 0)" for name in _COLUMNS if name != "project")})
"""  # noqa: S608 - the names are those of our own columns
# One text instead of a row for each: what it does not confirm is looked at row by row.
_INDEXES_OF_LINK = "SELECT group_concat(idx) FROM audit_link WHERE kind = ? AND ref = ? AND idx >= ? AND idx < ?"
_COMMITMENTS = "SELECT group_concat(hex(commitment), '') FROM audit_sidecar WHERE rowid BETWEEN ? AND ?"
_POSTGRES_ENTRIES = _ENTRIES.format("%s", columns=", ".join(f"convert_to({name}, 'UTF8')" for name in _COLUMNS))


def _owners(start: int, frames: Sequence[Frame]) -> dict[tuple[bytes, bytes], list[int]]:
    """Return which entries have a link, for each that any of them has."""
    by_frame: dict[int, tuple[Frame, list[int]]] = {}
    for index, frame in enumerate(frames, start):
        if (known := by_frame.get(id(frame))) is None:
            known = by_frame[id(frame)] = (frame, [])
        known[1].append(index)
    owners: dict[tuple[bytes, bytes], list[int]] = {}
    for frame, indexes in by_frame.values():
        for link in frame.links:
            owners.setdefault(link, []).extend(indexes)
    return owners


def _parts(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (values[i : i + _IN] for i in range(0, len(values), _IN))
