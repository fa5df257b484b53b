"""The log records what happened exactly if it happened, signs its head, and never contradicts what it signed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InvalidRequestError, OperationalError

from audit.db import Database
from audit.errors import (
    DatabaseUnusable,
    EventRefused,
    KeyFileUnusable,
    LogInconsistent,
    NotDurable,
    NotInLog,
    SealedValueLost,
)
from audit.event import Actor, Object, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.merkle import verify_consistency
from audit.note import parse_vkey
from audit.proof import verify_receipt
from audit.refs import new_event_id
from audit.tree import Tree
from tests.integration.audit.audit_world import ALICE, BOB, ORIGIN, World, an_event, open_world

COUNT = "SELECT count(*) FROM audit_entry"


def test_an_event_is_recorded_exactly_if_the_change_is(world: World) -> None:
    with world.db.begin() as tx:
        tx.execute(text("CREATE TABLE business (n integer)"))
    with world.db.begin() as tx:
        tx.execute(text("INSERT INTO business VALUES (1)"))
        appended = world.log.append(tx, an_event())
    assert world.log.wait(appended.event_id) == 0
    with suppress(RuntimeError), world.db.begin() as tx:
        tx.execute(text("INSERT INTO business VALUES (2)"))
        world.log.append(tx, an_event())
        raise RuntimeError("the change fails after it was recorded")
    with world.db.read() as tx:
        assert tx.scalars(text("SELECT n FROM business")).all() == [1]
        assert world.log.size(tx) == 1


@pytest.mark.parametrize("action", ["cell.invented", "cell.sent"])
def test_a_change_that_cannot_be_recorded_does_not_happen_even_if_the_error_is_ignored(
    world: World, action: str
) -> None:
    with world.db.begin() as tx:
        tx.execute(text("CREATE TABLE business (n integer)"))
    refused = an_event(action, detail={} if action == "cell.invented" else {"name": "김민수"})
    with world.db.begin() as tx:
        tx.execute(text("INSERT INTO business VALUES (1)"))
        with pytest.raises(EventRefused):
            world.log.append(tx, refused)
        # Whoever goes on cannot write any more, and leaving the block commits nothing.
        with pytest.raises(InvalidRequestError):
            tx.execute(text("INSERT INTO business VALUES (2)"))
    with world.db.read() as tx:
        assert tx.scalars(text("SELECT n FROM business")).all() == []


def test_a_database_that_refuses_the_entry_means_that_it_is_not_durable(world: World) -> None:
    with world.db.begin() as tx:
        tx.execute(text("DROP TABLE audit_link"))
    with pytest.raises(NotDurable):
        world.log.record(an_event())
    assert world.size() == 0


def test_an_append_needs_the_transaction_of_the_change(world: World) -> None:
    with world.db.engine.connect() as connection, pytest.raises(RuntimeError):
        world.log.append(connection, an_event())
    assert world.size() == 0


def test_a_checkpoint_that_cannot_be_kept_is_not_durable(usual_world: World) -> None:
    (usual_world.home / "log").write_bytes(b"a file where the directory should be")
    with pytest.raises(NotDurable):
        usual_world.log.checkpoint()


def test_the_same_event_is_recorded_once(world: World) -> None:
    event = an_event(sealed={"comment": "a word"})
    assert [world.log.record(event) for _ in range(3)] == [0, 0, 0]
    assert world.log.record(an_event()) == 1
    assert world.verify().size == 2


def test_an_event_id_is_used_for_one_event_only(world: World) -> None:
    event = an_event()
    world.log.record(event)
    with pytest.raises(EventRefused):
        world.log.record(replace(event, outcome="failed"))
    assert world.size() == 1


def test_indexes_have_no_gaps_and_tiles_close_when_full(world: World) -> None:
    world.fill(700)
    with world.db.read() as tx:
        assert tx.scalars(text("SELECT idx FROM audit_entry ORDER BY idx")).all() == list(range(700))
        assert tx.execute(text("SELECT level, n FROM audit_tile ORDER BY level, n")).all() == [(0, 0), (0, 1)]
    world.log.checkpoint()
    assert world.verify().ok


def test_every_receipt_proves_its_entry_offline(world: World) -> None:
    world.fill(530)
    key = parse_vkey((world.home / "keys" / "log.vkey").read_text())
    for index in (0, 255, 256, 511, 512, 529):
        receipt = verify_receipt(world.log.receipt(index), key)
        assert (receipt.index, receipt.body["detail"]) == (index, {"n": index})
        assert receipt.checkpoint.origin == ORIGIN


def test_a_receipt_for_a_new_entry_signs_a_new_head(world: World) -> None:
    world.log.record(an_event())
    world.log.checkpoint()
    index = world.log.record(an_event())
    assert verify_receipt(world.log.receipt(index), world.verifier).checkpoint.size == 2


def test_an_entry_that_does_not_exist_has_no_receipt(world: World) -> None:
    with pytest.raises(NotInLog):
        world.log.receipt(0)


def test_the_head_is_signed_once_per_size(world: World) -> None:
    first = world.log.checkpoint()
    assert world.log.checkpoint() == first
    world.log.record(an_event())
    second = world.log.checkpoint()
    assert second != first
    with world.db.read() as tx:
        assert tx.scalars(text("SELECT size FROM audit_checkpoint ORDER BY size")).all() == [0, 1]
    assert (world.home / "log" / "checkpoint").read_text() == second
    assert (world.home / "log" / "checkpoints" / "0").read_text() == first


def test_later_heads_extend_earlier_ones(world: World) -> None:
    world.fill(300)
    with world.db.read() as tx:
        tree = Tree(tx)
        roots = {size: tree.root(size) for size in (1, 255, 256, 257, 300)}
        assert world.log.root(tx, 256) == roots[256]
        assert world.log.root(tx) == roots[300]
        for old in roots:
            for new in roots:
                if old <= new:
                    assert verify_consistency(old, new, roots[old], roots[new], tree.consistency(old, new))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("DELETE FROM audit_entry WHERE idx >= 5", id="cut off"),
        pytest.param(
            "UPDATE audit_entry SET leaf_hash = (SELECT leaf_hash FROM audit_entry WHERE idx = 0) WHERE idx = 3",
            id="rewritten",
        ),
        pytest.param("DELETE FROM audit_entry", id="emptied"),
    ],
)
@pytest.mark.parametrize("remaining", ["files and rows", "files", "rows", "all but the last file"])
def test_nothing_is_signed_that_contradicts_what_was_signed(world: World, change: str, remaining: str) -> None:
    world.fill(9)
    world.log.checkpoint()
    world.tamper(change)
    if remaining == "files":
        world.tamper("DELETE FROM audit_checkpoint")
    if remaining == "rows":
        shutil.rmtree(world.home / "log")
    if remaining == "all but the last file":
        world.tamper("DELETE FROM audit_checkpoint")
        (world.home / "log" / "checkpoint").unlink()
    with pytest.raises(LogInconsistent):
        world.log.check_head()
    with pytest.raises(LogInconsistent):
        world.log.checkpoint()


def test_a_head_signed_by_another_key_stops_the_log(world: World) -> None:
    world.fill(3)
    world.log.checkpoint()
    other = AuditLog(
        world.db,
        LogKeys.load_or_create(world.home / "other"),
        component="cli",
        origin=ORIGIN,
        log_dir=world.home / "log",
    )
    with pytest.raises(LogInconsistent):
        other.checkpoint()


def test_a_changed_key_does_not_pass_unnoticed(world: World) -> None:
    (world.home / "keys" / "log.ed25519").unlink()
    with pytest.raises(KeyFileUnusable):
        AuditLog(world.db, LogKeys.load_or_create(world.home / "keys"), component="cli", origin=ORIGIN)


def test_sealed_values_are_readable_with_the_keys_and_nowhere_else(world: World) -> None:
    secret = {"email": "kim@hospital.example", "name": "김민수", "comment": "looks odd\nto me"}
    event = an_event("person.invited", object=Object("person", BOB), subjects=Subjects.person(BOB), sealed=secret)
    index = world.log.record(event)
    assert world.log.unseal(index) == {**secret, "source.ip": "203.0.113.7"}
    with world.db.read() as tx:
        everything = [
            tuple(row)
            for name in ("entry", "link", "sidecar", "key")
            for row in tx.execute(text(f"SELECT * FROM audit_{name}"))
        ]
    stored = b" ".join(v if isinstance(v, bytes) else str(v).encode() for row in everything for v in row)
    for value in (*secret.values(), "203.0.113.7"):
        assert value.encode() not in stored


def test_the_receipt_of_an_entry_shows_no_sealed_value(world: World) -> None:
    world.log.record(an_event(sealed={"name": "김민수"}))
    body = verify_receipt(world.log.receipt(0), world.verifier).body
    assert set(body["c"]) == {"name", "source.ip"}
    assert "203.0.113.7" not in str(body)


def test_destroying_a_persons_key_destroys_their_values_and_no_proof(world: World) -> None:
    about_bob = world.log.record(an_event("person.invited", object=Object("person", BOB), sealed={"name": "Bob"}))
    about_alice = world.log.record(an_event(sealed={"comment": "hers"}))
    world.log.checkpoint()
    with world.db.begin() as tx:
        tx.execute(text("UPDATE audit_key SET wrapped = NULL, shredded_at = 'now' WHERE subject = :s"), {"s": BOB})
    assert world.log.unseal(about_bob) == {"source.ip": "203.0.113.7"}
    assert world.log.unseal(about_alice) == {"comment": "hers", "source.ip": "203.0.113.7"}
    again = world.log.record(an_event("person.joined", object=Object("person", BOB), sealed={"name": "Bob"}))
    assert world.log.unseal(again)["name"] == "Bob"
    world.log.checkpoint()
    assert world.verify().ok


@pytest.mark.parametrize("change", ["DELETE FROM audit_sidecar", "UPDATE audit_sidecar SET ciphertext = nonce"])
def test_a_sealed_value_that_was_lost_is_not_taken_for_destroyed(world: World, change: str) -> None:
    world.log.record(an_event())
    world.tamper(change)
    with pytest.raises(SealedValueLost):
        world.log.unseal(0)


def test_a_sealed_value_of_another_entry_does_not_open(world: World) -> None:
    world.log.record(an_event(source=Source("203.0.113.1")))
    world.log.record(an_event(source=Source("203.0.113.2")))
    world.tamper(
        "CREATE TEMPORARY TABLE copy AS SELECT * FROM audit_sidecar",
        *(
            f"UPDATE audit_sidecar SET {column} = (SELECT {column} FROM copy"
            " WHERE copy.commitment <> audit_sidecar.commitment)"
            for column in ("ciphertext", "nonce")
        ),
    )
    with pytest.raises(SealedValueLost):
        world.log.unseal(0)


def test_the_log_adds_time_and_component(world: World) -> None:
    at = datetime(2026, 11, 21, 13, 45, tzinfo=UTC)
    log = AuditLog(
        world.db, world.keys, component="worker", origin=ORIGIN, log_dir=world.home / "log", clock=lambda: at
    )
    log.record(an_event())
    body = verify_receipt(log.receipt(0), world.verifier).body
    assert (body["ts"], body["component"]) == ("2026-11-21T13:45:00.000000Z", "worker")


def test_events_longer_than_an_entry_are_refused(world: World) -> None:
    with pytest.raises(EventRefused, match="longer"):
        world.log.record(an_event(detail={"x": ["a" * 200] * 400}))


def test_the_address_of_a_source_cannot_be_set_twice(world: World) -> None:
    with pytest.raises(EventRefused):
        world.log.record(an_event(sealed={"source.ip": "198.51.100.9"}))


def test_a_person_may_act_from_no_address(world: World) -> None:
    index = world.log.record(an_event(actor=Actor.person(ALICE), source=Source(None)))
    assert world.log.unseal(index) == {}


APPENDER = """
import sys
from pathlib import Path
from audit.db import Database
from tests.integration.audit.audit_world import an_event, open_world
world = open_world(Database.open(sys.argv[1]), Path(sys.argv[2]), sys.argv[1])
for n in range(int(sys.argv[3])):
    world.log.record(an_event(detail={"n": n}))
    if n % 20 == 0:
        world.log.checkpoint()
