"""Fsck: every tile and root, in the database and in a copy, is derived again from the bodies, without our code."""

from __future__ import annotations

import hashlib
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from audit.export.write import export_log
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from audit.verify import verify
from audit.verifying.exported import verify_export
from tests.integration.audit.audit_world import World


def tree_of(bodies: list[bytes]) -> tuple[list[list[bytes]], bytes]:
    """Return the hashes of each level of tiles, and the root, by the definitions."""
    hashes = [hashlib.sha256(b"\0" + body).digest() for body in bodies]
    levels = [hashes]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        levels.append([perfect(below[i : i + 256]) for i in range(0, len(below) - len(below) % 256, 256)])
    return levels, root(hashes)


def perfect(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [hashlib.sha256(b"\1" + hashes[i] + hashes[i + 1]).digest() for i in range(0, len(hashes), 2)]
    return hashes[0]


def root(hashes: list[bytes]) -> bytes:
    """Return the root of RFC 6962: the largest power of two on the left."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(hashes[:left]) + root(hashes[left:])).digest()


def entries_of(copy: Path) -> list[bytes]:
    """Return the bodies in a copy, in order, read by hand."""
    found = []
    for path in sorted((copy / "tile" / "entries").rglob("*"), key=lambda path: path.as_posix()):
        data = path.read_bytes() if path.is_file() else b""
        while data:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_log_of_any_size_is_what_its_bodies_say(usual_world: World, seed: int) -> None:
    world, chance, copy = usual_world, Random(seed), usual_world.home / "copy"
    keys = TrustedKeys.load(world.home / "keys" / TRUSTED_KEYS_FILE)
    for _ in range(4):
        world.fill(chance.choice([1, 7, 100, 255, 256, 257]))
        world.log.checkpoint()
        export_log(world.db, world.home / "log", keys, copy)
        with world.db.read() as tx:
            bodies = [bytes(body) for body in tx.scalars(text("SELECT body FROM audit_entry ORDER BY idx"))]
            tiles = tx.execute(text("SELECT level, n, hashes, root FROM audit_tile")).all()
        levels, head = tree_of(bodies)
        assert entries_of(copy) == bodies
        assert len(tiles) == sum(len(level) // 256 for level in levels)
        for level, n, hashes, kept in tiles:
            expected = levels[level][n * 256 : (n + 1) * 256]
            assert (bytes(hashes), bytes(kept)) == (b"".join(expected), perfect(expected))
        for level, expected in enumerate(levels):
            files = sorted((copy / "tile" / str(level)).rglob("*"), key=lambda path: path.as_posix())
            assert b"".join(path.read_bytes() for path in files if path.is_file()) == b"".join(expected)
        assert world.verify().root == verify_export(copy, keys).root == head


def test_two_processes_find_what_one_finds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.verifying.workers.CHUNK", 256)
    world.fill(900)
    world.log.checkpoint()
    world.tamper(
        "UPDATE audit_entry SET outcome = 'denied' WHERE idx = 410",
        "UPDATE audit_entry SET body = :body WHERE idx = 850",
        "DELETE FROM audit_link WHERE idx = 600",
        body=world.body(3),
    )
    one = verify(world.db, world.verifier, world.home / "log")
    two = verify(world.db, world.verifier, world.home / "log", processes=2)
    assert one == two
    assert [(p.code, p.index) for p in one.problems][:3] == [
        ("entry.columns", 410),
        ("entry.links", 600),
        ("entry.leaf_hash", 850),
    ]
