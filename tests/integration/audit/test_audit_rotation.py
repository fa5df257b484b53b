"""The life of signing keys: replaced under a running log, followed by outsiders, lost and left behind."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from audit.continuing import LastGood, begin, prepare, verify_continuation
from audit.db import Database
from audit.errors import AuditError, KeyFileUnusable, LogInconsistent, NotTrusted
from audit.keys import LogKeys
from audit.keys_cli import rehearse
from audit.log import AuditLog
from audit.proof import verify_receipt
from audit.rotation import PLAN_FILE, follow, rotate
from audit.schemes import ED25519, ML_DSA_44
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKey, TrustedKeys
from audit.verify import verify
from tests.databases import database_in
from tests.integration.audit.audit_attesting import Terminal, a_witness, policy_text
from tests.integration.audit.audit_world import ORIGIN, World, an_event, new_world, open_world


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def key_files(world: World) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (world.home / "keys").iterdir()}


def test_a_log_is_signed_by_two_kinds_of_key(usual_world: World) -> None:
    usual_world.fill(3)
    note = usual_world.log.checkpoint()
    trusted = usual_world.keys.trusted(ORIGIN)
    assert {key.verifier.kind for key in trusted.keys} == {ED25519, ML_DSA_44}
    for key in trusted.keys:
        assert TrustedKeys.of(key.verifier).open(note).size == 3


def test_a_rotation_is_recorded_and_signed_by_the_old_and_the_new_keys(world: World) -> None:
    world.fill(5)
    before = world.keys.trusted(ORIGIN)
    receipt_before = world.log.receipt(2)
    done = rotate(world.log, world.keys, keep=None)
    world.fill(3)
    world.log.checkpoint()
    after = world.keys.trusted(ORIGIN)
    both = (world.home / "log" / "checkpoints" / str(done.size)).read_text()
    for keys in (TrustedKeys.of(*done.old), TrustedKeys.of(*done.new), before, after):
        assert keys.open(both).size == done.size
    body = verify_receipt(done.receipt.read_text(), before).body
    assert body["action"] == "log.key_rotated"
    assert body["detail"]["new"] == [key.key_id.hex() for key in done.new]
    assert verify_receipt(receipt_before, after).index == 2
    assert verify(world.db, after, world.home / "log").ok
    assert (world.home / "keys" / "log.vkey").read_text() == done.new[0].vkey() + "\n"


def test_an_old_key_signs_nothing_larger_afterwards(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(5)
    stolen = tmp_path / "stolen"
    shutil.copytree(usual_world.home / "keys", stolen)
    done = rotate(usual_world.log, usual_world.keys, keep=None)
    usual_world.fill(3)
    note = usual_world.log.checkpoint()
    text = note.rpartition("\n\n")[0] + "\n"
    (stolen / TRUSTED_KEYS_FILE).unlink()
    thief = LogKeys.load_or_create(stolen)
    forged = thief.sign(text, ORIGIN, usual_world.log._clock())
    assert usual_world.keys.trusted(ORIGIN).open(note).size > done.size
    with pytest.raises(NotTrusted):
        usual_world.keys.trusted(ORIGIN).open(forged)


def test_every_running_process_signs_with_the_new_key_at_once(usual_world: World) -> None:
    usual_world.fill(5)
    other = open_world(usual_world.db, usual_world.home, usual_world.url)
    done = rotate(usual_world.log, usual_world.keys, keep=None)
    other.fill(1)
    note = other.log.checkpoint()
    assert TrustedKeys.of(*done.new).open(note).size == done.size + 1
    with pytest.raises(NotTrusted):
        TrustedKeys.of(*done.old).open(note)
    other.log.check_head()


def test_old_keys_are_moved_away_or_destroyed(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(1)
    first = key_files(usual_world)
    offline = tmp_path / "offline"
    offline.mkdir()
    done = rotate(usual_world.log, usual_world.keys, keep=offline)
    kept = {path.name: path.read_bytes() for path in offline.iterdir()}
    assert kept == {
        f"log.ed25519.{done.old[0].key_id.hex()}": first["log.ed25519"],
        f"log.mldsa44.{done.old[1].key_id.hex()}": first["log.mldsa44"],
    }
    assert {path.stat().st_mode & 0o777 for path in offline.iterdir()} == {0o600}
    second = key_files(usual_world)
    rotate(usual_world.log, usual_world.keys, keep=None)
    secrets = {data for files in (first, second) for name, data in files.items() if name.startswith(("log.e", "log.m"))}
    assert not secrets & set(key_files(usual_world).values())
    assert len(list(offline.iterdir())) == 2


def test_a_key_that_changed_without_a_rotation_is_refused(usual_world: World) -> None:
    for name in ("log.ed25519", "log.mldsa44"):
        path = usual_world.home / "keys" / name
        before = path.read_bytes()
        path.write_bytes(os.urandom(32).hex().encode() + b"\n")
        with pytest.raises(KeyFileUnusable):
            open_world(usual_world.db, usual_world.home, usual_world.url)
        path.write_bytes(before)
    open_world(usual_world.db, usual_world.home, usual_world.url)


def test_a_log_of_an_earlier_version_gets_its_second_key(usual_world: World) -> None:
    usual_world.fill(1)
    for name in ("log.mldsa44", TRUSTED_KEYS_FILE):
        (usual_world.home / "keys" / name).unlink()
    again = open_world(usual_world.db, usual_world.home, usual_world.url)
    again.fill(1)
    again.log.checkpoint()
    assert {key.verifier.kind for key in again.keys.trusted(ORIGIN).keys} == {ED25519, ML_DSA_44}


def test_a_rotation_that_is_killed_at_any_moment_can_be_finished(usual_world: World) -> None:
    usual_world.fill(3)
    usual_world.log.checkpoint()
    usual_world.db.close()
    dice = random.Random(7)
    interrupted = 0
    for _ in range(10):
        child = os.fork()
        if child == 0:
            rotate_and_exit(usual_world)
        time.sleep(dice.uniform(0.0, 0.12))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        interrupted += (usual_world.home / "keys" / PLAN_FILE).exists()
        # Whatever stands there, a process of the zone starts, signs, and is believed.
        again = open_world(Database.open(usual_world.url), usual_world.home, usual_world.url)
        again.fill(1)
        assert again.keys.trusted(ORIGIN).open(again.log.checkpoint()).size == again.size()
        again.db.close()
    assert interrupted > 0
    last = open_world(Database.open(usual_world.url), usual_world.home, usual_world.url)
    rotate(last.log, last.keys, keep=None)
    secret = ["cells.key", "log.ed25519", "log.mldsa44", "sidecar.key"]
    left = [name for name in key_files(last) if not name.startswith((".trusted-keys.", ".log.vkey."))]
    assert sorted(left) == sorted([*secret, "log.vkey", TRUSTED_KEYS_FILE])
    last.log.checkpoint()
    assert verify(last.db, last.keys.trusted(ORIGIN), last.home / "log").ok
    last.db.close()


def rotate_and_exit(world: World) -> None:
    """Be the child: rotate until killed, and never return to the tests."""
    try:
        mine = open_world(Database.open(world.url), world.home, world.url)
        while True:
            rotate(mine.log, mine.keys, keep=None)
    finally:
        os._exit(0)


def test_who_trusted_the_old_keys_can_follow_the_rotation(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(5)
    kept = tmp_path / "kept-keys"
    shutil.copy(usual_world.home / "keys" / TRUSTED_KEYS_FILE, kept)
    done = rotate(usual_world.log, usual_world.keys, keep=None)
    terminal = Terminal(usual_world)
    current = usual_world.home / "keys" / TRUSTED_KEYS_FILE
    assert terminal.run("key", "follow", done.receipt, current, "--key", kept) == 0
    assert kept.read_text() == current.read_text()
    again = rotate(usual_world.log, usual_world.keys, keep=None)
    assert terminal.run("key", "follow", again.receipt, current, "--key", kept, "--json") == 0
    assert json.loads(terminal.lines[0])["size"] == again.size


def test_a_list_that_the_old_keys_did_not_announce_is_not_followed(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(5)
    old = usual_world.keys.trusted(ORIGIN)
    ordinary = usual_world.log.receipt(2)
    done = rotate(usual_world.log, usual_world.keys, keep=None)
    new, receipt = usual_world.keys.trusted(ORIGIN), done.receipt.read_text()
    forger = new_world(Database.open(database_in(tmp_path, "forger.db")), tmp_path / "forger", "")
    stranger = forger.keys.verifier(ORIGIN)
    forger.db.close()
    forged = (
        TrustedKeys((*new.keys, TrustedKey(stranger, done.size))),
        TrustedKeys((*old.keys, TrustedKey(stranger, done.size))),
        TrustedKeys(tuple(TrustedKey(k.verifier, 0, k.last) for k in new.keys)),
        TrustedKeys(tuple(TrustedKey(k.verifier, k.first) for k in new.keys)),
        TrustedKeys(new.keys[1:]),
        old,
    )
    assert follow(old, new, receipt) == done.size
    for listed in forged:
        with pytest.raises(NotTrusted):
            follow(old, listed, receipt)
    for text in (ordinary, receipt.replace("index", "index "), ""):
        with pytest.raises(AuditError):
            follow(old, new, text)


def test_the_keys_and_their_sizes_are_listed(usual_world: World) -> None:
    usual_world.fill(5)
    terminal = Terminal(usual_world)
    assert terminal.run("key", "rotate", "--destroy-old") == 0
    assert terminal.run("key", "list", "--json") == 0
    rows = json.loads(terminal.lines[0])["keys"]
    assert [(row["first"], row["last"]) for row in rows] == [(0, 6), (0, 6), (6, None), (6, None)]
    with pytest.raises(SystemExit):
        terminal.run("key", "rotate")


def last_good(world: World, directory: Path) -> LastGood:
    """Have the newest checkpoint of a world cosigned."""
    witness = a_witness(world, directory)
    world.log.checkpoint()
    terminal, asked = Terminal(world, policy_text(world, (witness, ""))), directory / "ask.txt"
    terminal.run("witness", "request", asked)
    terminal.run("witness", "sign", asked, "--state", directory)
    terminal.run("witness", "accept", f"{asked}.signed")
    return LastGood(Path(f"{asked}.signed").read_text(), world.keys.trusted(ORIGIN), terminal.policy)


def test_a_new_log_continues_the_old_one_from_its_last_good_checkpoint(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(7)
    last = last_good(usual_world, tmp_path / "witness")
    home = tmp_path / "new"
    keys = prepare(home, "zone-2.example/audit", last)
    made = new_world(Database.open(database_in(tmp_path, "new.db")), tmp_path / "other", "")
    log = AuditLog(made.db, keys, component="cli", origin="zone-2.example/audit", log_dir=home / "log")
    assert [begin(log), begin(log)] == [0, 0]
    log.record(an_event())
    receipt, trusted = log.receipt(0), keys.trusted("zone-2.example/audit")
    assert verify_continuation(receipt, trusted, last).size == 7
    with pytest.raises(NotTrusted):
        verify_continuation(log.receipt(1), trusted, last)
    usual_world.fill(1)
    other = last_good(usual_world, tmp_path / "witness-2")
    with pytest.raises(NotTrusted):
        verify_continuation(receipt, trusted, other)
    made.db.close()


def test_a_new_log_has_another_origin_and_nothing_before_its_first_entry(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(7)
    last = last_good(usual_world, tmp_path / "witness")
    with pytest.raises(KeyFileUnusable):
        prepare(tmp_path / "new", ORIGIN, last)
    with pytest.raises(KeyFileUnusable):
        prepare(usual_world.home, "zone-2.example/audit", last)
    keys = prepare(tmp_path / "new", "zone-2.example/audit", last)
    made = new_world(Database.open(database_in(tmp_path, "new.db")), tmp_path / "other", "")
    log = AuditLog(made.db, keys, component="cli", origin="zone-2.example/audit", log_dir=tmp_path / "new" / "log")
    log.record(an_event())
    with pytest.raises(LogInconsistent):
        begin(log)
    made.db.close()


def test_a_checkpoint_that_no_witness_saw_is_no_good_one(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(7)
    last = last_good(usual_world, tmp_path / "witness")
    unseen = LastGood(usual_world.log.checkpoint(), last.keys, last.policy_text)
    for given in (unseen, LastGood(last.note, last.keys, "quorum none\n")):
        with pytest.raises(NotTrusted):
            rehearse(tmp_path / "new", "zone-2.example/audit", given)


def test_a_drill_says_what_would_be_lost_and_is_recorded(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(7)
    assert Terminal(usual_world).run("key", "drill") == 1
    last = last_good(usual_world, tmp_path / "witness")
    usual_world.fill(4)
    terminal = Terminal(usual_world, last.policy_text)
    assert terminal.run("key", "drill", "--json") == 0
    assert json.loads(terminal.lines[0]) == {"rehearsed": True, "size": 7, "lost": 4, "origin": f"{ORIGIN}/drill"}
    body = json.loads(usual_world.body(11))
    assert (body["action"], body["detail"]) == ("log.key_drilled", {"lost": 4, "size": 7})
