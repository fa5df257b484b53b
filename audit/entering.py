"""Enters events into the tree on SQLite, in the caller's transaction, through one cursor of the driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection

from audit.composing import Composed
from audit.errors import NotDurable
from audit.merkle import leaf_hash
from audit.sidecar import DigestRow, SidecarRow
from audit.store import TILE_WIDTH, close_tiles

_ENTRY = """
INSERT INTO audit_entry (idx, leaf_hash, body, ts, component, action, outcome, actor_ref, object_kind, object_ref,
                         project, event_id)
VALUES ({index}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NEXT_ENTRY = _ENTRY.format(index="(SELECT coalesce(max(idx), -1) + 1 FROM audit_entry)")
_NEXT_ENTRY += "ON CONFLICT (event_id) DO NOTHING"
_ENTRY_AT = _ENTRY.format(index="?")
_LINK = "INSERT INTO audit_link (kind, ref, idx) VALUES (?, ?, ?)"
# Nothing is written under a key that was destroyed.
_SEALED = """
INSERT INTO audit_sidecar (commitment, key_id, nonce, ciphertext)
SELECT ?, key_id, ?, ? FROM audit_key WHERE key_id = ? AND wrapped IS NOT NULL
"""
_SEALED_ALIVE = "INSERT INTO audit_sidecar (commitment, key_id, nonce, ciphertext) VALUES (?, ?, ?, ?)"
_DIGEST = "INSERT INTO audit_digest (key_id, kind, digest, event_id) VALUES (?, ?, ?, ?)"
_SIZE = "SELECT coalesce(max(idx), -1) + 1 FROM audit_entry"
_KNOWN = "SELECT 1 FROM audit_entry WHERE event_id IN ({places}) LIMIT 1"
_ALIVE = "SELECT count(*) FROM audit_key WHERE wrapped IS NOT NULL AND key_id IN ({places})"


class Prepared(NamedTuple):
    """Everything that an append writes."""

    composed: Composed
    sealed: Sequence[SidecarRow]
    digests: Sequence[DigestRow]


def enter(tx: Connection, one: Prepared) -> tuple[int, set[bytes]] | None:
    """Write an entry; return its index and which of its commitments have their sealed value.

    None means that the event was not entered, because its id is known already. A commitment that is missing means
    that the key which sealed its value was destroyed.

    Raises: NotDurable — if the database refuses it.
    """
    composed, sealed, digests = one
    with _cursor(tx) as cursor:
        cursor.execute(_NEXT_ENTRY, (leaf_hash(composed.data), composed.data, *composed.columns))
        if cursor.rowcount != 1:
            return None
        index = cursor.lastrowid  # the primary key of SQLite is the row itself
        assert index is not None
        if composed.links:
            cursor.executemany(_LINK, [(kind, ref, index) for kind, ref in composed.links])
        written = set()
        for commitment, key_id, nonce, ciphertext in sealed:
            cursor.execute(_SEALED, (commitment, nonce, ciphertext, key_id))
            if cursor.rowcount:
                written.add(commitment)
        if len(written) == len(sealed):  # so the keys of the digests live too; else the log seals and digests anew
            for digest in digests:
                cursor.execute(_DIGEST, (*digest, composed.columns.event_id))
    if (index + 1) % TILE_WIDTH == 0:
        close_tiles(tx, index + 1)
    return index, written


def enter_all(tx: Connection, batch: Sequence[Prepared]) -> int | None:
    """Write the entries of a batch in their order, row by row of each table, and return the index of the first.

    None means that nothing was written, because an event is known already or a key is alive no more: then each is to
    be entered on its own. Nobody else can write between these questions and the rows.

    Raises: NotDurable — if the database refuses it.
    """
    events = [one.composed.columns.event_id for one in batch]
    keys = list({row[1] for one in batch for row in one.sealed} | {row[0] for one in batch for row in one.digests})
    with _cursor(tx) as cursor:
        if len(set(events)) < len(events) or _asked(cursor, _KNOWN, events):
            return None
        if _asked(cursor, _ALIVE, keys) != len(keys):
            return None
        first: int = cursor.execute(_SIZE).fetchone()[0]
        numbered = list(enumerate((one.composed for one in batch), first))
        cursor.executemany(_ENTRY_AT, [(n, leaf_hash(one.data), one.data, *one.columns) for n, one in numbered])
        cursor.executemany(_LINK, [(kind, ref, n) for n, one in numbered for kind, ref in one.links])
        cursor.executemany(_SEALED_ALIVE, [row for one in batch for row in one.sealed])
        cursor.executemany(
            _DIGEST, [(*row, event_id) for one, event_id in zip(batch, events, strict=True) for row in one.digests]
        )
    for size in range(first // TILE_WIDTH * TILE_WIDTH + TILE_WIDTH, first + len(batch) + 1, TILE_WIDTH):
        close_tiles(tx, size)
    return first


def _asked(cursor: sqlite3.Cursor, question: str, values: Sequence[str]) -> int:
    """Return the number that answers a question about values; 0 if no row does."""
    found = cursor.execute(question.format(places=", ".join("?" * len(values))), values).fetchone()
    return 0 if found is None else int(found[0])


@contextmanager
def _cursor(tx: Connection) -> Iterator[sqlite3.Cursor]:
    cursor: sqlite3.Cursor = tx.connection.cursor()  # type: ignore[assignment]
    try:
        yield cursor
    except sqlite3.Error as error:
        raise NotDurable(f"the database refused an entry: {error}") from error
    finally:
        cursor.close()
