"""Builders for tests of the log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from audit.cells import CellStore
from audit.db import Database
from audit.event import Actor, Event, Object, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.note import Verifier
from audit.refs import new_ref
from audit.tables import metadata
from audit.verification import Verification
from audit.verify import verify
from tests.databases import spelled, without_guards

ORIGIN = "ansim.example/audit"
ALICE, BOB = "p_aaaaaaaaaaaaaaaa", "p_bbbbbbbbbbbbbbbb"
WORKSPACE, REQUEST = "ws_aaaaaaaaaaaaaaaa", "er_aaaaaaaaaaaaaaaa"


@dataclass(frozen=True, slots=True)
class World:
    """A log, its database and its files."""

    db: Database
    log: AuditLog
    keys: LogKeys
    cells: CellStore
    home: Path
    url: str

    @property
    def verifier(self) -> Verifier:
        return self.keys.verifier(ORIGIN)

    def verify(self) -> Verification:
        return verify(self.db, self.verifier, self.home / "log")

    def size(self) -> int:
        with self.db.read() as tx:
            return self.log.size(tx)

    def fill(self, count: int) -> None:
        """Record `count` events in one transaction."""
        self.log.record_all([(an_event(detail={"n": n}), "portal") for n in range(count)])
        self.log.settle()

    def tamper(self, *statements: str, **values: Any) -> None:
        """Run statements as a database administrator would: without the guards."""
        with self.db.begin() as tx:
            without_guards(tx)
            for statement in statements:
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                tx.execute(text(spelled(tx, statement)), used)

    def body(self, index: int) -> bytes:
        with self.db.read() as tx:
            return bytes(tx.execute(text("SELECT body FROM audit_entry WHERE idx = :i"), {"i": index}).scalar_one())


def new_world(db: Database, home: Path, url: str) -> World:
    """Make tables, keys and a log."""
    metadata.create_all(db.engine)
    return open_world(db, home, url)


def open_world(db: Database, home: Path, url: str) -> World:
    """Return the log in a database that has its tables."""
    keys = LogKeys.load_or_create(home / "keys")
    log = AuditLog(db, keys, component="portal", origin=ORIGIN, log_dir=home / "log")
    return World(db, log, keys, CellStore(home / "cells", keys.cells, log.cell_keys()), home, url)


def an_event(action: str = "cell.sent", actor: Actor | None = None, **rest: Any) -> Event:
    """Return an ordinary event, with whatever a test is about replaced."""
    rest.setdefault("object", Object("workspace", WORKSPACE, project="gibleed"))
    rest.setdefault("subjects", Subjects.datasets([("gibleed", 1, 2694)]))
    rest.setdefault("source", Source("203.0.113.7"))
    return Event(action, actor or Actor.person(ALICE, ("researcher",)), **rest)


def a_request_event(action: str, ref: str = REQUEST, **rest: Any) -> Event:
    """Return an event about an egress request."""
    return an_event(action, object=Object("request", ref, project="gibleed"), **rest)


def someone() -> Actor:
    """Return a person nobody has met."""
    return Actor.person(new_ref("p"))
