"""The signed checkpoints that a log is held against: those in the database and those in files beside it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.checkpoint_files import HEAD_FILE, kept_files
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


def signed_files(directory: Path, verifier: Verifier, report: Report) -> Iterator[Signed]:
    """Return the checkpoints in files, by rising size.

    Which files there are is looked up at once, before the database is read: then it must hold every entry that they
    cover. Their content is read one by one.
    """
    files = kept_files(directory)
    head = directory / HEAD_FILE
    last = _signed_file(head, None, verifier, report) if head.exists() else None
    singles = (_signed_file(path, _size_of(path), verifier, report) for path in files)
    found = (signed for signed in singles if signed is not None)
    return heapq.merge(found, [] if last is None else [last], key=lambda signed: signed.size)


def signed_rows(tx: Connection, verifier: Verifier, report: Report) -> Iterator[Signed]:
    """Yield the checkpoints in the database, by rising size."""
    table, last = audit_checkpoint.c, -1
    while True:
        page = select(table.size, table.note, table.tail).where(table.size > last).order_by(table.size)
        rows = tx.execute(page.limit(_PAGE)).all()
        for size, note, tail in rows:
            last = size
            if (checkpoint := _opened(note, size, verifier, report)) is not None:
                yield Signed(size, checkpoint.root, bytes(tail))
        if len(rows) < _PAGE:
            return


def _signed_file(path: Path, size: int | None, verifier: Verifier, report: Report) -> Signed | None:
    with path.open("rb") as file:
        data = file.read(_MAX_FILE_BYTES + 1)
    # What is no text of a note fails as such: the replacement stands in no signed text.
    checkpoint = _opened(data.decode("utf-8", "replace"), size, verifier, report)
    return None if checkpoint is None else Signed(checkpoint.size, checkpoint.root)


def _size_of(path: Path) -> int:
    return int(path.name) if path.name.isascii() and path.name.isdecimal() else 0


def _opened(note: str, size: int | None, verifier: Verifier, report: Report) -> Checkpoint | None:
    """Return a checkpoint that the verifier's key signed, at the size under which it was kept."""
    try:
        checkpoint = open_checkpoint(note, verifier)
    except MalformedCheckpoint:
        report("checkpoint.form", size or 0)
    except SignatureInvalid:
        report("checkpoint.signature", size or 0)
    except NotTrusted:
        report("checkpoint.untrusted", size or 0)
    else:
        if size in (None, checkpoint.size):
            return checkpoint
        report("checkpoint.form", size or 0)
    return None
