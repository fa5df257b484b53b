"""Every class of byte in the database, and every kind of change to it, on a log of 300 entries.

A change is made by whoever may write to every table and has no key; what it is to be called stands beside it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text as statement

from audit.text import Text
from audit.verification import PROBLEMS
from tests.integration.audit.audit_tampering import (
    Change,
    body_and_hash_edited,
    body_edited,
    body_hash_and_tile_edited,
    cut_off,
    note_changed,
    rebuilt_from,
    rows_deleted,
    sql,
    swapped,
)
from tests.integration.audit.audit_world import World


@dataclass(frozen=True, slots=True)
class DatabaseMutation:
    """One change to the database: to which class of byte, of which kind, and what a verifier must say."""

    subject: Text
    kind: str
    change: Change
    code: str
    index: int

    @property
    def verdict(self) -> str:
        return PROBLEMS[self.code].weight

    @property
    def id(self) -> str:
        return f"{self.subject.en}: {self.kind}"


def _copied(source: str, target: str, table: str, key: str, column: str) -> Change:
    def change(world: World) -> None:
        with world.db.read() as tx:
            value = tx.scalar(statement(f"SELECT {column} FROM {table} WHERE {key} = {source}"))
        world.tamper(f"UPDATE {table} SET {column} = :value WHERE {key} = {target}", value=value)

    return change


def _note(world: World, size: int) -> tuple[str, str]:
    """Return the text of a checkpoint and the lines of its signatures."""
    with world.db.read() as tx:
        note = str(tx.scalar(statement("SELECT note FROM audit_checkpoint WHERE size = :size"), {"size": size}))
    text, lines = note.split("\n\n")
    return text, lines


def _signature(edit: Callable[[str], str]) -> Change:
    """Return the change of what stands in the signatures of the checkpoint at 280, each line for itself."""

    def change(world: World) -> None:
        text, lines = _note(world, 280)
        edited = "".join(f"{new}\n" for line in lines.splitlines() if (new := edit(line)))
        world.tamper("UPDATE audit_checkpoint SET note = :note WHERE size = 280", note=f"{text}\n\n{edited}")

    return change


def _flipped(line: str) -> str:
    head, signature = line.rsplit(" ", 1)
    data = base64.b64decode(signature)
    return f"{head} {base64.b64encode(data[:-1] + bytes([data[-1] ^ 1])).decode()}"


def _signature_of_another(world: World) -> None:
    text, lines = _note(world, 280)[0], _note(world, 50)[1]
    world.tamper("UPDATE audit_checkpoint SET note = :note WHERE size = 280", note=f"{text}\n\n{lines}")


def _inserted(world: World) -> None:
    """Put a copy of an entry between two others and move all that follow."""
    world.tamper(
        "UPDATE audit_entry SET idx = -idx WHERE idx > 20",
        "UPDATE audit_entry SET idx = 1 - idx WHERE idx < 0",
        "INSERT INTO audit_entry SELECT 21, leaf_hash, body, ts, component, action, outcome, actor_ref, object_kind,"
        " object_ref, project, '019aa000-0000-7000-8000-000000000001' FROM audit_entry WHERE idx = 20",
    )


BODY = Text("기록 본문", "body of an entry")
LEAF = Text("저장된 해시", "stored leaf hash")
BOTH = Text("본문과 그 해시", "body with its hash")
ALL = Text("본문, 해시, 트리 조각", "body, hash and tile")
ROW = Text("기록의 행", "row of an entry")
TILE = Text("해시 트리 조각", "tile")
UPPER_TILE = Text("위 단계의 조각", "tile of a higher level")
TILE_ROOT = Text("조각의 뿌리", "root of a tile")
CHECKPOINT = Text("체크포인트", "checkpoint")
NOTE_SIGNATURE = Text("체크포인트 서명", "signature of the checkpoint")
COLUMN = Text("검색 항목", "index column")
LINK = Text("시간순 목록 연결", "timeline link")
SEALED = Text("봉인된 값", "sealed value")
SEALING_KEY = Text("봉인된 값의 키", "key of sealed values")
SUFFIX = Text("기록의 끝부분", "end of the log")
WHOLE = Text("기록 전체", "whole log")

ZERO = b"\0" * 32

DATABASE: tuple[DatabaseMutation, ...] = (
    DatabaseMutation(BODY, "change", body_edited(7), "entry.leaf_hash", 7),
    DatabaseMutation(
        BODY, "truncate", sql("UPDATE audit_entry SET body = substr(body, 1, 90) WHERE idx = 7"), "entry.leaf_hash", 7
    ),
    DatabaseMutation(BODY, "replay", _copied("3", "7", "audit_entry", "idx", "body"), "entry.leaf_hash", 7),
    DatabaseMutation(
        LEAF, "change", sql("UPDATE audit_entry SET leaf_hash = :h WHERE idx = 9", h=ZERO), "entry.leaf_hash", 9
    ),
    DatabaseMutation(
        LEAF,
        "truncate",
        sql("UPDATE audit_entry SET leaf_hash = substr(leaf_hash, 1, 31) WHERE idx = 9"),
        "entry.leaf_hash",
        9,
    ),
    DatabaseMutation(LEAF, "replay", _copied("3", "9", "audit_entry", "idx", "leaf_hash"), "entry.leaf_hash", 9),
    DatabaseMutation(BOTH, "change", body_and_hash_edited(7), "entry.tree", 7),
    DatabaseMutation(BOTH, "swap", swapped(20, 30), "entry.tree", 20),
    DatabaseMutation(ALL, "change", body_hash_and_tile_edited(7), "entry.tree", 7),
    DatabaseMutation(ROW, "delete", rows_deleted(7, 9), "entry.missing", 7),
    DatabaseMutation(ROW, "insert", _inserted, "entry.tree", 21),
    DatabaseMutation(
        TILE,
        "change",
        sql("UPDATE audit_tile SET hashes = CAST(:z || substr(hashes, 33) AS BLOB)", z=ZERO),
        "entry.tree",
        0,
    ),
    DatabaseMutation(TILE, "delete", sql("DELETE FROM audit_tile"), "tile.missing", 0),
    DatabaseMutation(
        TILE, "insert", sql("INSERT INTO audit_tile SELECT 0, 1, hashes, root FROM audit_tile"), "tile.extra", 300
    ),
    DatabaseMutation(
        UPPER_TILE, "insert", sql("INSERT INTO audit_tile SELECT 1, 0, hashes, root FROM audit_tile"), "tile.extra", 300
    ),
    DatabaseMutation(
        TILE, "truncate", sql("UPDATE audit_tile SET hashes = substr(hashes, 1, 8160)"), "tile.missing", 0
    ),
    DatabaseMutation(TILE_ROOT, "change", sql("UPDATE audit_tile SET root = :z", z=ZERO), "tile.root", 0),
    DatabaseMutation(CHECKPOINT, "change", note_changed, "checkpoint.signature", 280),
    DatabaseMutation(
        CHECKPOINT, "delete", sql("UPDATE audit_checkpoint SET note = '' WHERE size = 280"), "checkpoint.form", 280
    ),
    DatabaseMutation(
        CHECKPOINT, "swap", sql("UPDATE audit_checkpoint SET size = 281 WHERE size = 280"), "checkpoint.form", 281
    ),
    DatabaseMutation(
        CHECKPOINT,
        "truncate",
        sql("UPDATE audit_checkpoint SET note = substr(note, 1, 40) WHERE size = 280"),
        "checkpoint.form",
        280,
    ),
    DatabaseMutation(
        CHECKPOINT, "replay", _copied("50", "280", "audit_checkpoint", "size", "note"), "checkpoint.form", 280
    ),
    DatabaseMutation(NOTE_SIGNATURE, "change", _signature(_flipped), "checkpoint.signature", 280),
    DatabaseMutation(NOTE_SIGNATURE, "delete", _signature(lambda _: ""), "checkpoint.form", 280),
    DatabaseMutation(NOTE_SIGNATURE, "truncate", _signature(lambda line: line[:-10]), "checkpoint.form", 280),
    DatabaseMutation(NOTE_SIGNATURE, "replay", _signature_of_another, "checkpoint.signature", 280),
    DatabaseMutation(
        COLUMN, "change", sql("UPDATE audit_entry SET outcome = 'denied' WHERE idx = 12"), "entry.columns", 12
    ),
    DatabaseMutation(
        COLUMN, "delete", sql("UPDATE audit_entry SET project = NULL WHERE idx = 12"), "entry.columns", 12
    ),
    DatabaseMutation(
        COLUMN,
        "swap",
        sql("UPDATE audit_entry SET object_ref = actor_ref, actor_ref = object_ref WHERE idx = 12"),
        "entry.columns",
        12,
    ),
    DatabaseMutation(COLUMN, "replay", _copied("3", "12", "audit_entry", "idx", "ts"), "entry.columns", 12),
    DatabaseMutation(
        LINK, "change", sql("UPDATE audit_link SET ref = 'p_x' WHERE idx = 12 AND kind = 'person'"), "entry.links", 12
    ),
    DatabaseMutation(
        LINK, "delete", sql("DELETE FROM audit_link WHERE idx = 12 AND kind = 'person'"), "entry.links", 12
    ),
    DatabaseMutation(LINK, "insert", sql("INSERT INTO audit_link VALUES ('person', 'p_x', 13)"), "entry.links", 13),
    DatabaseMutation(LINK, "swap", sql("UPDATE audit_link SET idx = 1300 WHERE idx = 12"), "entry.links", 12),
    DatabaseMutation(SEALED, "delete", sql("DELETE FROM audit_sidecar"), "sidecar.missing", 0),
    DatabaseMutation(SEALING_KEY, "delete", sql("DELETE FROM audit_key"), "sidecar.key", 0),
    DatabaseMutation(SUFFIX, "truncate", cut_off(100), "checkpoint.truncated", 100),
    DatabaseMutation(WHOLE, "replay", rebuilt_from(60), "checkpoint.root", 50),
    DatabaseMutation(WHOLE, "delete", cut_off(0), "checkpoint.truncated", 0),
)
