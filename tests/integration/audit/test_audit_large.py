"""A log of two levels of full tiles: proofs, verification and memory at a size where shortcuts would show."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.merkle import verify_consistency
from audit.proof import verify_receipt
from audit.tree import Tree
from tests.integration.audit.audit_world import World, an_event
from tests.patience import PATIENCE

SIZE = 66_000
VERIFY = """
import resource, sys
from pathlib import Path
from audit.db import Database
from tests.integration.audit.audit_world import open_world
world = open_world(Database.open(sys.argv[1]), Path(sys.argv[2]), sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert world.verify().ok
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.long
def test_a_log_of_two_levels_is_proven_and_verified_in_little_memory(usual_world: World) -> None:
    world = usual_world
    for start in range(0, SIZE, 3000):
        world.log.record_all([(an_event(detail={"n": n}), "portal") for n in range(start, start + 3000)])
    world.log.settle(PATIENCE)
    world.log.checkpoint()
    with world.db.read() as tx:
        tree = Tree(tx)
        assert tx.scalar(text("SELECT count(*) FROM audit_tile WHERE level = 1")) == 1
        for old in (255, 65_535, 65_536, 65_537):
            path = tree.consistency(old, SIZE)
            assert verify_consistency(old, SIZE, tree.root(old), tree.root(SIZE), path)
    for index in (0, 65_535, 65_536, SIZE - 1):
        assert verify_receipt(world.log.receipt(index), world.verifier).index == index
    command = [sys.executable, "-c", VERIFY, world.url, str(world.home)]
    root = Path(__file__).parents[3]
    grown = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert int(grown.stdout) * resource.getpagesize() // resource.getpagesize() < 60_000  # kilobytes
    world.tamper("UPDATE audit_tile SET root = :r WHERE level = 1", r=b"\0" * 32)
    first = world.verify().first_bad
    assert first is not None
    assert (first.code, first.index, first.last) == ("tile.root", 0, 65_535)
