"""Reads runs of entries from a database, by the driver and as bytes: what is compared is never shown.

It writes nothing, and on SQLite it needs no more than the file: a process that checks a part of the log is small.
"""

from __future__ import annotations

import sqlite3
from binascii import unhexlify
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import eq
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from audit.columns import Columns
from audit.merkle import HASH_BYTES
from audit.verifying.chunk import Chunk, LinkRow, all_at_once, one_by_one
from audit.verifying.edge import split
from audit.verifying.quick import Reader
from audit.verifying.together import Dates, Said

_ENTRIES = "SELECT idx, leaf_hash, body, {columns} FROM audit_entry WHERE idx >= {0} AND idx < {0} ORDER BY idx"
_IN = 500
_BUSY_SECONDS = 30
_CACHE_KIBIBYTES = 1_024
_MAX_BYTES = 16 << 20  # of all bodies in a run; runs with more are read row by row
_BETWEEN, _NEXT_TEXT = b"\n", b'","'


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
        # A run of entries is read in one go, each page once: what is small stays in the caches of the processor.
        self._connection.execute(f"PRAGMA cache_size=-{_CACHE_KIBIBYTES}")
        self._connection.execute("BEGIN")
        self._plain = self._connection.execute(_OTHER_THAN_TABLES).fetchone() == (0,)
        self._reader = Reader()
        self.erased, self._minimum = erased, minimum

    def chunk(self, start: int, end: int) -> Chunk:
        """Return the entries of a range, checked."""
        chunk = self._all_at_once(start, end) if self._plain else None
        return chunk or self._one_by_one(start, end)

    def _all_at_once(self, start: int, end: int) -> Chunk | None:
        usual = self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_BYTES)
        try:
            found, bodies, times, ids, *rows = self._connection.execute(_TOGETHER, (start, end)).fetchone()
            kept: list[bytes] = [*rows, *self._connection.execute(_LINKS_TOGETHER, (start, end)).fetchone()]
        except sqlite3.Error:
            return None  # a value of another type, or too many bytes; if the file is damaged, it is met again
        finally:
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, usual)
        texts: list[bytes] = [] if bodies is None else bodies.split(_BETWEEN)
        if not found == len(texts) == end - start:
            return None
        # Who did what to what, and how it ended: bodies that say the same of this are most likely alike.
        hints, dates = rows[0].split(_BETWEEN), Dates(_texts(ids), _texts(times))
        if not len(hints) == len(dates.ids) == len(dates.times) == len(texts):
            return None

        def agrees(hashes: bytes, said: Said) -> bool:
            return _derived(start, hashes, said) == kept

        return all_at_once(start, texts, self._reader, self, agrees, hints, dates)

    def _one_by_one(self, start: int, end: int) -> Chunk:
        rows = self._connection.execute(_SQLITE_ENTRIES, (start, end))
        chunk = one_by_one(start, end, rows, self, minimum=self._minimum)
        for (index,) in self._connection.execute(_NO_TEXTS, (start, end)):
            chunk.problem("entry.columns", index)
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def links(self, start: int, end: int) -> Sequence[LinkRow]:
        """Return the links of a range, sorted."""
        # In the order of its index: nothing is sorted.
        wanted = (
            f"SELECT idx, {', '.join(_LINK_TEXTS)} FROM audit_link WHERE idx >= ? AND idx < ? ORDER BY idx, kind, ref"  # noqa: S608
        )
        return self._connection.execute(wanted, (start, end)).fetchall()

    def missing(self, commitments: bytes) -> set[bytes]:
        """Return which commitments, in hexadecimal one after the other, have no sealed value any more."""
        if not commitments:
            return set()
        joined = unhexlify(commitments)
        # Written with their entries, they lie together: one run of rows instead of a search for each.
        ends = [joined[:HASH_BYTES], joined[-HASH_BYTES:]]
        where = "SELECT min(rowid), max(rowid) FROM audit_sidecar WHERE commitment IN (?, ?)"
        first, last = self._connection.execute(where, ends).fetchone()
        missing: set[bytes] | None = None
        if first is not None and last - first < 4 * len(joined) // HASH_BYTES:
            if self._connection.execute(_COMMITMENTS, (first, last)).fetchone()[0] == joined:
                return set()
            run = "SELECT commitment FROM audit_sidecar WHERE rowid BETWEEN ? AND ?"
            missing = set(split(joined)).difference(row[0] for row in self._connection.execute(run, (first, last)))
        missing = set(split(joined)) if missing is None else missing
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

        def agrees(hashes: bytes, said: Said) -> bool:
            columns = [frame.columns for frame in said.frames]
            derived = zip(range(start, end), split(hashes), said.times, said.event_ids, columns, strict=True)
            found = ((row[0], row[1], row[3], row[4], row[5:]) for row in rows)
            links = [(index, *link) for index, frame in enumerate(said.frames, start) for link in frame.links]
            return all(map(eq, found, derived)) and self.links(start, end) == links

        if len(rows) == end - start:
            chunk = all_at_once(start, [row[2] for row in rows], self._reader, self, agrees)
            if chunk is not None:
                return chunk
        return one_by_one(start, end, rows, self, minimum=self._minimum)

    def links(self, start: int, end: int) -> Sequence[LinkRow]:
        """Return the links of a range, sorted."""
        wanted = (
            "SELECT idx, convert_to(kind, 'UTF8'), convert_to(ref, 'UTF8') FROM audit_link WHERE idx >= %s AND idx < %s"
        )
        return sorted(self._fetch(wanted, (start, end)))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def missing(self, commitments: bytes) -> set[bytes]:
        """Return which commitments, in hexadecimal one after the other, have no sealed value any more."""
        missing = set(split(unhexlify(commitments)))
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


