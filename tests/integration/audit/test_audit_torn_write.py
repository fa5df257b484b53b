"""Crash: what a power cut leaves of the last pages is a shorter log, and never another one."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from audit.db import Database
from tests.integration.audit.audit_world import new_world, open_world

SIGNED, SIZE, CUTS = 40, 60, 12


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zone as its disk holds it before SQLite has moved anything out of the write-ahead log."""
    home, copy = tmp_path_factory.mktemp("running"), tmp_path_factory.mktemp("cut") / "zone"
    url = f"sqlite:///{home / 'ansim.db'}"
    new_world(Database.open(url), home, url).db.close()  # the last one to leave empties the write-ahead log
    world = open_world(Database.open(url), home, url)
    with world.db.read() as tx:  # a reader keeps the write-ahead log from being emptied
        tx.exec_driver_sql("SELECT 1 FROM audit_entry LIMIT 1").all()
        world.fill(SIGNED)
        world.log.checkpoint()
        for _ in range(SIZE - SIGNED):
            world.fill(1)
        shutil.copytree(home, copy)
    world.db.close()
    (copy / "ansim.db-shm").unlink()
    return copy


@pytest.mark.parametrize("kind", ["cut", "zeroes", "noise"])
def test_crash_with_a_torn_write_is_a_shorter_log_and_one_that_lost_what_was_signed_is_found(
    cut: Path, tmp_path: Path, kind: str
) -> None:
    chance = random.Random(kind)
    whole = (cut / "ansim.db-wal").read_bytes()
    sizes = set()
    for number in range(1, CUTS + 1):
        home = tmp_path / str(number)
        shutil.copytree(cut, home)
        # Most of them early: there lies what was signed.
        at = 32 + (len(whole) - 32) * number**2 // CUTS**2
        rest = {"cut": b"", "zeroes": bytes(len(whole) - at), "noise": chance.randbytes(len(whole) - at)}[kind]
        (home / "ansim.db-wal").write_bytes(whole[:at] + rest)
        url = f"sqlite:///{home / 'ansim.db'}"
        world = open_world(Database.open(url), home, url)
        size, result = world.size(), world.verify()
        world.db.close()
        sizes.add(size)
        assert size <= SIZE
        # The signed head lies in a file of its own: what it covers must be there.
        assert result.verdict == ("intact" if size >= SIGNED else "tampered"), (kind, at, size)
    assert min(sizes) < SIGNED
    assert max(sizes) == SIZE
