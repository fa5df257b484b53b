"""Replaces the keys that seal: the master key of subjects' keys, and the key of cells that no person's key protects.

The order makes every step repeatable after a crash, as with signing keys (`audit.rotation`): the next key is made and
used for everything new; what the old one protects is brought under it, in the transaction of the event that records
it; then it takes the place of the old one. Values and cells of people stay as they are: only the keys of subjects are
wrapped anew. The keys of digests are derived from those and need no replacing of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from audit.canonical import JSON
from audit.cells import CellStore
from audit.durable import create_file, sync_directory
from audit.errors import KeyFileUnusable, SealedValueLost
from audit.event import Actor, Event, Object, Source, Subjects
from audit.guards import guard_statements
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.refs import new_event_id
from audit.secret_file import SecretFile, fingerprint, remove_leftovers
from audit.store import direct
from audit.subject_keys import unwrap, wrap

MASTER, CELLS = "log.master_key_replaced", "log.cells_key_replaced"
_PLAN = ".rotation"

_LIVE = "SELECT key_id, wrapped FROM audit_key WHERE wrapped IS NOT NULL ORDER BY key_id"
_REWRAP = "UPDATE audit_key SET wrapped = ? WHERE key_id = ? AND wrapped IS NOT NULL"
_UNGUARD = {
    "sqlite": "DROP TRIGGER IF EXISTS audit_key_no_update",
    "postgresql": "DROP TRIGGER IF EXISTS audit_key_no_update ON audit_key",
}


@dataclass(frozen=True, slots=True)
class Replaced:
    """What replacing a key left behind."""

    index: int
    """The entry that records it."""
    items: int
    """How many keys or cells are under the new key."""


def replace_master_key(log: AuditLog, keys: LogKeys, *, keep: Path | None) -> Replaced:
    """Wrap the key of every subject under a new master key; the old one is moved to a directory, or destroyed.

    Every process of the zone goes on. A call after a crash goes on where that one stopped.

    Raises: KeyFileUnusable — if a file cannot be used. SealedValueLost — if the key of a subject opens under no master
    key that is here; nothing is changed then.
    """

    def rewrap(event: Event) -> int:
        old, new = tuple(AESGCM(value) for value in keys.sidecar.every()), keys.sidecar.now()
        with log.db.begin() as tx:
            done = _rewrap(tx, old, new)
            log.append(tx, event)
        return done

    return _replace(log, keys.sidecar, MASTER, keep, rewrap)


def replace_cells_key(log: AuditLog, keys: LogKeys, cells: CellStore, *, keep: Path | None) -> Replaced:
    """Encrypt the cells that no person's key protects under a new key; the old one is moved away, or destroyed.

    Raises: as `replace_master_key`. NotDurable — if a cell cannot be written.
    """

    def renew(event: Event) -> int:
        done = cells.renew()
        log.record(event, wait="durable")
        return done

    return _replace(log, keys.cells, CELLS, keep, renew)


def _replace(
    log: AuditLog, file: SecretFile, action: str, keep: Path | None, bring_under: Callable[[Event], int]
) -> Replaced:
    if keep is not None and not keep.is_dir():
        raise KeyFileUnusable(f"{keep} is no directory")
    event = _planned(log, file, action)
    # Without a coming key the exchange was made before a crash; the rest is the same again.
    items = bring_under(event)
    index = log.wait(event.id)
    file.exchange(keep)
    remove_leftovers(file.path.parent, file.path.name)
    _plan_of(file).unlink()
    sync_directory(file.path.parent)
    return Replaced(index, items)


def _planned(log: AuditLog, file: SecretFile, action: str) -> Event:
    """Return the event of the replacement under way, or of one that begins."""
    path = _plan_of(file)
    if not path.exists():
        file.prepare()
        new, old = file.every()
        plan = {"event": new_event_id(), "old": fingerprint(old), "new": fingerprint(new)}
        create_file(path, json.dumps(plan).encode("ascii"), mode=0o600)
    try:
        plan = {name: str(value) for name, value in json.loads(path.read_text(encoding="ascii")).items()}
        detail: dict[str, JSON] = {"old": plan["old"], "new": plan["new"]}
        event_id = plan["event"]
    except (ValueError, KeyError, AttributeError):
        raise KeyFileUnusable(f"{path.name} is damaged") from None
    actor, where = Actor.service(log.component), Source(ip=None, host="zone")
    return Event(action, actor, Object("log", "audit"), Subjects.none(), where, detail=detail, id=event_id)


def _plan_of(file: SecretFile) -> Path:
    return file.path.with_name(file.path.name + _PLAN)


def _rewrap(tx: Connection, masters: tuple[AESGCM, ...], new: bytes) -> int:
    """Bring the key of every subject under a new master key; the guard of the table is away for this transaction."""
    dialect = tx.dialect.name
    if dialect == "postgresql":
        # Waits for whoever makes a key now, and lets nobody begin before this is committed.
        direct(tx, "LOCK TABLE audit_key IN SHARE ROW EXCLUSIVE MODE", ())
    direct(tx, _UNGUARD[dialect], ())
    rows = [(str(key_id), bytes(wrapped)) for key_id, wrapped in direct(tx, _LIVE, ())]
    for key_id, wrapped in rows:
        direct(tx, _REWRAP, (wrap(new, key_id, _opened(masters, key_id, wrapped)), key_id))
    for statement in guard_statements(dialect, ()):
        if "audit_key_no_update" in statement:
            direct(tx, statement, ())
    return len(rows)


def _opened(masters: tuple[AESGCM, ...], key_id: str, wrapped: bytes) -> bytes:
    for master in masters:
        try:
            return unwrap(master, key_id, wrapped)
        except InvalidTag:
            continue
    raise SealedValueLost(f"the key {key_id} is under no master key that is here")
