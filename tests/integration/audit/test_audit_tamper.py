"""Every way of changing the log behind its back is found, and the first bad entry is named.

The log of these tests has 300 entries, so one full tile of 256 and a partial one of 44; checkpoints at 50, 280, 300.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.checkpoint import Checkpoint
from audit.db import Database
from audit.errors import DatabaseUnusable, LogInconsistent
from audit.log import AuditLog
from audit.merkle import Frontier, leaf_hash
from audit.note import sign_note
from audit.refs import new_event_id
from audit.verify import verify
from tests.integration.audit.audit_tampering import (
    CHECKPOINTS,
    SIZE,
    Change,
    body_and_hash_edited,
    body_edited,
    body_hash_and_tile_edited,
    cut_off,
    note_changed,
    rebuilt_from,
    rows_deleted,
    spelled_differently,
    sql,
    swapped,
)
from tests.integration.audit.audit_world import World, an_event, new_world, open_world


def grown(world: World) -> World:
    done = 0
    for size in CHECKPOINTS:
        world.log.record_all([(an_event(detail={"n": n}), "portal") for n in range(done, size)])
        world.log.settle()
        world.log.checkpoint()
        done = size
    return world


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("template")
    url = f"sqlite:///{home / 'ansim.db'}"
    world = grown(new_world(Database.open(url), home, url))
    with world.db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    world.db.close()
    return home


@pytest.fixture
def whole(template: Path, tmp_path: Path) -> World:
    """A copy of the log of 300 entries."""
    home = tmp_path / "zone"
    shutil.copytree(template, home)
    url = f"sqlite:///{home / 'ansim.db'}"
    return open_world(Database.open(url), home, url)


# What is done, the first sign of tampering, its index and the last index it may concern.
CASES = [
    pytest.param(body_edited(7), ("entry.leaf_hash", 7, 7), id="a body edited"),
    pytest.param(body_edited(0), ("entry.leaf_hash", 0, 0), id="the first body edited"),
    pytest.param(body_edited(299), ("entry.leaf_hash", 299, 299), id="the last body edited"),
    pytest.param(body_and_hash_edited(7), ("entry.tree", 7, 7), id="body and hash edited"),
    pytest.param(body_and_hash_edited(255), ("entry.tree", 255, 255), id="body and hash edited at the end of a tile"),
    pytest.param(body_and_hash_edited(256), ("entry.tree", 256, 256), id="body and hash edited in the partial tile"),
    pytest.param(body_and_hash_edited(299), ("entry.tree", 299, 299), id="last body and hash edited"),
    pytest.param(
        body_hash_and_tile_edited(7), ("entry.tree", 7, 7), id="body, hash and tile edited below a checkpoint"
    ),
    pytest.param(
        body_hash_and_tile_edited(100),
        ("checkpoint.root", 50, 279),
        id="body, hash and tile edited between checkpoints",
    ),
    pytest.param(body_hash_and_tile_edited(100, root=False), ("tile.root", 0, 255), id="body, hash and half a tile"),
    pytest.param(spelled_differently(7), ("entry.form", 7, 7), id="a body spelled differently, hash edited"),
    pytest.param(rows_deleted(7, 7), ("entry.missing", 7, 7), id="a row deleted"),
    pytest.param(rows_deleted(7, 9), ("entry.missing", 7, 9), id="rows deleted"),
    pytest.param(rows_deleted(0, 0), ("entry.missing", 0, 0), id="the first row deleted"),
    pytest.param(rows_deleted(290, 290), ("entry.missing", 290, 290), id="a row deleted in the partial tile"),
    pytest.param(rows_deleted(0, 255), ("entry.missing", 0, 255), id="a whole tile deleted"),
    pytest.param(cut_off(295), ("checkpoint.truncated", 295, 299), id="the end cut off"),
    pytest.param(cut_off(280), ("checkpoint.truncated", 280, 299), id="the end cut off at a checkpoint"),
    pytest.param(cut_off(100), ("checkpoint.truncated", 100, 299), id="the end cut off with its tile"),
    pytest.param(cut_off(100, tiles=False), ("checkpoint.truncated", 100, 299), id="the end cut off without its tile"),
    pytest.param(cut_off(0), ("checkpoint.truncated", 0, 299), id="everything deleted"),
    pytest.param(swapped(20, 30), ("entry.tree", 20, 20), id="rows swapped"),
    pytest.param(swapped(285, 295), ("entry.tree", 285, 285), id="rows swapped in the partial tile"),
    pytest.param(swapped(250, 260), ("entry.tree", 250, 250), id="rows swapped across tiles"),
    pytest.param(rebuilt_from(60), ("checkpoint.root", 50, 279), id="everything rebuilt without the key"),
    pytest.param(
        sql("UPDATE audit_entry SET leaf_hash = :h WHERE idx = 9", h=b"\0" * 32),
        ("entry.leaf_hash", 9, 9),
        id="a stored hash",
    ),
    pytest.param(
        sql("UPDATE audit_entry SET idx = -1 WHERE idx = 299"), ("entry.extra", -1, -1), id="a row moved below zero"
    ),
    pytest.param(
        sql("UPDATE audit_entry SET idx = 10000000 WHERE idx = 299"),
        ("entry.missing", 299, 511),
        id="a row moved far away",
    ),
    pytest.param(
        sql("DELETE FROM audit_link WHERE idx = 12 AND kind = 'person'"), ("entry.links", 12, 12), id="a link removed"
    ),
    pytest.param(
        sql("INSERT INTO audit_link VALUES ('person', 'p_x', 13)"), ("entry.links", 13, 13), id="a link invented"
    ),
    pytest.param(
        sql("INSERT INTO audit_link VALUES ('person', 'p_x', 500)"), ("entry.links", 300, 300), id="a link to nowhere"
    ),
    pytest.param(sql("DELETE FROM audit_tile"), ("tile.missing", 0, 255), id="a tile deleted"),
    pytest.param(sql("UPDATE audit_tile SET root = :r", r=b"\0" * 32), ("tile.root", 0, 255), id="the root of a tile"),
    pytest.param(
        sql("UPDATE audit_tile SET hashes = :h", h=b"\0" * 32), ("tile.missing", 0, 255), id="a tile shortened"
    ),
    pytest.param(note_changed, ("checkpoint.signature", 280, 280), id="a checkpoint edited"),
    pytest.param(
        sql("UPDATE audit_checkpoint SET note = 'x' WHERE size = 280"),
        ("checkpoint.form", 280, 280),
        id="a checkpoint erased",
    ),
    pytest.param(
        sql("UPDATE audit_checkpoint SET size = 281 WHERE size = 280"),
        ("checkpoint.form", 281, 281),
        id="a checkpoint moved",
    ),
] + [
    pytest.param(
        sql(f"UPDATE audit_entry SET {column} = :v WHERE idx = 12", v=value),
        ("entry.columns", 12, 12),
        id=f"column {column}",
    )
    for column, value in {
        "ts": "2020-01-01T00:00:00.000000Z",
        "component": "hub",
        "action": "cell.ran",
        "outcome": "denied",
        "actor_ref": "p_x",
        "object_kind": "person",
        "object_ref": "p_x",
        "project": None,
        "event_id": new_event_id(),
    }.items()
]


def test_a_log_that_nobody_touched_is_whole(whole: World) -> None:
    result = whole.verify()
    assert (result.verdict, result.problems) == ("intact", ())
    assert (result.size, result.covered, result.checkpoints_checked) == (SIZE, SIZE, len(CHECKPOINTS))


@pytest.mark.parametrize(("change", "expected"), CASES)
def test_tampering_is_found_and_the_first_bad_entry_named(
    whole: World, change: Change, expected: tuple[Any, ...]
) -> None:
    change(whole)
    result = whole.verify()
    assert result.verdict == "tampered"
    first = result.first_bad
    assert first is not None
    assert (first.code, first.index, first.last) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(body_edited(7), ("entry.leaf_hash", 7), id="a body edited"),
        pytest.param(body_and_hash_edited(7), ("entry.tree", 7), id="body and hash edited"),
        pytest.param(rows_deleted(7, 9), ("entry.missing", 7), id="rows deleted"),
        pytest.param(cut_off(295), ("checkpoint.truncated", 295), id="the end cut off"),
        pytest.param(
            sql("UPDATE audit_entry SET project = 'other' WHERE idx = 12"), ("entry.columns", 12), id="a column"
        ),
        pytest.param(swapped(285, 295), ("entry.tree", 285), id="rows swapped"),
    ],
)
def test_tampering_is_found_on_either_database(world: World, change: Change, expected: tuple[Any, ...]) -> None:
    grown(world)
    change(world)
    first = world.verify().first_bad
    assert first is not None
    assert (first.code, first.index) == expected


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (sql("UPDATE audit_tile SET hashes = 'no blob \u00e9'"), {"tile.missing"}),
        (sql("UPDATE audit_checkpoint SET note = x'ff00fe' WHERE size = 280"), {"checkpoint.form"}),
        (sql("UPDATE audit_checkpoint SET note = 7 WHERE size = 280"), {"checkpoint.form"}),
        (
            sql("UPDATE audit_entry SET body = 'no blob' WHERE idx = 12"),
            {"entry.leaf_hash", "entry.form", "entry.tree"},
        ),
        (sql("UPDATE audit_entry SET body = 12 WHERE idx = 12"), {"entry.leaf_hash", "entry.form", "entry.tree"}),
        (sql("UPDATE audit_entry SET outcome = x'ff' WHERE idx = 12"), {"entry.columns"}),
        (sql("UPDATE audit_entry SET leaf_hash = 'text' WHERE idx = 12"), {"entry.leaf_hash"}),
        (sql("UPDATE audit_link SET ref = x'ff' WHERE idx = 12"), {"entry.links"}),
    ],
)
def test_a_value_of_another_type_is_tampering_like_any_other(whole: World, change: Change, codes: set[str]) -> None:
    change(whole)
    result = whole.verify()
    assert (result.verdict, {problem.code for problem in result.problems}) == ("tampered", codes)


def test_a_database_file_that_is_damaged_is_never_called_whole(whole: World) -> None:
    whole.db.close()
    path = whole.home / "ansim.db"
    data = bytearray(path.read_bytes())
    for position in range(20_000, len(data), 4096):
        data[position : position + 300] = b"\xff" * 300
    path.write_bytes(data)
    try:
        found = whole.verify().verdict
    except DatabaseUnusable:
        found = "tampered"
    assert found == "tampered"


def test_one_bad_entry_is_the_only_one_reported(whole: World) -> None:
    body_and_hash_edited(100)(whole)
    result = whole.verify()
    assert [problem.index for problem in result.problems] == [100]
    # The rest is still shown to be what was signed.
    assert result.covered == SIZE


def test_every_bad_entry_is_reported(whole: World) -> None:
    for index in (5, 70, 260, 290):
        body_and_hash_edited(index)(whole)
    assert [problem.index for problem in whole.verify().problems] == [5, 70, 260, 290]


def test_every_byte_of_a_body_counts(whole: World) -> None:
    body = whole.body(3)
    for position in range(0, len(body), 29):
        changed = body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
        whole.tamper("UPDATE audit_entry SET body = :b WHERE idx = 3", b=changed)
        first = whole.verify().first_bad
        assert first is not None
        assert first.index == 3


def test_a_log_signed_by_another_key_is_not_trusted(whole: World) -> None:
    verifier = whole.verifier
    shutil.rmtree(whole.home / "log")
    shutil.rmtree(whole.home / "keys")
    whole.tamper("DELETE FROM audit_checkpoint")
    forger = open_world(Database.open(whole.url), whole.home, whole.url)
    forger.log.checkpoint()
    assert verify(whole.db, verifier, whole.home / "log").verdict == "untrusted"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(lambda w: w.tamper("DELETE FROM audit_sidecar"), "sidecar.missing", id="no sealed values"),
        pytest.param(lambda w: shutil.rmtree(w.home / "log"), "checkpoint.files", id="no checkpoint files"),
    ],
)
def test_what_is_missing_is_called_missing(whole: World, change: Change, code: str) -> None:
    change(whole)
    result = whole.verify()
    assert result.verdict == "incomplete"
    assert {problem.code for problem in result.problems} == {code}


def test_a_log_without_any_checkpoint_cannot_be_called_whole(whole: World) -> None:
    shutil.rmtree(whole.home / "log")
    whole.tamper("DELETE FROM audit_checkpoint")
    result = whole.verify()
    assert (result.verdict, result.covered) == ("incomplete", 0)


def test_the_end_cut_off_is_betrayed_by_a_tile_that_nothing_signed(whole: World) -> None:
    shutil.rmtree(whole.home / "log")
    cut_off(100, tiles=False)(whole)
    whole.tamper("DELETE FROM audit_checkpoint")
    first = whole.verify().first_bad
    assert first is not None
    assert (first.code, first.index) == ("tile.extra", 100)


def test_checkpoints_in_files_are_enough_and_that_their_rows_are_gone_is_said(whole: World) -> None:
    whole.tamper("DELETE FROM audit_checkpoint")
    result = whole.verify()
    assert result.ok
    assert {problem.code for problem in result.problems} == {"checkpoint.missing"}


def test_a_signed_head_that_is_not_this_logs_is_found(whole: World) -> None:
    other = Frontier()
    other.append(leaf_hash(b"another log"))
    note = sign_note(Checkpoint(whole.log.origin, 1, other.root()).text(), whole.log.origin, whole.keys.signing)
    (whole.home / "log" / "checkpoints" / "1").write_text(note)
    first = whole.verify().first_bad
    assert first is not None
    assert (first.code, first.index, first.last) == ("checkpoint.root", 0, 0)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * 200_000, "감사\n".encode()])
def test_a_file_that_is_no_checkpoint_is_found(whole: World, content: bytes) -> None:
    path = whole.home / "log" / "checkpoints" / "280"
    path.chmod(0o600)
    path.write_bytes(content)
    first = whole.verify().first_bad
    assert first is not None
    assert (first.code, first.index) == ("checkpoint.form", 280)


def test_many_harmless_problems_do_not_hide_a_grave_one(usual_world: World) -> None:
    times = (datetime(2026, 1, 1, tzinfo=UTC) - timedelta(seconds=n) for n in range(1000))
    world = usual_world
    log = AuditLog(world.db, world.keys, component="cli", origin=world.log.origin, clock=lambda: next(times))
    log.record_all([(an_event(), "cli") for _ in range(300)])
    log.settle()
    log.checkpoint()
    world.tamper("DELETE FROM audit_sidecar")
    body_and_hash_edited(290)(world)
    result = world.verify()
    assert result.verdict == "tampered"
    assert result.first_bad is not None
    assert result.first_bad.index == 290


def test_a_checkpoint_under_a_wrong_size_does_not_confuse_the_walk(whole: World) -> None:
    whole.tamper("UPDATE audit_checkpoint SET size = 7 WHERE size = 280")
    (whole.home / "log" / "checkpoints" / "280").rename(whole.home / "log" / "checkpoints" / "9")
    result = whole.verify()
    assert [(p.code, p.index) for p in result.problems] == [("checkpoint.form", 7), ("checkpoint.form", 9)]
    assert result.covered == SIZE


def test_an_entry_that_was_changed_gets_no_receipt(whole: World) -> None:
    body_and_hash_edited(7)(whole)
    with pytest.raises(LogInconsistent):
        whole.log.receipt(7)


def test_a_clock_that_went_back_is_noted_and_is_no_tampering(usual_world: World) -> None:
    now, world = [datetime(2026, 1, 2, tzinfo=UTC)], usual_world
    log = AuditLog(world.db, world.keys, component="cli", origin=world.log.origin, clock=lambda: now[0])
    log.record(an_event())
    now[0] = datetime(2026, 1, 1, tzinfo=UTC)
    log.record(an_event())
    log.checkpoint()
    result = world.verify()
    assert result.ok
    assert [(problem.code, problem.index) for problem in result.problems] == [("time.backwards", 1)]


def test_progress_is_told(whole: World) -> None:
    told: list[tuple[int, int]] = []
    verify(whole.db, whole.verifier, whole.home / "log", lambda done, total: told.append((done, total)))
    assert told == [(300, 300)]


def test_an_empty_log_is_whole(usual_world: World) -> None:
    assert usual_world.verify().ok
    usual_world.log.checkpoint()
    assert usual_world.verify().ok
