"""Where the throttle's histories are kept: one row per user name or address, known by keyed hash only."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from registry import tables
from registry.throttle import WINDOW, History

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND = timedelta(microseconds=1)


def read(tx: Connection, key: str, now: datetime) -> History:
    """The history of a key, locked until the transaction ends; one never seen gets an empty row."""
    table = tables.attempts
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(insert(table).values(key=key, failures="[]", announced_at=None, changed_at=now).on_conflict_do_nothing())
    row = tx.execute(select(table).where(table.c.key == key).with_for_update()).one()
    failures = tuple(_EPOCH + at * _MICROSECOND for at in json.loads(row.failures))
    return History(failures, row.announced_at)


def write(tx: Connection, key: str, history: History, now: datetime) -> None:
    """Keeps the history of a key that was read in this transaction."""
    table = tables.attempts
    tx.execute(
        update(table)
        .where(table.c.key == key)
        .values(
            failures=json.dumps([(at - _EPOCH) // _MICROSECOND for at in history.failures]),
            announced_at=history.announced_at,
            changed_at=now,
        )
    )


def forget_old(tx: Connection, now: datetime) -> None:
    """Drops histories that cannot matter any more, so that guessing names does not fill the disk."""
    table = tables.attempts
    tx.execute(delete(table).where(table.c.changed_at < now - 2 * WINDOW))
