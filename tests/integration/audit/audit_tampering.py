"""Ways of changing a log of 300 entries behind its back, as someone with every right to the database would."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from audit.canonical import decode, encode
from audit.merkle import fold, leaf_hash
from tests.integration.audit.audit_world import World, an_event

SIZE, CHECKPOINTS = 300, (50, 280, 300)
Change = Callable[[World], None]


def edited(world: World, index: int) -> bytes:
    """Return the body of an entry with another outcome, in canonical form."""
    body = decode(world.body(index))
    assert isinstance(body, dict)
    return encode({**body, "outcome": "denied"})


def body_edited(index: int) -> Change:
    def change(world: World) -> None:
        statement = "UPDATE audit_entry SET body = :body, outcome = 'denied' WHERE idx = :i"
        world.tamper(statement, body=edited(world, index), i=index)

    return change


def body_and_hash_edited(index: int) -> Change:
    def change(world: World) -> None:
        body = edited(world, index)
        world.tamper(
            "UPDATE audit_entry SET body = :body, leaf_hash = :leaf, outcome = 'denied' WHERE idx = :i",
            body=body,
            leaf=leaf_hash(body),
            i=index,
        )

    return change


def body_hash_and_tile_edited(index: int, *, root: bool = True) -> Change:
    def change(world: World) -> None:
        body_and_hash_edited(index)(world)
        with world.db.read() as tx:
            tile = bytearray(tx.scalar(text("SELECT hashes FROM audit_tile")))
        tile[index * 32 : index * 32 + 32] = leaf_hash(world.body(index))
        world.tamper("UPDATE audit_tile SET hashes = :tile", tile=bytes(tile))
        if root:
            hashes = [bytes(tile[i : i + 32]) for i in range(0, len(tile), 32)]
            world.tamper("UPDATE audit_tile SET root = :root", root=fold(hashes))

    return change


def rows_deleted(first: int, last: int) -> Change:
    def change(world: World) -> None:
        condition = "idx >= :first AND idx <= :last"
        statements = [f"DELETE FROM {table} WHERE {condition}" for table in ("audit_entry", "audit_link")]
        world.tamper(*statements, first=first, last=last)

    return change


def cut_off(size: int, *, tiles: bool = True) -> Change:
    """Remove the end of the log and everything in the database that could tell."""

    def change(world: World) -> None:
        rows_deleted(size, SIZE)(world)
        world.tamper("DELETE FROM audit_checkpoint WHERE size > :size", size=size)
        if tiles and size < 256:
            world.tamper("DELETE FROM audit_tile")

    return change


def swapped(one: int, two: int) -> Change:
    def change(world: World) -> None:
        moves = [(one, -1), (two, one), (-1, two)]
        for table in ("audit_entry", "audit_link"):
            for source, target in moves:
                world.tamper(f"UPDATE {table} SET idx = :target WHERE idx = :source", source=source, target=target)

    return change


def sql(statement: str, **values: object) -> Change:
    return lambda world: world.tamper(statement, **values)


def spelled_differently(index: int) -> Change:
    def change(world: World) -> None:
        body = world.body(index).replace(b'"v":1', b'"v": 1')
        statement = "UPDATE audit_entry SET body = :body, leaf_hash = :leaf WHERE idx = :i"
        world.tamper(statement, body=body, leaf=leaf_hash(body), i=index)

    return change


def rebuilt_from(index: int) -> Change:
    """Rewrite everything from an entry on as the log itself would have, without the key that signs."""

    def change(world: World) -> None:
        world.tamper("DELETE FROM audit_tile", "DELETE FROM audit_checkpoint")
        rows_deleted(index, SIZE)(world)
        with world.db.read() as tx:
            hashes = [bytes(h) for h in tx.scalars(text("SELECT leaf_hash FROM audit_entry ORDER BY idx"))]
        for n in range(index, SIZE):
            world.log.record(an_event(detail={"n": n + 1000}))
        with world.db.read() as tx:
            hashes = [bytes(h) for h in tx.scalars(text("SELECT leaf_hash FROM audit_entry ORDER BY idx"))][:256]
        world.tamper("DELETE FROM audit_tile")
        world.tamper("INSERT INTO audit_tile VALUES (0, 0, :hashes, :root)", hashes=b"".join(hashes), root=fold(hashes))

    return change


def note_changed(world: World) -> None:
    with world.db.read() as tx:
        note = tx.scalar(text("SELECT note FROM audit_checkpoint WHERE size = 280"))
    origin, _, rest = note.partition("\n280\n")
    world.tamper("UPDATE audit_checkpoint SET note = :n WHERE size = 280", n=f"{origin}\n281\n{rest}")
