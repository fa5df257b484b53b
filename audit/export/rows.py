"""What an export takes from the database and from the files of checkpoints, tile by tile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, func, select

from audit.checkpoint import Checkpoint
from audit.checkpoint_files import HEAD_FILE, kept_files
from audit.errors import AuditError, ExportRefused, LogInconsistent
from audit.export.layout import TILE_WIDTH, Tile
from audit.merkle import HASH_BYTES
from audit.note import parse_note
from audit.tables import (
    audit_checkpoint,
    audit_cosignature,
    audit_entry,
    audit_pruning,
    audit_tile,
    audit_timestamp,
)
from audit.trusted import TrustedKeys

_MAX_NOTE_BYTES = 400_000


def signed_head(tx: Connection, log_dir: Path, trusted: TrustedKeys) -> tuple[str, Checkpoint]:
    """Return the last signed checkpoint of the log, as a note and as what it says.

    Raises: ExportRefused — if there is none that a trusted key signed.
    """
    table = audit_checkpoint.c
    notes = [tx.scalar(select(table.note).order_by(table.size.desc()).limit(1))]
    head = log_dir / HEAD_FILE
    notes.append(_note(head) if head.exists() else None)
    opened: list[tuple[str, Checkpoint]] = []
    for note in notes:
        if note is not None:
            try:
                opened.append((note, trusted.open(note)))
            except AuditError as error:
                raise ExportRefused(f"the last checkpoint is not of this log: {error}") from error
    if not opened:
        raise ExportRefused("no checkpoint was signed yet")
    return max(opened, key=lambda found: found[1].size)


def checkpoints(tx: Connection, log_dir: Path) -> Iterator[tuple[int, str]]:
    """Yield every checkpoint that is kept, in files or in the database, by size."""
    table = audit_checkpoint.c
    sizes = set(tx.scalars(select(table.size)))
    files = {int(path.name): path for path in kept_files(log_dir) if path.name.isascii() and path.name.isdecimal()}
    for size in sorted(sizes | files.keys()):
        if size in sizes:
            note = tx.execute(select(table.note).where(table.size == size)).scalar_one()
            lines = select(audit_cosignature.c.line).where(audit_cosignature.c.size == size)
            yield size, note + "".join(tx.scalars(lines.order_by(audit_cosignature.c.key_id)))
        else:
            yield size, _note(files[size])


def is_cosigned(note: str) -> bool:
    """Return whether others than the log signed a checkpoint as well."""
    try:
        parsed = parse_note(note)
    except AuditError:
        return False
    origin = parsed.text.partition("\n")[0]
    return any(signature.name != origin for signature in parsed.signatures)


def timestamps(tx: Connection) -> Iterator[tuple[str, bytes]]:
    """Yield the RFC 3161 time stamps of checkpoints, each with the name of its file."""
    table = audit_timestamp.c
    for size, token in tx.execute(select(table.size, table.token).order_by(table.size, table.tsa)):
        yield f"{size}/{hashlib.sha256(token).hexdigest()[:16]}.tsr", bytes(token)


def pruned_before(tx: Connection) -> int:
    """Return the first entry that was not pruned."""
    return tx.scalar(select(func.max(audit_pruning.c.minimum))) or 0


def bodies(tx: Connection, tile: Tile) -> list[bytes]:
    """Return the bodies of the entries under a tile of level 0.

    Raises: LogInconsistent — if one is missing.
    """
    return _column(tx, tile, "body")


def hashes(tx: Connection, tile: Tile) -> bytes:
    """Return the hashes of a tile, one after the other.

    Raises: LogInconsistent — if one is missing.
    """
    table = audit_tile.c
    if tile.full:
        found = tx.scalar(select(table.hashes).where(table.level == tile.level, table.n == tile.n))
        parts = [] if found is None else [bytes(found)]
    elif tile.level == 0:
        parts = _column(tx, tile, "leaf_hash")
    else:
        start, below = tile.n * TILE_WIDTH, table.level == tile.level - 1
        roots = select(table.root).where(below, table.n >= start, table.n < start + tile.width).order_by(table.n)
        parts = [bytes(root) for root in tx.scalars(roots)]
    data = b"".join(parts)
    if len(data) != tile.width * HASH_BYTES:
        raise LogInconsistent(f"tile {tile.n} of level {tile.level} is not there as a whole")
    return data


def _column(tx: Connection, tile: Tile, name: str) -> list[bytes]:
    table, start = audit_entry.c, tile.n * TILE_WIDTH
    wanted = select(table[name]).where(table.idx >= start, table.idx < start + tile.width).order_by(table.idx)
    found = [bytes(value) for value in tx.scalars(wanted)]
    if len(found) != tile.width:
        raise LogInconsistent(f"entries are missing between {start} and {start + tile.width - 1}")
    return found


def _note(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MAX_NOTE_BYTES).decode("utf-8", "replace")
