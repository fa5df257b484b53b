"""A log whose whole tree is at hand, so that tests can fork it, roll it back and sign anything."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from audit.merkle import consistency_path, fold, leaf_hash, subtree_root
from audit.schemes import ED25519
from audit.signing import Signer, sign_by_all
from audit.signing_keys import Ed25519Key
from audit.tree_head import Checkpoint
from audit.witness.protocol import AddCheckpoint

ORIGIN = "zone.example/audit"


@dataclass
class Branch:
    """One history of a log."""

    leaves: list[bytes] = field(default_factory=list)
    signer: Signer = field(default_factory=lambda: Signer(ORIGIN, ED25519, Ed25519Key(os.urandom(32))))

    def grow(self, count: int, salt: bytes = b"") -> None:
        start = len(self.leaves)
        self.leaves.extend(leaf_hash(salt + n.to_bytes(8, "big")) for n in range(start, start + count))

    def fork(self, at: int) -> Branch:
        """Return another history with the first `at` entries of this one, under the same key."""
        return Branch(self.leaves[:at], self.signer)

    def head(self, size: int) -> Checkpoint:
        return Checkpoint(self.signer.name, size, subtree_root(0, size, self.node))

    def note(self, size: int) -> str:
        return sign_by_all(self.head(size).text(), (self.signer,), 1)

    def request(self, old: int, size: int) -> AddCheckpoint:
        path = consistency_path(old, size, self.node) if 0 < old <= size else []
        return AddCheckpoint(old, tuple(path), self.note(size))

    def node(self, height: int, index: int) -> bytes:
        return fold(self.leaves[index << height : (index + 1) << height])
