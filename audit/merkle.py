"""The Merkle tree of RFC 6962 section 2.1, as pure functions.

Functions that need the tree take a `Nodes` callable: `nodes(height, index)` returns the hash over the
2**height leaves that start at leaf index * 2**height. A list of leaves, a database or a directory of tiles
can each be one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from typing import TypeAlias

HASH_BYTES = 32
_PAIR = Struct(f"{2 * HASH_BYTES}s")
EMPTY_ROOT = hashlib.sha256(b"").digest()

Nodes: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one entry; the prefix keeps leaves and inner nodes apart."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a perfect subtree from its 2**k lowest hashes."""
    return fold_joined(b"".join(hashes))


def fold_joined(hashes: bytes) -> bytes:
    """Return the root of a perfect subtree from its 2**k lowest hashes, given one after the other."""
    while len(hashes) > HASH_BYTES:
        hashes = above(hashes)
    return hashes


def above(hashes: bytes) -> bytes:
    """Return the nodes above an even number of nodes of one height, both given one after the other."""
    begun = hashlib.sha256(b"\x01").copy  # cheaper than to begin each anew
    nodes: list[bytes] = []
    for (pair,) in _PAIR.iter_unpack(hashes):
        node = begun()
        node.update(pair)
        nodes.append(node.digest())
    return b"".join(nodes)


def peaks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (height, index) of the fewest perfect subtrees that cover [start, end), from left to right."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height


def subtree_root(start: int, end: int, nodes: Nodes) -> bytes:
    """Return MTH(D[start:end]) for a range that occurs in RFC 6962's recursion, or for an empty one."""
    hashes = [nodes(height, index) for height, index in peaks(start, end)]
    if not hashes:
        return EMPTY_ROOT
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def split(size: int) -> int:
    """Return the largest power of two smaller than `size` (size > 1)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_path(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return PATH(index, D[0:size]) of RFC 6962 section 2.1.1, from the leaf's sibling upwards."""
    if not 0 <= index < size:
        raise IndexError(f"leaf {index} is not in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(subtree_root(middle, end, nodes))
            end = middle
        else:
            path.append(subtree_root(start, middle, nodes))
            start = middle
    path.reverse()
    return path


def consistency_path(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Return PROOF(old, D[0:new]) of RFC 6962 section 2.1.2."""
    if not 0 <= old <= new:
        raise IndexError(f"a tree of {new} has no earlier state of {old}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + split(end - start)
        if old <= middle:
            path.append(subtree_root(middle, end, nodes))
            end = middle
        else:
            path.append(subtree_root(start, middle, nodes))
            start, whole = middle, False
    if not whole:
        # The verifier knows the old root, so it needs this hash only when it is not that root itself.
        path.append(subtree_root(start, end, nodes))
    path.reverse()
    return path


def root_from_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a path leads to, or None if its length does not fit index and size."""
    if not 0 <= index < size:
        return None
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(path) != inner + border:
        return None
    root = leaf
    for level, sibling in enumerate(path[:inner]):
        root = node_hash(sibling, root) if index >> level & 1 else node_hash(root, sibling)
    for sibling in path[inner:]:
        root = node_hash(sibling, root)
    return root


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether `path` proves that `leaf` is entry `index` of the tree of `size` with `root`."""
    return len(leaf) == HASH_BYTES and root_from_inclusion(index, size, leaf, path) == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether `path` proves that the new tree extends the old one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root and (old > 0 or new_root == EMPTY_ROOT)
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    hashes = list(path)
    if old & (old - 1) == 0:
        # The old tree is one perfect subtree, so its root is the first node on the way.
        hashes.insert(0, old_root)
    if not hashes:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    from_old = from_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            from_old, from_new = node_hash(sibling, from_old), node_hash(sibling, from_new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            from_new = node_hash(from_new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and from_old == old_root and from_new == new_root


class Frontier:
    """The right edge of a growing tree: enough to append leaves and to name the root, in O(log n) memory."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def copy(self) -> Frontier:
        """Return the same edge, which grows on its own from here."""
        other = Frontier()
        other.size, other._peaks = self.size, list(self._peaks)
        return other

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next entry."""
        node = leaf
        carry = self.size
        while carry & 1:
            node = node_hash(self._peaks.pop(), node)
            carry >>= 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root
