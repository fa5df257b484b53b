"""Entries about one thing, each held against the signed tree: what a decision may rest on without the whole log.

What a database says of its own log is no proof. The hash of each body is computed anew and looked for in the tree of
the last checkpoint, whose signature is checked and whose file lies outside the database. The tile of 256 leaves in
which an entry stands is proven once, whatever number of entries are looked for in it. Entries since that checkpoint
are held against the hash beside them alone, and what still waits in the outbox against nothing: the next checkpoint
covers both. A log that hides an entry in its index columns and in its links as well is found by `audit.verify`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from audit import store
from audit.body import Body, moment
from audit.errors import LogInconsistent
from audit.log import AuditLog
from audit.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from audit.store import TILE_WIDTH
from audit.tree import Tree
from audit.tree_head import Checkpoint

Fault = Literal["entry.changed", "entry.not_signed"]
"""The body is not the one that was hashed; or the tree of the last checkpoint has another entry at this place."""

_ABOUT = """
SELECT idx, leaf_hash, body FROM audit_entry WHERE idx IN (
    SELECT idx FROM audit_entry WHERE object_ref = ? UNION SELECT idx FROM audit_link WHERE kind = ? AND ref = ?)
ORDER BY idx
"""
_WAITING = "SELECT body FROM audit_pending WHERE columns LIKE ? ORDER BY id"
_MINIMUM = "SELECT coalesce(max(minimum), 0) FROM audit_pruning"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as the log has it."""

    index: int | None
    """Its place in the tree; None while it waits for one."""
    body: Body
    data: bytes
    fault: Fault | None = None

    @property
    def id(self) -> str:
        """The id of the event."""
        return str(self.body["id"])

    @property
    def action(self) -> str:
        """What happened."""
        return str(self.body["action"])

    @property
    def ref(self) -> str:
        """What it happened to."""
        return str(self.body["object"]["ref"])

    @property
    def actor(self) -> str:
        """Who did it."""
        return str(self.body["actor"]["ref"])

    @property
    def by_person(self) -> bool:
        """Whether a person did it, and no process of the zone."""
        return bool(self.body["actor"]["kind"] == "person")

    @property
    def roles(self) -> frozenset[str]:
        """The roles that the person held then."""
        return frozenset(self.body["actor"].get("roles", ()))

    @property
    def detail(self) -> Mapping[str, Any]:
        """What else the entry says."""
        return dict(self.body.get("detail", {}))

    @property
    def outcome(self) -> str:
        """How it ended."""
        return str(self.body["outcome"])

    @property
    def at(self) -> datetime:
        """When it was recorded."""
        return moment(self.body["ts"])

    def commitment(self, name: str) -> bytes | None:
        """The commitment to a sealed value; None if there was none."""
        found = self.body.get("c", {}).get(name)
        return None if found is None else bytes.fromhex(found)


class Proven:
    """The log in one transaction, under one checkpoint."""

    def __init__(self, tx: Connection, head: Checkpoint | None) -> None:
        self._tx = tx
        self._head = head
        self._tree = Tree(tx)
        self._tiles: dict[int, bytes | None] = {}

    @classmethod
    def by(cls, tx: Connection, log: AuditLog) -> Proven:
        """Return the log under what it signed last.

        Raises: LogInconsistent — if no key of this log signed it.
        """
        return cls(tx, log.head())

    @property
    def minimum(self) -> int:
        """The first entry whose body was not pruned."""
        found: int = self._tx.exec_driver_sql(_MINIMUM).scalar_one()
        return found

    def first_kept(self) -> datetime | None:
        """Return when the first entry was recorded that was not pruned; None where nothing was."""
        minimum = self.minimum
        query = "SELECT ts FROM audit_entry WHERE idx >= ? ORDER BY idx LIMIT 1"
        ts = self._tx.exec_driver_sql(store.sql(self._tx, query), (minimum,)).scalar() if minimum else None
        return None if ts is None else moment(ts)

    def about(self, kind: str, ref: str) -> list[Recorded]:
        """Return every event about a thing, in the order in which they happened.

        The outbox is asked first: what is entered in between is seen twice and not missed.
        """
        waiting = list(self._waiting(ref))
        rows = self._tx.exec_driver_sql(store.sql(self._tx, _ABOUT), (ref, kind, ref)).all()
        entered = [self._held(int(index), _bytes(leaf), _bytes(data)) for index, leaf, data in rows]
        known = {one.id for one in entered}
        every = (*entered, *(one for one in waiting if one.id not in known))
        return [one for one in every if (one.body["object"]["kind"], one.ref) == (kind, ref) or not one.action]

    def _waiting(self, ref: str) -> Iterator[Recorded]:
        if self._tx.dialect.name != "postgresql":
            return
        sought = f'%"object_ref":"{ref}"%'
        for (data,) in self._tx.exec_driver_sql(store.sql(self._tx, _WAITING), (sought,)):
            yield Recorded(None, _read(bytes(data)), bytes(data))

    def _held(self, index: int, stored: bytes, data: bytes) -> Recorded:
        leaf = leaf_hash(data)
        fault: Fault | None = None if leaf == stored else "entry.changed"
        if fault is None and self._head is not None and index < self._head.size:
            fault = None if self._in_tree(index, leaf) else "entry.not_signed"
        return Recorded(index, _read(data), data, fault)

    def _in_tree(self, index: int, leaf: bytes) -> bool:
        n, offset = divmod(index, TILE_WIDTH)
        if n not in self._tiles:
            self._tiles[n] = self._tile(n, index)
        tile = self._tiles[n]
        return tile is not None and tile[offset * HASH_BYTES : (offset + 1) * HASH_BYTES] == leaf

    def _tile(self, n: int, index: int) -> bytes | None:
        """Return the leaf hashes of a tile that the checkpoint covers; None if they are not those that were signed.

        The path of one leaf is computed from all the others of its tile, so it proves them all.
        """
        head = self._head
        assert head is not None, "a proof without a checkpoint"
        try:
            path = self._tree.inclusion(index, head.size)
            tile = self._tree._tile(0, n)
        except LogInconsistent:
            return None
        offset = index % TILE_WIDTH
        leaf = tile[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]
        return tile if verify_inclusion(index, head.size, leaf, path, head.root) else None


def _bytes(value: Any) -> bytes:
    # SQLite keeps a text where somebody puts one, whatever the column is.
    return value.encode() if isinstance(value, str) else bytes(value)


def _read(data: bytes) -> Body:
    """Return a body; one that is none any more, as a body that says nothing."""
    try:
        body = json.loads(data)
        return {"ts": body["ts"], "id": body["id"], "action": body["action"], "outcome": body["outcome"], **body}
    except (ValueError, KeyError, TypeError):
        nobody = {"kind": "system", "ref": ""}
        return {"id": "", "action": "", "outcome": "failed", "actor": nobody, "object": nobody, "subjects": {}}
