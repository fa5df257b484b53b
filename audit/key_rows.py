"""The keys of subjects apart from all else: a copy of a database without them brings back nobody who was erased.

What such a copy holds of a person, the sealed values and cells, opens only with a row of `audit_key`. So a backup keeps
those rows in a place of their own, of which only the newest is kept.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select

from audit.errors import SealedValueLost
from audit.tables import audit_key


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A row of `audit_key`; `wrapped` is None once the key was destroyed."""

    key_id: str
    subject: str
    wrapped: bytes | None
    created_at: str
    shredded_at: str | None


def key_rows(tx: Connection) -> list[KeyRow]:
    """Return every key that was ever made, those that were destroyed without their bytes."""
    columns = [audit_key.c[name] for name in KeyRow.__slots__]
    return [KeyRow(*row) for row in tx.execute(select(*columns).order_by(audit_key.c.key_id))]


def put_back(tx: Connection, rows: Iterable[KeyRow]) -> None:
    """Write the keys into a database that has none."""
    values = [{name: getattr(row, name) for name in KeyRow.__slots__} for row in rows]
    if values:
        tx.execute(insert(audit_key), values)


def take_out(database: Path) -> None:
    """Remove the keys from a copy of a SQLite database, so that its file does not hold them any more.

    Raises: sqlite3.Error — if it cannot be changed.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        guards = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_key'"
        ).fetchall()
        connection.execute("BEGIN IMMEDIATE")
        for name, _ in guards:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("DELETE FROM audit_key")
        for _, made in guards:
            connection.execute(made)
        connection.execute("COMMIT")


def to_text(rows: Iterable[KeyRow]) -> str:
    """Return the keys as lines of JSON."""
    return "".join(
        json.dumps([r.key_id, r.subject, _coded(r.wrapped), r.created_at, r.shredded_at]) + "\n" for r in rows
    )


def from_text(text: str) -> list[KeyRow]:
    """Return what `to_text` wrote. Raises: SealedValueLost — if it is something else."""
    try:
        found = [json.loads(line) for line in text.splitlines()]
        return [
            KeyRow(i, s, None if w is None else base64.b64decode(w, validate=True), c, d) for i, s, w, c, d in found
        ]
    except (ValueError, TypeError) as error:
        raise SealedValueLost("the keys of the subjects cannot be read") from error


def _coded(wrapped: bytes | None) -> str | None:
    return None if wrapped is None else base64.b64encode(wrapped).decode("ascii")
