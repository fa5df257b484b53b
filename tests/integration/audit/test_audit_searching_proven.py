"""What a page says is proven: an entry under a signed head, and nothing that somebody rewrote."""

from __future__ import annotations

import hashlib

import pytest

from audit.search import Query, entry, search
from audit.searching.proofs import proofs
from tests.integration.audit.audit_world import World


def test_an_entry_is_proven_by_the_signed_head_alone(usual_world: World) -> None:
    world = usual_world
    world.fill(300)
    world.log.checkpoint()
    world.fill(2)
    head = world.log.head()
    with world.db.read() as tx:
        states = proofs(tx, search(tx, Query(limit=1000)), head)
    assert {index for index, state in states.items() if state == "unsigned"} == {300, 301}
    assert {state for index, state in states.items() if index < 300} == {"proven"}
    with world.db.read() as tx:
        assert set(proofs(tx, search(tx, Query(limit=5)), None).values()) == {"unsigned"}


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_entry SET body = :lost WHERE idx = 7",
        "UPDATE audit_entry SET body = x'00' WHERE idx = 7",
        "UPDATE audit_tile SET hashes = :tile, root = :root WHERE level = 0 AND n = 0",
    ],
)
def test_what_somebody_rewrote_is_shown_as_not_proven(usual_world: World, attack: str) -> None:
    world = usual_world
    world.fill(300)
    world.log.checkpoint()
    lost = world.body(7).replace(b"cell.sent", b"cell.lost")
    world.tamper(attack, lost=lost, tile=bytes(8192), root=bytes(32))
    with world.db.read() as tx:
        assert proofs(tx, [entry(tx, 7)], world.log.head())[7] == "broken"


def test_a_rewritten_entry_with_a_fitting_hash_is_not_proven(usual_world: World) -> None:
    """Who changes the body and the leaf hash beside it, and the tile too, still has no root that was signed."""
    world = usual_world
    world.fill(300)
    world.log.checkpoint()
    changed = world.body(7).replace(b"cell.sent", b"cell.lost")
    leaf = hashlib.sha256(b"\x00" + changed).digest()
    world.tamper("UPDATE audit_entry SET body = :b, leaf_hash = :h WHERE idx = 7", b=changed, h=leaf)
    with world.db.read() as tx:
        one = entry(tx, 7)
        assert one.intact
        assert proofs(tx, [one], world.log.head())[7] == "broken"
