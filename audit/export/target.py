"""The directory of an export: every file in it appears as a whole or not at all, and full tiles never change."""

from __future__ import annotations

import os
from pathlib import Path

from audit.durable import sync_directory
from audit.errors import ExportRefused
from audit.export.layout import HEAD_FILE, PARTIAL_SUFFIX, TILE_DIRECTORY, Tile, bundle_path, tile_path, tiles_of


class Target:
    """Writes the files of one export."""

    def __init__(self, directory: Path) -> None:
        """Take a directory that is new, empty, or holds an export.

        Raises: ExportRefused — if it holds something else.
        """
        self.directory = directory
        self._made: set[Path] = set()
        self.written = 0
        if not directory.exists():
            directory.mkdir(parents=True)
        elif not directory.is_dir():
            raise ExportRefused(f"{directory} is no directory")
        elif any(directory.iterdir()) and not any((directory / name).exists() for name in (HEAD_FILE, TILE_DIRECTORY)):
            raise ExportRefused(f"{directory} holds other files")

    def head(self) -> str | None:
        """Return the checkpoint of the export that is there, or None if there is none, or half of one."""
        path = self.directory / HEAD_FILE
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None

    def has(self, path: str) -> bool:
        """Return whether a file is there."""
        return (self.directory / path).exists()

    def put(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Write a file in place of what may stand there."""
        file = self.directory / path
        if file.parent not in self._made:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(file.parent)
        fresh = file.with_name(f".{file.name}.new")
        fresh.unlink(missing_ok=True)  # left by an export that was killed
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
        self.written += 1

    def keep(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Write a file that can never change.

        Raises: ExportRefused — if another content stands there.
        """
        if not self.has(path):
            self.put(path, data, mode=mode)
        elif (self.directory / path).read_bytes() != data:
            raise ExportRefused(f"{path} is not of this log, or was changed")

    def sync(self) -> None:
        """Make the names of all files written so far durable."""
        for directory in {parent for made in self._made for parent in (made, *made.parents)}:
            if directory == self.directory or self.directory in directory.parents:
                sync_directory(directory)

    def drop_partials(self, before: int, now: int) -> None:
        """Remove the partial tiles of an earlier size: what they held stands in the full or the wider ones."""
        kept = {tile for tile in tiles_of(now) if not tile.full}
        for tile in tiles_of(before):
            if not tile.full and tile not in kept:
                for path in _files_of(tile):
                    (self.directory / path).unlink(missing_ok=True)
                    directory = (self.directory / path).parent
                    if directory.name.endswith(PARTIAL_SUFFIX) and directory.is_dir() and not any(directory.iterdir()):
                        directory.rmdir()


def _files_of(tile: Tile) -> list[str]:
    return [tile_path(tile)] + ([bundle_path(tile.n, tile.width)] if tile.level == 0 else [])
