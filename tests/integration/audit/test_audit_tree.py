"""What a proof asks of the database: one question, and what is remembered never stands for what the rows say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from audit.store import body_bytes
from audit.tree import Tree
from tests.integration.audit.audit_world import World

SIZE = 1100  # four full tiles and a partial one


@pytest.fixture
def world(usual_world: World) -> World:
    usual_world.fill(SIZE)
    usual_world.log.checkpoint()
    return usual_world


@contextmanager
def asked(tx: Connection) -> Iterator[list[str]]:
    """What the driver is asked while the block runs."""
    statements: list[str] = []
    driver = tx.connection.driver_connection
    assert driver is not None
    driver.set_trace_callback(statements.append)
    try:
        yield statements
    finally:
        driver.set_trace_callback(None)


@pytest.mark.sqlite("counts what the driver of SQLite is asked")
@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_a_proof_asks_one_question_and_reads_no_tile_twice(world: World, kind: str) -> None:
    for index in (1, 255, 256, 700, 1023, 1024, SIZE - 1):
        with world.db.read() as tx, asked(tx) as statements:
            getattr(Tree(tx), kind)(index, SIZE)
        [question] = statements
        parts = [part.split(",", 1)[1] for part in question.split(" UNION ALL ")]
        assert len(parts) == len(set(parts)) <= 6


def test_a_proof_for_an_old_size_reads_a_tile_that_was_closed_since(world: World) -> None:
    """The leaves below it may be gone: so it is after a pruning."""
    with world.db.read() as tx:
        roots = {size: Tree(tx).root(size) for size in (300, 600)}
        leaf, path = leaf_hash(body_bytes(tx, 299)), Tree(tx).consistency(300, 600)
    world.tamper("DELETE FROM audit_link WHERE idx < 768", "DELETE FROM audit_entry WHERE idx < 768")
    with world.db.read() as tx:
        tree = Tree(tx)
        assert tree.consistency(300, 600) == path
        assert verify_consistency(300, 600, roots[300], roots[600], path)
        assert verify_inclusion(299, 300, leaf, tree.inclusion(299, 300), roots[300])


def test_what_is_remembered_of_a_tile_never_stands_for_another(world: World) -> None:
    with world.db.read() as tx:
        tree = Tree(tx)
        root, before = tree.root(SIZE), tree.inclusion(300, SIZE)
        leaf = leaf_hash(body_bytes(tx, 300))
        assert verify_inclusion(300, SIZE, leaf, before, root)
        assert verify_consistency(700, SIZE, tree.root(700), root, tree.consistency(700, SIZE))
    world.tamper("UPDATE audit_tile SET root = :r WHERE level = 0 AND n = 3", r=b"\1" * 32)
    world.tamper("UPDATE audit_entry SET leaf_hash = :r WHERE idx = 1050", r=b"\2" * 32)
    with world.db.read() as tx:
        after = Tree(tx).inclusion(300, SIZE)
        assert after != before
        assert Tree(tx).root(SIZE) != root
        assert not verify_inclusion(300, SIZE, leaf, after, root)
