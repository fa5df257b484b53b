"""The head of the log on disk: the last checkpoint and every earlier one, apart from the database.

A database that was rolled back or cut off contradicts these files, so nothing is ever signed against them.
One process at a time signs (`flock`), which is the compare-and-swap that a log of several writers needs.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from audit.checkpoint_files import EVERY_DIRECTORY, HEAD_FILE, kept_files
from audit.durable import create_file, replace_file
from audit.errors import LogInconsistent
from audit.text import Text

_LAST_ROWS = "SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 2"


class HeadLost(LogInconsistent):
    """The database knows checkpoints, and no file of any is left."""

    summary = Text(
        "데이터베이스 밖에 보관하던 체크포인트 파일이 모두 없어졌습니다.",
        "Every file of a checkpoint, kept outside the database, is gone.",
    )
    hint = Text(
        "백업에서 log 폴더를 되돌려 놓으십시오. 백업이 없으면 증인이나 따로 보관한 체크포인트와 대조한 뒤"
        " `ansim audit accept-head --reason …`으로 계속할 수 있으며, 그 사실이 기록됩니다.",
        "Bring the folder `log` back from a backup. Without one, hold the log against a witness or a checkpoint kept"
        " elsewhere, then go on with `ansim audit accept-head --reason …`, which is recorded.",
    )


def last_rows(tx: Connection) -> list[tuple[int, str]]:
    """Return size and note of the last two checkpoints that the database knows, the last first."""
    return [(size, note) for size, note in tx.exec_driver_sql(_LAST_ROWS)]


class Head:
    """The checkpoint files in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process from signing while the block runs."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> str | None:
        """Return the last signed checkpoint, or None before the first."""
        try:
            # What is no text of a note fails as such, wherever it is opened.
            return (self._directory / HEAD_FILE).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            # Without its first file the log must not forget what it has signed.
            kept = kept_files(self._directory)
            return kept[-1].read_text(encoding="utf-8", errors="replace") if kept else None

    def refuse_lost(self, tx: Connection) -> None:
        """Accept that no file is there: before the first checkpoint, and if the writing of the first broke off.

        Raises: HeadLost — if the database knows checkpoints.
        """
        rows = last_rows(tx)
        if len(rows) > 1 or (rows and not (self._directory / EVERY_DIRECTORY).is_dir()):
            raise HeadLost(f"the database has signed {rows[0][0]} entries, and {self._directory} holds no checkpoint")

    def prepare(self) -> None:
        """Make room for the file of a checkpoint, before the database knows of it."""
        (self._directory / EVERY_DIRECTORY).mkdir(mode=0o700, exist_ok=True)

    def write(self, size: int, note: str) -> None:
        """Keep a checkpoint, and make it the last one; the caller holds the lock."""
        data = note.encode("utf-8")
        create_file(self._directory / EVERY_DIRECTORY / str(size), data, mode=0o444)
        replace_file(self._directory / HEAD_FILE, data, mode=0o644)
