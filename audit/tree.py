"""The tree of the log as the database holds it, in the shape that `audit.merkle` computes on."""

from __future__ import annotations

import functools
from collections.abc import Callable

from sqlalchemy import Connection

from audit.errors import LogInconsistent
from audit.merkle import HASH_BYTES, Nodes, consistency_path, fold_joined, inclusion_path, subtree_root
from audit.store import TILE_HEIGHT, TILE_WIDTH, full_tile, log_size, run, tiles

# Proofs of a large log share the upper parts of its tree. What is remembered goes by the hashes themselves, never by
# their place, so that no change of the database can be overlooked. About one and a half megabytes.
_REMEMBERED = 2048
_WORTH_REMEMBERING = 8
_remembered = functools.lru_cache(_REMEMBERED)(fold_joined)


class Tree:
    """One unchanging state of the tree, read through one transaction; tiles it has met are kept."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._tiles: dict[tuple[int, int], bytes] = {}

    def size(self) -> int:
        """Return the number of leaves."""
        return log_size(self._tx)

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves."""
        self._read(size, lambda node: subtree_root(0, size, node))
        return subtree_root(0, size, self.node)

    def tail(self, size: int) -> bytes:
        """Return the leaf hashes of the partial tile of a tree of `size`, one after the other."""
        width = size % TILE_WIDTH
        return self._tile(0, size // TILE_WIDTH)[: width * HASH_BYTES] if width else b""

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the path that proves entry `index` in the tree of `size`."""
        self._read(size, lambda node: inclusion_path(index, size, node))
        return inclusion_path(index, size, self.node)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the path that proves that the tree of `new` extends the tree of `old`."""
        self._read(new, lambda node: consistency_path(old, new, node))
        return consistency_path(old, new, self.node)

    def node(self, height: int, index: int) -> bytes:
        """Return the hash over the 2**height leaves from leaf index * 2**height.

        Raises: LogInconsistent — if the rows it is computed from are not there.
        """
        level, n, offset, count = _place(height, index)
        tile = self._tile(level, n)
        hashes = tile[offset * HASH_BYTES : (offset + count) * HASH_BYTES]
        if len(hashes) != HASH_BYTES * count:
            missing = n * TILE_WIDTH + offset + len(hashes) // HASH_BYTES
            raise LogInconsistent(f"the log lacks hashes of level {level} from {missing}")
        # Of the leaves of closed tiles there are too many, and no two proofs are likely to share them.
        shared = count >= _WORTH_REMEMBERING and (level or len(tile) < TILE_WIDTH * HASH_BYTES)
        return _remembered(hashes) if shared else fold_joined(hashes)

    def _read(self, size: int, walk: Callable[[Nodes], object]) -> None:
        """Read at once every tile that a walk over the tree of `size` will ask for."""
        wanted: set[tuple[int, int]] = set()

        def note(height: int, index: int) -> bytes:
            wanted.add(_place(height, index)[:2])
            return b""

        walk(note)
        self._tiles |= tiles(self._tx, sorted(wanted - self._tiles.keys()), size)

    def _tile(self, level: int, n: int) -> bytes:
        key = (level, n)
        if key not in self._tiles:
            self._tiles[key] = full_tile(self._tx, level, n) or run(self._tx, level, n)
        return self._tiles[key]


def _place(height: int, index: int) -> tuple[int, int, int, int]:
    """Return level and number of the tile that a node is computed from, the first of its hashes, and how many."""
    level, within = divmod(height, TILE_HEIGHT)
    n, offset = divmod(index << within, TILE_WIDTH)
    return level, n, offset, 1 << within