def _no_blobs(names: Sequence[str]) -> str:
    """Return the condition that columns hold no blob: JSON of SQLite 3.45 and later takes some for a text."""
    return (
        "".join(f" AND coalesce({name}, '') < x''" for name in names) if sqlite3.sqlite_version_info >= (3, 45) else ""
    )


# One row instead of one for each entry. A list of JSON tells every value from every other: a text from a number, and
# one text with a comma in it from two. Neither it nor a body has a line feed in it, and what is not there is found by
# how many there are: their numbers are those of the rows themselves, which are met in this order.
_TOGETHER = f"""
SELECT count(*), CAST(group_concat(body, '\n') AS blob), json_group_array(ts), json_group_array(event_id),
    group_concat(json_array({", ".join(_COLUMNS[2:])}), '\n'), CAST(group_concat(leaf_hash, '') AS blob)
FROM audit_entry NOT INDEXED
WHERE idx >= ? AND idx < ? AND idx = rowid AND body > x'' AND length(leaf_hash) = {HASH_BYTES}{_no_blobs(_COLUMNS)}
"""  # noqa: S608
# What looks like a table and computes its values could give them a form of its own; a column that is called as the
# number of a row could hold any.
_OTHER_THAN_TABLES = """
SELECT (SELECT count(*) FROM sqlite_schema WHERE type <> 'table' AND name IN ('audit_entry', 'audit_link'))
    + (SELECT count(*) FROM pragma_table_xinfo('audit_entry') WHERE hidden OR lower(name) = 'rowid')
    + (SELECT count(*) FROM pragma_table_xinfo('audit_link') WHERE hidden)
"""
_LINK_TEXTS = tuple(f"CASE typeof({name}) WHEN 'text' THEN {name} END" for name in ("kind", "ref"))
# From the index that has them in the order of entries. No row is left out, for nothing says how many there should be:
# what is no text is null, as no link is.
_LINKS_TOGETHER = f"""
SELECT json_group_array(idx), {", ".join(f"json_group_array({text})" for text in _LINK_TEXTS)}
FROM audit_link INDEXED BY ix_audit_link_idx WHERE idx >= ? AND idx < ?
"""  # noqa: S608
_COMMITMENTS = f"""
SELECT CAST(group_concat(commitment, '') AS blob) FROM audit_sidecar
WHERE rowid BETWEEN ? AND ? AND length(commitment) = {HASH_BYTES}
"""  # noqa: S608
_POSTGRES_ENTRIES = _ENTRIES.format("%s", columns=", ".join(f"convert_to({name}, 'UTF8')" for name in _COLUMNS))


def _texts(listed: bytes) -> list[bytes]:
    """Return the texts in a list of JSON as they are written there; whether they need no escapes is not asked."""
    return listed[2:-2].split(_NEXT_TEXT)


def _derived(start: int, hashes: bytes, said: Said) -> list[bytes]:
    """Return what is kept beside the bodies of entries: their rows and hashes, and the links column by column."""
    _, links, _, rows, kinds, refs = zip(*said.frames, strict=True)
    linked = list(chain.from_iterable(map(repeat, range(start, start + len(rows)), map(len, links))))
    lists = [b"[%b]" % b"".join(column)[:-1] for column in (kinds, refs)]
    return [_BETWEEN.join(rows), hashes, orjson.dumps(linked), *lists]


def _parts(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (values[i : i + _IN] for i in range(0, len(values), _IN))
