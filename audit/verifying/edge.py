"""The right edge of a tree that grows by whole subtrees: enough to name its root at every size, in O(log n) memory."""

from __future__ import annotations

import hashlib

from audit.merkle import EMPTY_ROOT, HASH_BYTES


class Edge:
    """The perfect subtrees that make up a tree, from the largest to the smallest."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    def copy(self) -> Edge:
        """Return the same edge, which grows on its own from here."""
        other = Edge()
        other._peaks = list(self._peaks)
        return other

    def add(self, value: bytes, height: int = 0) -> None:
        """Add the root of a perfect subtree of 2**height leaves, where the size so far is a multiple of that."""
        while self._peaks and self._peaks[-1][0] == height:
            value = hashlib.sha256(b"\x01" + self._peaks.pop()[1] + value).digest()
            height += 1
        self._peaks.append((height, value))

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            root = hashlib.sha256(b"\x01" + peak + root).digest()
        return root


def split(data: bytes) -> list[bytes]:
    """Return the hashes that stand one after the other."""
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]
