"""Verifies a whole log from the bodies of its entries, trusting nothing but public keys.

It shares no code with what writes the log beyond the form of a body and the arithmetic of the tree. What it
holds the bodies against, in this order: their fixed form, the columns and links derived from them, the hash
stored with them, the tiles of the tree, every signed checkpoint in the database and in files, and the
presence of their sealed values. It reads one run of entries at a time, so its memory does not grow with the log.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, and_, bindparam, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from audit.body import parse
from audit.db import Database
from audit.errors import DatabaseUnusable, MalformedBody
from audit.evidence import Keys, Signed, as_bytes, signed_files, signed_notes, signed_rows
from audit.export.layout import TILE_WIDTH, Tile
from audit.tables import (
    audit_checkpoint,
    audit_cosignature,
    audit_entry,
    audit_key,
    audit_link,
    audit_pruning,
    audit_sidecar,
    audit_tile,
)
from audit.verification import Verification
from audit.verifying.findings import Findings
from audit.verifying.places import DatabasePlace
from audit.verifying.quorum import hold_against_policy
from audit.verifying.walk import Progress, Walk
from audit.verifying.workers import chunks
from audit.witness.policy import WitnessPolicy

__all__ = ["Progress", "verify"]

_TILES_AHEAD = 64
_LEVELS = 8  # of tiles, in the largest tree


def verify(
    db: Database,
    trusted: Keys,
    log_dir: Path,
    progress: Progress = lambda done, total: None,
    *,
    policy: WitnessPolicy | None = None,
    held: Iterable[str] = (),
    processes: int = 1,
    keys_apart: bool = False,
) -> Verification:
    """Return what is wrong with the log in a database; `progress` is told entries done and in all.

    `trusted` are the keys that the caller trusts, from a place that whoever may change the database cannot change;
    `held` are checkpoints from such a place. With a `policy`, enough witnesses must have signed as well. `keys_apart`
    is for a backup, which keeps the keys of the sealed values elsewhere.

    Raises: DatabaseUnusable — if the database cannot be read.
    """
    try:
        return _verify(db, trusted, log_dir, progress, policy, held, processes, keys_apart)
    except (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:
        raise DatabaseUnusable(f"the database cannot be read: {error}") from error


def _verify(
    db: Database,
    trusted: Keys,
    log_dir: Path,
    progress: Progress,
    policy: WitnessPolicy | None,
    held: Iterable[str],
    processes: int,
    keys_apart: bool,
) -> Verification:
    findings = Findings()
    files = signed_files(log_dir, trusted, findings.at_checkpoint)
    mine = signed_notes(held, trusted, findings.at_checkpoint)
    with db.read() as tx:
        in_rows: set[int] = set()
        in_files: set[int] = set()
        rows = _noted(in_rows, signed_rows(tx, trusted, findings.at_checkpoint))
        # Of several of one size the row comes first: it has the leaf hashes that pin a difference to an entry.
        signed = heapq.merge(rows, _noted(in_files, files), mine, key=lambda found: found.size)
        size, minimum = _size(tx, findings), _minimum(tx)
        place = _place(db, _erased(tx), minimum)
        walk = Walk(size, minimum, _DatabaseTiles(tx), signed, findings)
        walked = walk.run(chunks(place, size, processes), progress)
        if walked.whole:
            _beyond(tx, size, minimum, walk.rest(), findings)
            _without_rows(tx, in_files - in_rows, findings)
        else:
            # Nothing can be said of what stands behind such a hole.
            findings.at("entry.missing", walked.reached, _next_index(tx, walked.reached) - 1)
        if minimum:
            findings.at("entry.pruned" if walked.pruned else "entry.missing", 0, minimum - 1)
        if policy is not None and policy.asks:
            hold_against_policy(policy, _cosigned(tx, walked.newest), walked.covered, findings)
        if not keys_apart and _without_key(tx):
            findings.at("sidecar.key", 0, max(size - 1, 0))
    if size and not walked.checked:
        findings.at("checkpoint.none", 0, size - 1)
    elif in_rows and not in_files:
        findings.at("checkpoint.files", 0)
    problems = findings.sorted()
    return Verification(size, walked.root, walked.covered, walked.checked, problems, walked.destroyed)


class _DatabaseTiles:
    """The tiles in a database: full ones alone, each with its root."""

    partial = False
    lost = torn = "tile.missing"

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        table = audit_tile.c
        columns = table.n, as_bytes(tx, table.hashes), as_bytes(tx, table.root)
        # Made once: there is a tile for every 256 entries.
        self._wanted = select(*columns).where(
            table.level == bindparam("level"), table.n >= bindparam("first"), table.n < bindparam("end")
        )
        self._level, self._range = 0, range(0)
        self._rows: dict[int, tuple[bytes, bytes]] = {}

    def hashes(self, tile: Tile) -> bytes | None:
        """Return the hashes of a tile, or None if it is not there."""
        row = self._row(tile)
        return None if row is None else row[0]

    def root(self, tile: Tile) -> bytes | None:
        """Return the root that was kept with a tile."""
        row = self._row(tile)
        return None if row is None else row[1]

    def _row(self, tile: Tile) -> tuple[bytes, bytes] | None:
        if tile.level != self._level or tile.n not in self._range:
            self._level, self._range = tile.level, range(tile.n, tile.n + (1 if tile.level else _TILES_AHEAD))
            values = {"level": tile.level, "first": self._range.start, "end": self._range.stop}
            rows = self._tx.execute(self._wanted, values)
            self._rows = {n: (bytes(hashes), bytes(root)) for n, hashes, root in rows}
        return self._rows.get(tile.n)


def _place(db: Database, erased: dict[str, int], minimum: int) -> DatabasePlace:
    url = db.engine.url
    if url.get_backend_name() == "sqlite":
        return DatabasePlace(True, str(Path(url.database or "").resolve()), erased, minimum)
    return DatabasePlace(False, libpq_address(url), erased, minimum)


def libpq_address(url: URL) -> str:
    """Return an address as libpq reads it: SQLAlchemy leaves spaces in a password, of which libpq takes none."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False).replace(" ", "%20")


