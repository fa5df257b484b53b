"""The keys that seal and the key that signs releases are replaced while the zone runs, and a crash loses nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from audit.body import parse
from audit.cells import CellStore
from audit.db import Database
from audit.errors import KeyFileUnusable, NotDurable, SealedValueLost
from audit.event import Actor, Source
from audit.replacing import replace_cells_key, replace_master_key
from audit.secret_file import SecretFile
from audit.subject_keys import SubjectKeys
from audit.trusted import TrustedKeys
from egress_review import tables
from egress_review.release_keys import ReleaseKeys
from egress_review.replacing_key import replace_release_key
from tests.integration.audit.audit_replacing_victim import world_at
from tests.integration.audit.audit_world import World, an_event, new_world, open_world

ROOT = Path(__file__).parents[3]
CODE = b"mean(age)"
SPREAD = 2
"""Places at which each replacement is killed in an ordinary run; the long test kills at every one."""


def visit(world: World, number: int) -> int:
    """Let one person do something from an address, and return the index of the event."""
    person = Actor.person("p_" + "abcdefghij234567"[number] * 16, ["researcher"])
    return world.log.record(an_event(actor=person, source=Source(f"203.0.113.{number}")))


def wrapped(world: World) -> list[bytes]:
    with world.db.read() as tx:
        return [bytes(row) for row in tx.scalars(text("SELECT wrapped FROM audit_key ORDER BY key_id"))]


def test_another_master_key_wraps_every_key_and_every_value_still_opens(world: World) -> None:
    indexes = [visit(world, number) for number in range(1, 4)]
    cell = world.cells.put(CODE, "p_" + "b" * 16)
    running = open_world(world.db, world.home, world.url)  # another process, with the old key in its memory
    assert running.log.unseal(indexes[0]) == {"source.ip": "203.0.113.1"}
    before, old = wrapped(world), world.keys.sidecar.now()
    done = replace_master_key(world.log, world.keys, keep=None)
    assert done.items == len(before)
    assert not set(before) & set(wrapped(world))
    assert world.keys.sidecar.now() != old
    assert len(world.keys.sidecar.every()) == 1
    assert old.hex() not in "".join(path.read_text() for path in (world.home / "keys").iterdir())
    for log in (world.log, running.log, open_world(world.db, world.home, world.url).log):
        assert [log.unseal(index)["source.ip"] for index in indexes] == [f"203.0.113.{n}" for n in range(1, 4)]
    again = visit(running, 4)
    assert world.log.unseal(again) == {"source.ip": "203.0.113.4"}, "who runs on goes on with the new key"
    assert world.cells.get(cell) == CODE
    body = parse(world.body(done.index))
    assert (body["action"], set(body["detail"])) == ("log.master_key_replaced", {"old", "new"})
    world.log.checkpoint()
    assert world.verify().ok


def test_the_keys_of_subjects_are_guarded_again_afterwards(world: World) -> None:
    visit(world, 1)
    replace_master_key(world.log, world.keys, keep=None)
    with pytest.raises(DatabaseError, match="append-only"), world.db.begin() as tx:
        tx.execute(text("UPDATE audit_key SET subject = 'p_other'"))


def test_a_key_that_is_made_while_the_master_key_changes_is_refused_and_made_again(world: World) -> None:
    keys = SubjectKeys(world.keys.sidecar)
    first = keys._secrets
    world.keys.sidecar.prepare()
    late = world.keys.sidecar.every()[1]
    answers = iter([(late,)])  # read before the next key was there
    keys._secrets = lambda: next(answers, None) or first()  # type: ignore[method-assign]
    with pytest.raises(NotDurable, match="replaced meanwhile"), world.db.begin() as tx:
        keys.live(tx, "p_" + "c" * 16, "2026-11-21T00:00:00.000000Z")
    with world.db.begin() as tx:
        keys.live(tx, "p_" + "c" * 16, "2026-11-21T00:00:00.000000Z")


def test_the_old_key_can_be_kept_elsewhere_for_backups_that_need_it(world: World, tmp_path: Path) -> None:
    visit(world, 1)
    with pytest.raises(KeyFileUnusable):
        replace_master_key(world.log, world.keys, keep=tmp_path / "none")
    old, before = world.keys.sidecar.now(), wrapped(world)
    (tmp_path / "safe").mkdir()
    replace_master_key(world.log, world.keys, keep=tmp_path / "safe")
    [kept] = (tmp_path / "safe").iterdir()
    assert bytes.fromhex(kept.read_text()) == old
    assert kept.stat().st_mode & 0o077 == 0
    assert SubjectKeys(SecretFile(kept)).open(key_of(world, before[0]), before[0])


def key_of(world: World, _wrapped: bytes) -> str:
    with world.db.read() as tx:
        return str(tx.scalar(text("SELECT key_id FROM audit_key ORDER BY key_id LIMIT 1")))


def test_cells_without_a_person_keep_their_names_under_another_key(world: World) -> None:
    shared = CellStore(world.home / "cells", world.keys.cells)
    names = [shared.put(CODE + bytes([n])) for n in range(3)]
    private = world.cells.put(CODE, "p_" + "b" * 16)
    old = world.keys.cells.now()
    done = replace_cells_key(world.log, world.keys, world.cells, keep=None)
    assert done.items == 3
    assert [world.cells.get(name) for name in names] == [CODE + bytes([n]) for n in range(3)]
    assert shared.get(names[0]) == CODE + b"\0", "who runs on reads them too"
    assert world.cells.get(private) == CODE
    with pytest.raises(SealedValueLost):
        CellStore(world.home / "cells", old).get(names[0])
    assert parse(world.body(done.index))["action"] == "log.cells_key_replaced"


def test_a_release_key_is_replaced_and_its_list_says_from_which_entry(world: World) -> None:
    tables.metadata.create_all(world.db.engine)
    directory = world.home / "keys"
    keys = ReleaseKeys.in_directory(directory)
    old = keys.verifier(world.log.origin)
    world.fill(5)
    done = replace_release_key(world.log, world.db, directory, world.home / "releases", keep=None)
    assert keys.verifier(world.log.origin) == done.new != old == done.old
    listed = TrustedKeys.load(directory / "release-keys")
    assert [(key.first, key.last) for key in listed.keys] == [(0, done.index), (done.index + 1, None)]
    assert not done.kept
    assert {path.name for path in directory.glob("release*")} == {"release.ed25519", "release-keys"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with sealed values, cells and a release key."""
    home = tmp_path_factory.mktemp("home")
    url = f"sqlite:///{home / 'ansim.db'}"
    world = new_world(Database.open(url), home, url)
    tables.metadata.create_all(world.db.engine)
    for number in range(1, 4):
        visit(world, number)
    CellStore(home / "cells", world.keys.cells).put(CODE)
    ReleaseKeys.in_directory(home / "keys")
    world.log.checkpoint()
    world.db.close()
    return home


