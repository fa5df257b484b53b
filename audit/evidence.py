"""The signed checkpoints that a log is held against: those in the database and those in files beside it."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, select

from audit.checkpoint import Checkpoint, Opens, open_checkpoint
from audit.checkpoint_files import HEAD_FILE, kept_files
from audit.errors import MalformedCheckpoint, NotTrusted, SignatureInvalid
from audit.foreign_files import read_regular
from audit.note import Verifier
from audit.tables import audit_checkpoint

_PAGE = 500
_MAX_FILE_BYTES = 100_000
_SIZE = re.compile("[1-9][0-9]{0,18}")

Keys: TypeAlias = Verifier | Opens
"""One key of the log, or those that decide for themselves (`audit.trusted.TrustedKeys`)."""
Report = Callable[[str, int], None]
"""Takes the code of a problem and the size of the checkpoint it is about."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose signature holds, with the leaf hashes that were stored beside it (not signed)."""

    size: int
    root: bytes
    tail: bytes | None = None
    note: str = ""
    """As it was signed; with the cosignatures that stand in it."""


def signed_files(directory: Path, trusted: Keys, report: Report) -> Iterator[Signed]:
    """Return the checkpoints in files, by rising size.

    Which files there are is looked up at once, before the database is read: then it must hold every entry that they
    cover. Their content is read one by one.
    """
    files = kept_files(directory)
    head = directory / HEAD_FILE
    last = None if (data := _read(head)) is None else _signed_file(data, None, trusted, report)
    singles = (_signed_file(_read(path) or b"", _size_of(path), trusted, report) for path in files)
    found = (signed for signed in singles if signed is not None)
    return heapq.merge(found, [] if last is None else [last], key=lambda signed: signed.size)


def signed_notes(notes: Iterable[str], trusted: Keys, report: Report) -> list[Signed]:
    """Return the checkpoints that whoever verifies holds, by rising size."""
    opened = ((note, _opened(note, None, trusted, report)) for note in notes)
    found = [Signed(head.size, head.root, note=note) for note, head in opened if head is not None]
    return sorted(found, key=lambda signed: signed.size)


def signed_rows(tx: Connection, trusted: Keys, report: Report) -> Iterator[Signed]:
    """Yield the checkpoints in the database, by rising size."""
    table, last = audit_checkpoint.c, -1
    while True:
        wanted = (table.size, as_bytes(tx, table.note), as_bytes(tx, table.tail))
        rows = tx.execute(select(*wanted).where(table.size > last).order_by(table.size).limit(_PAGE)).all()
        for size, data, tail in rows:
            last = size
            note = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
            if (checkpoint := _opened(note, size, trusted, report)) is not None:
                yield Signed(size, checkpoint.root, bytes(tail), note)
        if len(rows) < _PAGE:
            return


def as_bytes(tx: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column so that it can be read whatever was put into it: SQLite takes any value in any column."""
    return cast(column, LargeBinary) if tx.dialect.name == "sqlite" else column


def _read(path: Path) -> bytes | None:
    return read_regular(path, _MAX_FILE_BYTES + 1)


def _signed_file(data: bytes, size: int | None, trusted: Keys, report: Report) -> Signed | None:
    # What is no text of a note fails as such: the replacement stands in no signed text.
    note = data.decode("utf-8", "replace")
    checkpoint = _opened(note, size, trusted, report)
    return None if checkpoint is None else Signed(checkpoint.size, checkpoint.root, note=note)


def _size_of(path: Path) -> int:
    """Return the size that a file is named after; 0, which no entry of a log gives, for any other name."""
    return int(path.name) if _SIZE.fullmatch(path.name) else 0


def _opened(note: str, size: int | None, trusted: Keys, report: Report) -> Checkpoint | None:
    """Return a checkpoint that the verifier's key signed, at the size under which it was kept."""
    try:
        checkpoint = open_checkpoint(note, trusted)
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
