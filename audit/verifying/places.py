"""Where a log is verified: a database, of either kind, or the directory of an export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from audit.export.layout import LENGTH_BYTES, MAX_ENTRY_BYTES, TILE_WIDTH, Tile, bundle_path, tile_path
from audit.foreign_files import read_regular
from audit.verifying.chunk import Chunk, Row, all_at_once, one_by_one
from audit.verifying.quick import Reader
from audit.verifying.rows import PostgresRows, SqliteRows

MAX_FILE_BYTES = TILE_WIDTH * (LENGTH_BYTES + MAX_ENTRY_BYTES) + 1


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """A database: the path of an SQLite file, or what PostgreSQL needs to be reached."""

    sqlite: bool
    address: str = field(repr=False)  # may hold a password
    erased: Mapping[str, int]
    minimum: int

    def open(self) -> SqliteRows | PostgresRows:
        """Open it for reading."""
        kind = SqliteRows if self.sqlite else PostgresRows
        return kind(self.address, erased=self.erased, minimum=self.minimum)


@dataclass(frozen=True, slots=True)
class ExportPlace:
    """The directory of an export of `size` entries; the bodies below `minimum` need not be in it."""

    directory: Path
    size: int
    minimum: int

    def open(self) -> ExportedEntries:
        """Open it for reading."""
        return ExportedEntries(self)


class ExportedEntries:
    """The entries in the bundles of an export."""

    def __init__(self, place: ExportPlace) -> None:
        self._place = place
        self._reader = Reader()

    def chunk(self, start: int, end: int) -> Chunk:
        """Return the entries of a range, checked."""
        bundles = [(first, *self._bundle(first)) for first in range(start, end, TILE_WIDTH)]
        bodies = [body for _, found, _ in bundles for body in found]
        torn = [first + n for first, _, n in bundles if n is not None]
        whole = len(bodies) == end - start and not torn
        chunk = all_at_once(start, bodies, self._reader) if whole else None
        if chunk is None:
            rows: Iterator[Row] = (row for first, found, _ in bundles for row in _rows(first, found))
            chunk = one_by_one(start, end, rows, None, minimum=self._place.minimum)
        for index in torn:
            chunk.suspect("bundle.form", index)
        # In a database a missing row was removed; in a copy it may not have arrived.
        chunk.suspects = [
            ("file.missing" if c == "entry.missing" else c, first, last) for c, first, last in chunk.suspects
        ]
        chunk.suspects.sort(key=lambda found: found[1])
        return chunk

    def close(self) -> None:
        """Let go of nothing: every file is closed as soon as it is read."""

    def _bundle(self, first: int) -> tuple[list[bytes], int | None]:
        """Return the bodies in a bundle, none that should not be there, and after how many of them it is torn."""
        width = min(TILE_WIDTH, self._place.size - first)
        data = read_file(self._place.directory / bundle_path(first // TILE_WIDTH, width))
        if data is None:
            return [], None
        bodies, whole = _unpack(data)
        torn = None if whole and len(bodies) == width else min(len(bodies), width - 1)
        return bodies[:width], torn


class ExportedTiles:
    """The tiles in the directory of an export."""

    partial = True
    lost = "file.missing"
    torn = "tile.form"

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def hashes(self, tile: Tile) -> bytes | None:
        """Return the hashes of a tile, or None if it is not there."""
        return read_file(self._directory / tile_path(tile))

    def root(self, tile: Tile) -> bytes | None:
        """Return None: an export keeps the root of a tile in the tile above it."""


def read_file(path: Path) -> bytes | None:
    """Return what a regular file of an export holds, no more than the longest may; None if there is none."""
    return read_regular(path, MAX_FILE_BYTES)


def _rows(first: int, bodies: list[bytes]) -> Iterator[Row]:
    return ((index, None, body) for index, body in enumerate(bodies, first))


def _unpack(bundle: bytes) -> tuple[list[bytes], bool]:
    """Return the entries in a bundle as far as it can be read, and whether that was to its end."""
    entries: list[bytes] = []
    position, size = 0, len(bundle)
    while position + LENGTH_BYTES <= size and len(entries) <= TILE_WIDTH:
        start = position + LENGTH_BYTES
        end = start + (bundle[position] << 8 | bundle[position + 1])
        if end > size:
            break
        entries.append(bundle[start:end])
        position = end
    return entries, position == size
