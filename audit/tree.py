"""The tree of the log as the database holds it, in the shape that `audit.merkle` computes on."""

from __future__ import annotations

from sqlalchemy import Connection

from audit.errors import LogInconsistent
from audit.merkle import HASH_BYTES, consistency_path, fold_joined, inclusion_path, subtree_root
from audit.store import TILE_HEIGHT, TILE_WIDTH, full_tile, log_size, run


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
        return subtree_root(0, size, self.node)

    def tail(self, size: int) -> bytes:
        """Return the leaf hashes of the partial tile of a tree of `size`, one after the other."""
        width = size % TILE_WIDTH
        return self._tile(0, size // TILE_WIDTH)[: width * HASH_BYTES] if width else b""

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the path that proves entry `index` in the tree of `size`."""
        return inclusion_path(index, size, self.node)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the path that proves that the tree of `new` extends the tree of `old`."""
        return consistency_path(old, new, self.node)

    def node(self, height: int, index: int) -> bytes:
        """Return the hash over the 2**height leaves from leaf index * 2**height.

        Raises: LogInconsistent — if the rows it is computed from are not there.
        """
        level, within = divmod(height, TILE_HEIGHT)
        start = index << within
        offset = start % TILE_WIDTH
        tile = self._tile(level, start // TILE_WIDTH)
        hashes = tile[offset * HASH_BYTES : (offset + (1 << within)) * HASH_BYTES]
        if len(hashes) != HASH_BYTES << within:
            raise LogInconsistent(f"the log lacks hashes of level {level} from {start + len(hashes) // HASH_BYTES}")
        return fold_joined(hashes)

    def _tile(self, level: int, n: int) -> bytes:
        key = (level, n)
        if key not in self._tiles:
            self._tiles[key] = full_tile(self._tx, level, n) or run(self._tx, level, n)
        return self._tiles[key]
