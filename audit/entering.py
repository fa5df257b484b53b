"""Enters one event into the tree on SQLite, in the caller's transaction, through one cursor of the driver."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from audit.body import Body
from audit.columns import columns, links
from audit.errors import NotDurable
from audit.merkle import leaf_hash
from audit.sidecar import DigestRow, SidecarRow
from audit.store import TILE_WIDTH, close_tiles

_ENTRY = """
INSERT INTO audit_entry (idx, leaf_hash, body, ts, component, action, outcome, actor_ref, object_kind, object_ref,
                         project, event_id)
VALUES ((SELECT coalesce(max(idx), -1) + 1 FROM audit_entry), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (event_id) DO NOTHING
"""
_LINK = "INSERT INTO audit_link (kind, ref, idx) VALUES (?, ?, ?)"
# Nothing is written under a key that was destroyed.
_SEALED = """
INSERT INTO audit_sidecar (commitment, key_id, nonce, ciphertext)
SELECT ?, key_id, ?, ? FROM audit_key WHERE key_id = ? AND wrapped IS NOT NULL
"""
_DIGEST = "INSERT INTO audit_digest (key_id, kind, digest, event_id) VALUES (?, ?, ?, ?)"


def enter(
    tx: Connection, body: Body, data: bytes, sealed: Sequence[SidecarRow], digests: Sequence[DigestRow]
) -> tuple[int, set[bytes]] | None:
    """Write an entry; return its index and which of its commitments have their sealed value.

    None means that the event was not entered, because its id is known already. A commitment that is missing means
    that the key which sealed its value was destroyed.

    Raises: NotDurable — if the database refuses it.
    """
    cursor = tx.connection.cursor()
    try:
        cursor.execute(_ENTRY, (leaf_hash(data), data, *columns(body)))
        if cursor.rowcount != 1:
            return None
        index: int = cursor.lastrowid  # the primary key of SQLite is the row itself
        if rows := [(kind, ref, index) for kind, ref in links(body)]:
            cursor.executemany(_LINK, rows)
        written = set()
        for commitment, key_id, nonce, ciphertext in sealed:
            cursor.execute(_SEALED, (commitment, nonce, ciphertext, key_id))
            if cursor.rowcount:
                written.add(commitment)
        if len(written) == len(sealed):  # so the keys of the digests live too; else the log seals and digests anew
            for key_id, kind, digest in digests:
                cursor.execute(_DIGEST, (key_id, kind, digest, body["id"]))
    except tx.dialect.loaded_dbapi.Error as error:
        raise NotDurable(f"the database refused an entry: {error}") from error
    finally:
        cursor.close()
    if (index + 1) % TILE_WIDTH == 0:
        close_tiles(tx, index + 1)
    return index, written
