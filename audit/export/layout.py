"""The layout of C2SP tlog-tiles (c2sp.org/tlog-tiles): what the files of an export are called and hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from audit.checkpoint_files import EVERY_DIRECTORY, HEAD_FILE
from audit.errors import MalformedExport

__all__ = ["EVERY_DIRECTORY", "HEAD_FILE"]

TILE_WIDTH = 256
MAX_ENTRY_BYTES = 0xFFFF
LENGTH_BYTES = 2  # a big-endian uint16 before each entry

TILE_DIRECTORY = "tile"
ENTRIES = "entries"
VKEY_FILE = "log.vkey"
TRUSTED_FILE = "trusted-keys"
MANIFEST_FILE = "manifest.json"
VERIFIER_FILE = "verify.py"
SEALED_FILE = "sealed.jsonl"
TIMESTAMPS_DIRECTORY = "timestamps"
PARTIAL_SUFFIX = ".p"

_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Tile(NamedTuple):
    """One tile: its level, its number within the level, and how many hashes it holds."""

    level: int
    n: int
    width: int = TILE_WIDTH

    @property
    def full(self) -> bool:
        """Return whether nothing can be added to it."""
        return self.width == TILE_WIDTH


def tile_path(tile: Tile) -> str:
    """Return the path of a tile of hashes below the directory of an export."""
    return f"{TILE_DIRECTORY}/{tile.level}/{_number(tile.n)}{_partial(tile.width)}"


def bundle_path(n: int, width: int = TILE_WIDTH) -> str:
    """Return the path of the bundle that holds the entries under tile `n` of level 0."""
    return f"{TILE_DIRECTORY}/{ENTRIES}/{_number(n)}{_partial(width)}"


def parse_path(path: str) -> tuple[bool, Tile]:
    """Return whether a path is that of a bundle of entries, and the tile it names.

    Raises: MalformedExport — for any other path, and for a second spelling of the same one.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise MalformedExport(f"not the path of a tile: {path[:80]!r}")
    level, digits, width = found.groups()
    number = int(digits.replace("/", "").replace("x", ""))
    tile = Tile(0 if level == ENTRIES else int(level), number, int(width) if width else TILE_WIDTH)
    spelled = bundle_path(tile.n, tile.width) if level == ENTRIES else tile_path(tile)
    if spelled != path or tile.width > TILE_WIDTH or (width and tile.full):
        raise MalformedExport(f"not the path of a tile: {path[:80]!r}")
    return level == ENTRIES, tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree, the lowest level first, from left to right; the last of a level may be partial."""
    level = 0
    while size:
        full, width = divmod(size, TILE_WIDTH)
        yield from (Tile(level, n) for n in range(full))
        if width:
            yield Tile(level, full, width)
        size, level = full, level + 1


def pack(bodies: Sequence[bytes]) -> bytes:
    """Return a bundle of entries.

    Raises: MalformedExport — if an entry is longer than a bundle can hold.
    """
    parts: list[bytes] = []
    for body in bodies:
        if len(body) > MAX_ENTRY_BYTES:
            raise MalformedExport(f"an entry of {len(body)} bytes does not fit into a bundle")
        parts += (len(body).to_bytes(LENGTH_BYTES, "big"), body)
    return b"".join(parts)


def unpack(bundle: bytes) -> list[bytes]:
    """Return the entries in a bundle.

    Raises: MalformedExport — for any bytes that are not a sequence of 1 to 256 whole entries.
    """
    entries: list[bytes] = []
    position = 0
    while position < len(bundle):
        start = position + LENGTH_BYTES
        position = start + int.from_bytes(bundle[position:start], "big")
        entries.append(bundle[start:position])
    if position != len(bundle) or not 0 < len(entries) <= TILE_WIDTH:
        raise MalformedExport("a bundle does not hold 1 to 256 whole entries")
    return entries


def children(directory: Path) -> list[Path]:
    """Return what lies in a directory, hidden names left out, in the order of names."""
    return sorted(path for path in directory.iterdir() if not path.name.startswith(".")) if directory.is_dir() else []


def _number(n: int) -> str:
    digits = str(n)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f"{PARTIAL_SUFFIX}/{width}"
