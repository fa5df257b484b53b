"""A log written by an earlier version verifies, opens and proves in this one: the format is final."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.body import parse
from audit.canonical import decode, encode
from audit.cells import CellStore
from audit.checkpoint import open_checkpoint
from audit.db import Database
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.merkle import Frontier, leaf_hash
from audit.note import parse_vkey
from audit.proof import verify_receipt
from audit.verify import verify
from tests.integration.audit.audit_golden import CODE, ORIGIN, OTHER, load, read_rows
from tests.integration.audit.audit_world import an_event

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "audit").glob("v*"))


@pytest.fixture(params=GOLDEN, ids=lambda path: path.name)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the log of one version; its keys get back the modes that version control does not keep."""
    copy = tmp_path / "golden"
    shutil.copytree(request.param, copy)
    for key in (copy / "keys").iterdir():
        key.chmod(0o600)
    return copy


@pytest.fixture
def db(golden: Path, database_url: str) -> Iterator[Database]:
    opened = Database.open(database_url)
    load(golden, opened)
    yield opened
    opened.close()


def test_there_is_a_golden_log() -> None:
    assert [path.name for path in GOLDEN][:1] == ["v1"]


def test_an_earlier_log_verifies(golden: Path, db: Database) -> None:
    result = verify(db, parse_vkey((golden / "keys" / "log.vkey").read_text()), golden / "log")
    assert result.problems == ()
    assert (result.verdict, result.size, result.covered) == ("intact", 270, 270)


def test_an_earlier_log_can_be_continued(golden: Path, db: Database) -> None:
    log = AuditLog(db, LogKeys.load_or_create(golden / "keys"), component="cli", origin=ORIGIN, log_dir=golden / "log")
    log.check_head()
    assert log.record(an_event()) == 270
    log.checkpoint()
    assert verify(db, parse_vkey((golden / "keys" / "log.vkey").read_text()), golden / "log").ok


def test_earlier_sealed_values_and_cells_open(golden: Path, db: Database) -> None:
    keys = LogKeys.load_or_create(golden / "keys")
    log = AuditLog(db, keys, component="cli", origin=ORIGIN, log_dir=golden / "log")
    assert log.unseal(1) == {"name": "김민수", "email": "kim@hospital.example", "e": "e\u0301 \u2028 \U0001f600"}
    assert log.unseal(2) == {"comment": "셀이 너무 작습니다.\n", "source.ip": "2001:db8::17"}
    assert CellStore(golden / "cells", keys.cells).get((golden / "cell.txt").read_text().strip()) == CODE


def test_earlier_receipts_prove_their_entries(golden: Path) -> None:
    key = parse_vkey((golden / "keys" / "log.vkey").read_text())
    bodies = {row["idx"]: row["body"] for row in read_rows(golden, "entries")}
    receipts = sorted(golden.glob("*.tlog-proof"))
    assert len(receipts) == 4
    for path in receipts:
        receipt = verify_receipt(path.read_text(encoding="utf-8"), key)
        assert receipt.index == int(path.stem)
        assert encode(receipt.body).decode() == bodies[receipt.index]


def test_the_format_of_an_earlier_log_is_what_the_specifications_say(golden: Path) -> None:
    """Checked with the standard library alone, so that a change in our own modules cannot hide."""
    entries = read_rows(golden, "entries")
    tree = Frontier()
    for row in entries:
        data = row["body"].encode()
        assert json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == data
        assert hashlib.sha256(b"\x00" + data).digest() == leaf_hash(data)
        assert parse(data) == decode(data)
        tree.append(leaf_hash(data))
    head = open_checkpoint(
        (golden / "log" / "checkpoint").read_text(), parse_vkey((golden / "keys" / "log.vkey").read_text())
    )
    assert (head.origin, head.size, head.root) == (ORIGIN, len(entries), tree.root())


def test_no_personal_value_is_in_a_leaf_of_an_earlier_log(golden: Path) -> None:
    text = (golden / "entries.jsonl").read_text(encoding="utf-8")
    assert text.isascii()
    for value in ("김", "kim@", "203.0.113.", "2001:db8", "groupby"):
        assert value not in text
    assert OTHER in text