"""


def test_processes_append_at_the_same_time_without_loss_or_gap(world: World) -> None:
    command = [sys.executable, "-c", APPENDER, world.url, str(world.home), "100"]
    others = [subprocess.Popen(command) for _ in range(2)]
    for _ in range(100):
        world.log.record(an_event())
    assert [other.wait(timeout=60) for other in others] == [0, 0]
    world.log.checkpoint()
    result = world.verify()
    assert (result.ok, result.size, result.problems) == (True, 300, ())


def test_ids_are_unique_across_a_second_process(world: World) -> None:
    shared = new_event_id()
    world.log.record(an_event(id=shared))
    second = open_world(Database.open(world.url), world.home, world.url)
    assert second.log.record(an_event(id=shared)) == 0
    second.db.close()


def test_reading_sees_one_state_and_cannot_write(world: World) -> None:
    world.log.record(an_event())
    with world.db.read() as tx:
        assert world.log.size(tx) == 1
        world.log.record(an_event())
        assert world.log.size(tx) == 1
    with pytest.raises((NotDurable, DBAPIError)), world.db.read() as tx:
        world.log.append(tx, an_event())
    assert world.log.record(an_event()) == 2


@pytest.mark.sqlite("what SQLite is told")
def test_sqlite_is_opened_so_that_what_is_committed_survives_a_power_cut(usual_world: World) -> None:
    with usual_world.db.begin() as tx:
        pragmas = {
            name: tx.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "", "not a url"])
def test_a_database_that_cannot_keep_the_promise_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnusable):
        Database.open(url)


@pytest.mark.sqlite("one writer at a time is how SQLite works")
def test_a_second_writer_waits_for_the_first(usual_world: World) -> None:
    second = Database.open(usual_world.url)
    with usual_world.db.begin() as first:
        first.exec_driver_sql("SELECT 1")
        with second.engine.connect() as other:
            driver: Any = other.connection.driver_connection
            driver.execute("PRAGMA busy_timeout=10")
            with pytest.raises(OperationalError, match="locked"):
                other.begin()
    second.close()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", None])
def test_a_last_checkpoint_that_is_none_is_said_and_not_stumbled_over(
    usual_world: World, content: bytes | None
) -> None:
    usual_world.fill(3)
    usual_world.log.checkpoint()
    head = usual_world.home / "log" / "checkpoint"
    head.unlink()
    if content is None:
        head.mkdir()
    else:
        head.write_bytes(content)
    with pytest.raises(LogInconsistent, match="the last checkpoint"):
        usual_world.log.check_head()
