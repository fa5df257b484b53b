"""The log that the benchmark of searching fills in bulk is the log that appending would have made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import text

from audit.db import Database
from audit.event import Subjects
from audit.log import AuditLog
from tests.benchmarks.audit_loader import load, story
from tests.databases import database_in
from tests.integration.audit.audit_world import ORIGIN, World, new_world


def test_the_loader_of_the_benchmark_writes_what_an_append_writes(usual_world: World, tmp_path: Any) -> None:
    made = list(story(600))
    assert load(usual_world.db, made) == 600
    usual_world.log.checkpoint()
    assert usual_world.verify().problems == ()
    other = tmp_path / "other"
    other.mkdir()
    url = database_in(other)
    appended = new_world(Database.open(url), other, url)
    times = iter(one.at for one in made)
    log = AuditLog(
        appended.db, appended.keys, component="x", origin=ORIGIN, log_dir=other / "log", clock=lambda: next(times)
    )
    log.record_all([(replace(one.event, id=one.id), one.component) for one in made])
    log.settle()
    for table in ("audit_entry", "audit_link", "audit_tile"):
        order = "idx, kind, ref" if table == "audit_link" else "1, 2"
        rows = []
        for world in (usual_world, appended):
            with world.db.read() as tx:
                rows.append([tuple(row) for row in tx.execute(text(f"SELECT * FROM {table} ORDER BY {order}"))])
        assert rows[0] == rows[1], table
    appended.db.close()


def test_subjects_of_the_loader_are_those_of_a_zone() -> None:
    actions = {one.event.action for one in story(20_000)}
    assert {"cell.sent", "egress.released", "gate.refused", "person.role_granted"} <= actions
    assert any(one.event.subjects == Subjects.none() for one in story(2_000))
