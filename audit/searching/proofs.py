"""Whether an entry that is shown is proven: found in the tree under a checkpoint that the log's key signed.

What a page shows is recomputed here from the bytes it shows. Verifying the whole log remains another matter: that
nothing is missing between the entries, no page can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from sqlalchemy import Connection

from audit.errors import LogInconsistent
from audit.merkle import verify_inclusion
from audit.searching.query import Entry
from audit.text import Text
from audit.tree import Tree
from audit.tree_head import Checkpoint

Proof = Literal["proven", "unsigned", "broken"]

PROOFS: Mapping[Proof, Text] = MappingProxyType(
    {
        "proven": Text("서명된 체크포인트로 증명됨", "proven under a signed checkpoint"),
        "unsigned": Text("아직 서명 전", "not signed yet"),
        "broken": Text("증명되지 않음: 변조 여부를 검증하십시오", "not proven: verify the log"),
    }
)


def proofs(tx: Connection, entries: Iterable[Entry], head: Checkpoint | None) -> dict[int, Proof]:
    """Return for each entry, by its index, what holds of it under the last signed checkpoint."""
    tree = Tree(tx)
    return {one.index: _proof(tree, one, head) for one in entries}


def _proof(tree: Tree, entry: Entry, head: Checkpoint | None) -> Proof:
    if not entry.intact:
        return "broken"
    if head is None or entry.index >= head.size:
        return "unsigned"
    try:
        path = tree.inclusion(entry.index, head.size)
    except LogInconsistent:
        return "broken"
    holds = verify_inclusion(entry.index, head.size, entry.leaf_hash, path, head.root)
    return "proven" if holds else "broken"