def _noted(sizes: set[int], found: Iterator[Signed]) -> Iterator[Signed]:
    for signed in found:
        sizes.add(signed.size)
        yield signed


def _size(tx: Connection, findings: Findings) -> int:
    # Asked one by one: together they would read the whole table.
    first = tx.scalar(select(func.min(audit_entry.c.idx)))
    last = tx.scalar(select(func.max(audit_entry.c.idx)))
    if first is not None and first < 0:
        findings.at("entry.extra", first)
    return 0 if last is None else max(last + 1, 0)


def _minimum(tx: Connection) -> int:
    """Return the first entry that need not have been pruned, as the database says: the walk looks for the proof."""
    return tx.scalar(select(func.max(audit_pruning.c.minimum))) or 0


def _erased(tx: Connection) -> dict[str, int]:
    """Return the index of the last erasure of each subject, as the entries say that the walk will check."""
    table = audit_entry.c
    wanted = select(table.idx, as_bytes(tx, table.body)).where(table.action == "privacy.erased", table.outcome == "ok")
    found: dict[str, int] = {}
    for index, data in tx.execute(wanted.order_by(table.idx)):
        try:
            body = parse(bytes(data))
        except MalformedBody:
            continue
        if body["action"] == "privacy.erased" and body["outcome"] == "ok":
            found[body["object"]["ref"]] = index
    return found


def _next_index(tx: Connection, start: int) -> int:
    found: int = tx.execute(select(func.min(audit_entry.c.idx)).where(audit_entry.c.idx >= start)).scalar_one()
    return found


def _cosigned(tx: Connection, newest: Signed | None) -> Iterator[tuple[int, str]]:
    """Yield the checkpoints that may have enough cosignatures, with these, the largest first."""
    if newest is not None:
        yield newest.size, newest.note
    lines, notes = audit_cosignature.c, audit_checkpoint.c
    for size in tx.scalars(select(lines.size).distinct().order_by(lines.size.desc())).all():
        note = tx.scalar(select(notes.note).where(notes.size == size))
        if note is not None:
            yield size, note + "".join(tx.scalars(select(lines.line).where(lines.size == size)).all())


def _beyond(tx: Connection, size: int, minimum: int, largest: int, findings: Findings) -> None:
    """Find what speaks of entries behind the end of the log."""
    if largest > size:
        findings.at("checkpoint.truncated", size, largest - 1)
    table = audit_tile.c
    extra = or_(table.level < 0, table.n < 0, table.level >= _LEVELS)
    for level in range(_LEVELS):
        extra |= and_(table.level == level, table.n >= size // TILE_WIDTH ** (level + 1))
    if tx.scalar(select(func.count()).where(extra)):
        findings.at("tile.extra", size)
    idx = audit_link.c.idx
    if tx.scalar(select(func.count()).where(or_(idx >= size, idx < 0))):
        findings.at("entry.links", size)


def _without_rows(tx: Connection, sizes: set[int], findings: Findings) -> None:
    """Find checkpoints that stand in files alone: each was written to the database before it was to a file."""
    known = set(tx.scalars(select(audit_checkpoint.c.size))) if sizes else set()
    for size in sorted(sizes - known):
        findings.at("checkpoint.missing", size)


def _without_key(tx: Connection) -> bool:
    """Return whether the row of a key is gone under which values are sealed: an erasure leaves it, without the key."""
    lost = select(audit_sidecar.c.key_id).where(audit_sidecar.c.key_id.not_in(select(audit_key.c.key_id))).limit(1)
    return tx.scalar(lost) is not None
