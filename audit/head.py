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

from audit.checkpoint_files import EVERY_DIRECTORY, HEAD_FILE, kept_files
from audit.durable import create_file, replace_file


class Head:
    """The checkpoint files in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process from signing while the block runs."""
        (self._directory / EVERY_DIRECTORY).mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> str | None:
        """Return the last signed checkpoint, or None before the first."""
        try:
            return (self._directory / HEAD_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            # Without its first file the log must not forget what it has signed.
            kept = kept_files(self._directory)
            return kept[-1].read_text(encoding="utf-8") if kept else None

    def write(self, size: int, note: str) -> None:
        """Keep a checkpoint, and make it the last one; the caller holds the lock."""
        data = note.encode("utf-8")
        create_file(self._directory / EVERY_DIRECTORY / str(size), data, mode=0o444)
        replace_file(self._directory / HEAD_FILE, data, mode=0o644)
