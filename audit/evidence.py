"""The signed checkpoints that a log is held against: those in the database and those in files beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.checkpoint_files import kept_checkpoints
from audit.errors import MalformedCheckpoint, NotTrusted, SignatureInvalid
from audit.note import Verifier
from audit.tables import audit_checkpoint

_PAGE = 500
_MAX_FILE_BYTES = 100_000

Report = Callable[[str, int], None]
"""Takes the code of a problem and the size of the checkpoint it is about."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose signature holds, with the leaf hashes that were stored beside it (not signed)."""

    size: int
    root: bytes
    tail: bytes | None = None


def signed_files(directory: Path, verifier: Verifier, report: Report) -> list[Signed]:
    """Return the checkpoints in files, by rising size.

    Read before the database is: then the database must hold every entry that they cover.
    """
    found: dict[tuple[int, bytes], Signed] = {}
    for name, data in kept_checkpoints(directory):
        claimed = int(name) if name.isascii() and name.isdecimal() else 0
        try:
            note = data[:_MAX_FILE_BYTES].decode("utf-8")
        except UnicodeDecodeError:
            report("checkpoint.form", claimed)
            continue
        if (checkpoint := _opened(note, verifier, claimed, report)) is not None:
            found[checkpoint.size, checkpoint.root] = Signed(checkpoint.size, checkpoint.root)
    return [found[key] for key in sorted(found)]


def signed_rows(tx: Connection, verifier: Verifier, report: Report) -> Iterator[Signed]:
    """Yield the checkpoints in the database, by rising size."""
    table, last = audit_checkpoint.c, -1
    while True:
        page = select(table.size, table.note, table.tail).where(table.size > last).order_by(table.size)
        rows = tx.execute(page.limit(_PAGE)).all()
        for size, note, tail in rows:
            last = size
            checkpoint = _opened(note, verifier, size, report)
            if checkpoint is None:
                continue
            if checkpoint.size != size:
                report("checkpoint.form", size)
            yield Signed(checkpoint.size, checkpoint.root, bytes(tail))
        if len(rows) < _PAGE:
            return


def _opened(note: str, verifier: Verifier, size: int, report: Report) -> Checkpoint | None:
    try:
        return open_checkpoint(note, verifier)
    except MalformedCheckpoint:
        report("checkpoint.form", size)
    except SignatureInvalid:
        report("checkpoint.signature", size)
    except NotTrusted:
        report("checkpoint.untrusted", size)
    return None
