"""The golden log: a log in a form that no version of the tables can change, and how it was made.

`python -m tests.integration.audit.audit_golden DIRECTORY` makes a new one; the one of a version is made once and kept.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from audit.cells import CellStore
from audit.columns import columns, links
from audit.db import Database
from audit.event import Actor, Event, Object, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.tables import audit_checkpoint, audit_entry, audit_key, audit_link, audit_sidecar, audit_tile, metadata

ORIGIN = "golden.ansim.example/audit"
RECEIPTS = (0, 255, 256, 269)
PERSON, OTHER = "p_goldengoldengold", "p_othersothersothe"
CODE = "df.groupby('성별').size()\n".encode()


def story() -> list[Event]:
    """Return 270 events: every kind of actor, object and subject, absent and present fields, one cell."""
    person = Actor.person(PERSON, ("researcher",), session="s1")
    host = "golden"
    first = [
        Event("log.created", Actor.system(), Object("log", "audit"), Subjects.none(), Source(None, host)),
        Event(
            "person.invited",
            Actor.service("cli"),
            Object("person", OTHER),
            Subjects.person(OTHER),
            Source(None, host),
            sealed={"name": "김민수", "email": "kim@hospital.example", "e": "e\u0301 \u2028 \U0001f600"},
        ),
        Event(
            "egress.voted",
            Actor.person(OTHER, ("checker", "senior_checker")),
            Object("request", "er_goldengoldengold", project="gibleed", sha256="ab" * 32),
            Subjects.datasets([("gibleed", 1, 2694), ("population", 2, 0)]),
            Source("2001:db8::17", host, "c0ffee"),
            outcome="denied",
            reason="member_of_project",
            intent_id="019aa000-0000-7000-8000-000000000001",
            on_behalf_of=PERSON,
            policy="sha256:" + "cd" * 32,
            detail={"round": 2, "files": ["ab" * 32], "blind": True, "none": None, "nested": {"n": -1, "empty": []}},
            sealed={"comment": "셀이 너무 작습니다.\n"},
        ),
    ]
    rest = [
        Event(
            "cell.sent",
            person,
            Object("workspace", "ws_goldengoldengold", project="gibleed"),
            Subjects.datasets([("gibleed", 1, 2694)]),
            Source(f"203.0.113.{n % 250}", host),
            detail={"n": n},
        )
        for n in range(270 - len(first))
    ]
    return first + rest


def make(target: Path) -> None:
    """Write a golden log to a directory that does not exist yet."""
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        db = Database.open(f"sqlite:///{home / 'ansim.db'}")
        metadata.create_all(db.engine)
        keys = LogKeys.load_or_create(home / "keys")
        times = (datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=n, microseconds=n) for n in range(10_000))
        log = AuditLog(db, keys, component="portal", origin=ORIGIN, clock=lambda: next(times))
        for n, event in enumerate(story()):
            log.record(event)
            if n in (0, 99, 255, 263):
                log.checkpoint()
        receipts = {index: log.receipt(index) for index in RECEIPTS}
        cell = CellStore(home / "cells", keys.cells).put(CODE)
        write_tables(db, target)
        db.close()
        shutil.copytree(home / "keys", target / "keys")
        shutil.copytree(home / "cells", target / "cells")
        shutil.copytree(home / "log", target / "log", ignore=shutil.ignore_patterns(".*"))
    (target / "cell.txt").write_text(cell + "\n")
    for index, receipt in receipts.items():
        (target / f"{index}.tlog-proof").write_text(receipt, encoding="utf-8")


def write_tables(db: Database, target: Path) -> None:
    """Write what the database holds as JSON lines; bodies as the texts that were hashed."""
    wanted = {
        "entries": "SELECT idx, body, leaf_hash FROM audit_entry ORDER BY idx",
        "tiles": "SELECT level, n, hashes, root FROM audit_tile ORDER BY level, n",
        "checkpoints": "SELECT size, note, tail, created_at FROM audit_checkpoint ORDER BY size",
        "sidecar": "SELECT commitment, key_id, nonce, ciphertext FROM audit_sidecar ORDER BY commitment",
        "subject_keys": "SELECT key_id, subject, wrapped, created_at FROM audit_key ORDER BY key_id",
    }
    with db.read() as tx:
        for name, statement in wanted.items():
            rows = [
                {key: plain(key, value) for key, value in row._mapping.items()} for row in tx.execute(text(statement))
            ]
            lines = [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows]
            (target / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def plain(key: str, value: object) -> object:
    """Return a value as JSON holds it."""
    if isinstance(value, bytes):
        return value.decode("utf-8") if key == "body" else base64.b64encode(value).decode("ascii")
    return value


def read_rows(source: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of one kind."""
    return [json.loads(line) for line in (source / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def load(source: Path, db: Database) -> None:
    """Load a golden log into a database of this version; search columns are derived anew."""
    metadata.create_all(db.engine)
    with db.begin() as tx:
        for row in read_rows(source, "entries"):
            body = json.loads(row["body"])
            fixed = {"idx": row["idx"], "body": row["body"].encode(), "leaf_hash": base64.b64decode(row["leaf_hash"])}
            tx.execute(audit_entry.insert().values(**fixed, **columns(body)._asdict()))
            for kind, ref in links(body):
                tx.execute(audit_link.insert().values(kind=kind, ref=ref, idx=row["idx"]))
        tables = {"tiles": audit_tile, "checkpoints": audit_checkpoint, "sidecar": audit_sidecar}
        for name, table in {**tables, "subject_keys": audit_key}.items():
            for row in read_rows(source, name):
                binary = {c.name for c in table.columns if c.type.python_type is bytes}
                values = {key: base64.b64decode(v) if key in binary else v for key, v in row.items()}
                tx.execute(table.insert().values(**values))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