def run(home: Path, key: str, at: int) -> subprocess.CompletedProcess[str]:
    victim = [sys.executable, "-m", "tests.integration.audit.audit_replacing_victim", str(home), key, str(at)]
    return subprocess.run(victim, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def kill_at(prepared: Path, key: str, at: int, tmp_path: Path) -> None:
    home = tmp_path / f"{key}-{at}"
    shutil.copytree(prepared, home)
    done = run(home, key, at)
    assert done.returncode == -9, done.stderr
    works(home)
    assert run(home, key, 0).returncode == 0
    works(home)
    left = {
        path.name
        for path in (home / "keys").iterdir()
        if path.name.startswith(".") or path.suffix in (".next", ".rotation")
    }
    assert not left
    shutil.rmtree(home)


def works(home: Path) -> None:
    """Hold a zone after a crash to what it must still be able to do."""
    world = world_at(home)
    assert [world.log.unseal(index)["source.ip"] for index in range(3)] == [f"203.0.113.{n}" for n in range(1, 4)]
    [name] = [name for name, _ in world.cells.names()]
    assert world.cells.get(name) == CODE
    fresh = visit(world, 5)
    assert world.log.unseal(fresh) == {"source.ip": "203.0.113.5"}
    assert ReleaseKeys.in_directory(home / "keys").now()
    world.log.checkpoint()
    assert world.verify().ok
    world.db.close()


def touches(prepared: Path, key: str, tmp_path: Path) -> int:
    home = tmp_path / f"whole-{key}"
    shutil.copytree(prepared, home)
    done = run(home, key, 0)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("key", ["master", "cells", "release"])
def test_a_replacement_that_is_killed_leaves_a_zone_that_works_and_can_be_finished(
    prepared: Path, key: str, tmp_path: Path
) -> None:
    total = touches(prepared, key, tmp_path)
    for number in range(1, SPREAD + 1):
        kill_at(prepared, key, number * total // (SPREAD + 1), tmp_path)


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("key", ["master", "cells", "release"])
def test_a_replacement_can_be_killed_at_every_single_touch(prepared: Path, key: str, tmp_path: Path) -> None:
    for at in range(1, touches(prepared, key, tmp_path) + 1):
        kill_at(prepared, key, at, tmp_path)
