"""Writes a copy of the log, or brings an earlier copy up to date.

A full tile never changes, so a file of one that stands is left as it is; `checkpoint` is written last, so an export
that was interrupted says only what it already holds. Only signed entries are exported: the others are in the next one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from audit.checkpoint import Checkpoint
from audit.db import Database
from audit.errors import AuditError, ExportRefused
from audit.export import rows
from audit.export.layout import (
    EVERY_DIRECTORY,
    HEAD_FILE,
    MANIFEST_FILE,
    SEALED_FILE,
    TILE_WIDTH,
    TIMESTAMPS_DIRECTORY,
    TRUSTED_FILE,
    VERIFIER_FILE,
    VKEY_FILE,
    bundle_path,
    pack,
    tile_path,
    tiles_of,
)
from audit.export.manifest import Manifest
from audit.export.standalone import source
from audit.export.target import Target
from audit.note import Verifier
from audit.schemes import ED25519
from audit.trusted import TrustedKeys

Progress = Callable[[int, int], None]
Unseal = Callable[[int], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Export:
    """What was exported."""

    target: Path
    manifest: Manifest
    written: int
    """Files written; those of an earlier export that still hold are not counted."""


def export_log(
    db: Database,
    log_dir: Path,
    trusted: TrustedKeys,
    target: Path,
    *,
    since: int = 0,
    unseal: Unseal | None = None,
    progress: Progress = lambda done, total: None,
) -> Export:
    """Write the signed entries of a log to a directory; `progress` is told entries done and in all.

    The bodies of the full tiles before entry `since` are left out, for a reader who holds them. `unseal` is asked for
    the sealed values of each entry; without it the copy holds commitments only.

    Raises: ExportRefused — if nothing is signed, or if the directory holds something else. LogInconsistent — if rows
    are missing.
    """
    with db.read() as tx:
        note, head = rows.signed_head(tx, log_dir, trusted)
        if not 0 <= since <= head.size:
            raise ExportRefused(f"the signed log has {head.size} entries, so nothing is since {since}")
        place = Target(target)
        before = _size_before(place, trusted, head)
        pruned = rows.pruned_before(tx)
        first = max(since - since % TILE_WIDTH, pruned)
        _write_tree(tx, place, head.size, before, first, progress)
        notes = _write_checkpoints(tx, place, log_dir, head.size)
        stamps = _write_timestamps(tx, place)
    manifest = Manifest(
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        first=first,
        pruned=pruned,
        checkpoints=len(notes),
        cosigned=sum(rows.is_cosigned(kept) for kept in notes.values()),
        timestamps=stamps,
        sealed=unseal is not None,
    )
    if unseal is not None:
        _write_sealed(place, range(first, head.size), unseal)
    _write_papers(place, trusted, manifest)
    place.sync()
    place.put(HEAD_FILE, notes.get(head.size, note).encode("utf-8"))
    place.sync()
    place.drop_partials(before, head.size)
    return Export(target, manifest, place.written)


def current_key(trusted: TrustedKeys) -> Verifier:
    """Return the key to hand to a stranger: the last that every verifier of C2SP notes knows."""
    known = [key.verifier for key in trusted.keys if key.verifier.kind == ED25519]
    return known[-1] if known else trusted.keys[-1].verifier


def _size_before(place: Target, trusted: TrustedKeys, head: Checkpoint) -> int:
    """Return the size of the export that is there already; 0 if there is none, or half of one."""
    note = place.head()
    if note is None:
        return 0
    try:
        earlier = trusted.open(note)
    except AuditError:
        raise ExportRefused(f"{place.directory} holds the export of another log") from None
    if earlier.size > head.size:
        raise ExportRefused(f"{place.directory} holds {earlier.size} entries, the log only {head.size}")
    return earlier.size


def _write_tree(tx: Connection, place: Target, size: int, before: int, first: int, progress: Progress) -> None:
    for tile in tiles_of(size):
        end = (tile.n + 1) * TILE_WIDTH ** (tile.level + 1)
        if tile.level == 0:
            bundle = bundle_path(tile.n, tile.width)
            # Of full bundles the name is enough: a file that was cut off never got it.
            if end > first and not (tile.full and place.has(bundle)):
                place.put(bundle, pack(rows.bodies(tx, tile)))
            progress(tile.n * TILE_WIDTH + tile.width, size)
        if not (end <= before and place.has(tile_path(tile))):
            place.keep(tile_path(tile), rows.hashes(tx, tile))


def _write_checkpoints(tx: Connection, place: Target, log_dir: Path, size: int) -> dict[int, str]:
    """Write every checkpoint that is kept, with what witnesses signed of it; return them by size."""
    notes: dict[int, str] = {}
    for at, note in rows.checkpoints(tx, log_dir):
        if at <= size:
            notes[at] = note
            path = f"{EVERY_DIRECTORY}/{at}"
            if not place.has(path) or rows.is_cosigned(note):
                place.put(path, note.encode("utf-8"))
    return notes


def _write_timestamps(tx: Connection, place: Target) -> int:
    count = 0
    for name, token in rows.timestamps(tx):
        place.keep(f"{TIMESTAMPS_DIRECTORY}/{name}", token)
        count += 1
    return count


def _write_sealed(place: Target, entries: range, unseal: Unseal) -> None:
    opened = ((index, dict(unseal(index))) for index in entries)
    lines = [
        json.dumps({"index": index, "values": values}, ensure_ascii=False, sort_keys=True) + "\n"
        for index, values in opened
        if values
    ]
    place.put(SEALED_FILE, "".join(lines).encode("utf-8"), mode=0o600)


def _write_papers(place: Target, trusted: TrustedKeys, manifest: Manifest) -> None:
    place.put(VKEY_FILE, (current_key(trusted).vkey() + "\n").encode("utf-8"))
    place.put(TRUSTED_FILE, trusted.format().encode("utf-8"))
    place.put(MANIFEST_FILE, manifest.text().encode("utf-8"))
    place.put(VERIFIER_FILE, source(), mode=0o755)
