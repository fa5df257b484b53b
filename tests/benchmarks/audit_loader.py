"""Fills a log with as many entries as a zone makes in years, in a minute: the same rows as `append`, in bulk.

`python -m tests.benchmarks.audit_loader URL DIRECTORY [COUNT]` makes the tables, keys and entries. One person has
three tenths of all entries, another has two; a hundredth belongs to egress requests. The same seed gives the same
story. A test holds the rows against those of the writer.
"""

from __future__ import annotations

import base64
import hashlib
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table

from audit import body as bodies
from audit.canonical import dump
from audit.columns import Columns, columns, links
from audit.db import Database
from audit.event import Actor, Event, Object, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.merkle import fold, leaf_hash
from audit.tables import audit_entry, audit_link, audit_tile, metadata

ORIGIN = "bench.ansim.example/audit"
BEGIN = datetime(2025, 1, 2, tzinfo=UTC)
TILE_WIDTH = 256
BATCH = 10_240
HERE = Source(None, "zone")
BLANK = "00000000-0000-7000-8000-000000000000"


def ref(prefix: str, number: int) -> str:
    """Return the same opaque reference for the same number."""
    digest = hashlib.sha256(f"{prefix}{number}".encode()).digest()[:10]
    return f"{prefix}_{base64.b32encode(digest).decode('ascii').lower()}"


PEOPLE = tuple(ref("p", n) for n in range(400))
BUSY, RARE = PEOPLE[0], ref("p", 999)
CHECKERS = tuple(Actor.person(ref("p", n), ("checker",)) for n in range(500, 510))
PROJECTS = tuple(f"project-{n}" for n in range(40))
DATASETS = tuple(f"dataset-{n}" for n in range(10))


@dataclass(frozen=True, slots=True)
class Made:
    """One event with what the log would add to it; `event` alone may be shared by many."""

    event: Event
    component: str
    id: str
    at: datetime


class Routine:
    """The events that one researcher makes again and again."""

    def __init__(self, number: int) -> None:
        session, project = f"s{number}", PROJECTS[number % len(PROJECTS)]
        self.actor = Actor.person(PEOPLE[number], ("researcher",), session=session)
        self.workspace = Object("workspace", ref("ws", number), project)
        self.data = Subjects.datasets([(DATASETS[number % len(DATASETS)], 1, 2694)])
        cell = {"kind": "execute", "kernel": f"k{number}", "bytes": 900 + number}
        file = {"method": "PUT", "bytes": 900, "sha256": hashlib.sha256(session.encode()).hexdigest()}
        self.events = (
            self._event("cell.sent", detail=cell),
            self._event("contents.written", detail=file),
            self._event("workspace.opened"),
            self._event("gate.refused", outcome="denied", reason="download"),
            Event("session.signed_in", self.actor, Object("session", session), Subjects.none(), HERE),
        )

    def _event(self, action: str, **rest: Any) -> Event:
        return Event(action, self.actor, self.workspace, self.data, HERE, **rest)

    def request(self, chance: random.Random) -> Iterator[tuple[Event, str]]:
        """Yield the whole story of one egress request, each event with its component."""
        thing = Object("request", ref("er", chance.randrange(1_000_000)), self.workspace.project)
        files = [chance.randbytes(32).hex() for _ in range(2)]
        worker, (one, two) = Actor.service("worker"), chance.sample(CHECKERS, 2)
        votes = dict.fromkeys(files, "approve")
        steps: list[tuple[str, Actor, str, dict[str, Any]]] = [
            ("egress.submitted", self.actor, "portal", {"files": [{"sha256": f, "size": 9} for f in files]}),
            ("egress.scanned", worker, "worker", {"verdicts": dict.fromkeys(files, "passed")}),
            ("egress.voted", one, "portal", {"votes": votes}),
            ("egress.voted", two, "portal", {"votes": votes}),
            ("egress.approved", two, "portal", {"files": files}),
            ("egress.released", worker, "worker", {"files": files}),
            ("egress.collected", self.actor, "portal", {"files": files}),
        ]
        for action, actor, component, detail in steps:
            yield Event(action, actor, thing, self.data, HERE, detail={"round": 1, **detail}), component


def story(count: int, *, seed: int = 1) -> Iterator[Made]:
    """Yield `count` events of a busy zone, with rising times over two years."""
    chance = random.Random(seed)
    routines = [Routine(number) for number in range(len(PEOPLE))]
    step = 2 * 365 * 86_400 / count
    for made, (event, component) in zip(range(count), _endless(chance, routines, count), strict=False):
        at = BEGIN + timedelta(seconds=int(step * made), microseconds=made % 1_000_000)
        yield Made(
            event, component, f"{made >> 16:08x}-{made & 0xFFFF:04x}-7000-8000-{chance.getrandbits(48):012x}", at
        )


def _endless(chance: random.Random, routines: Sequence[Routine], count: int) -> Iterator[tuple[Event, str]]:
    """Yield what happens: a cell mostly, now and then a sign-in or a whole egress request."""
    granted = Event("person.role_granted", Actor.service("cli"), Object("person", RARE), Subjects.person(RARE), HERE)
    marks, made = {10, count // 2}, 0
    while True:
        if made in marks:
            marks.discard(made)
            yield granted, "cli"
        routine = routines[0] if chance.random() < 0.3 else chance.choice(routines[1:])
        dice = chance.random()
        if dice > 0.998:
            yield from routine.request(chance)
        else:
            kind = 0 if dice < 0.80 else 1 if dice < 0.93 else 2 if dice < 0.98 else 3 if dice < 0.988 else 4
            yield routine.events[kind], "gate"
        made += 1


def load(db: Database, made: Iterable[Made]) -> int:
    """Append events to an empty log in bulk and return how many; their sealed values must be none."""
    loader, stream = _Loader(), iter(made)
    while batch := list(islice(stream, BATCH)):
        with db.begin() as tx:
            loader.write(tx, batch)
    return loader.size


class _Loader:
    """Builds rows and, as they fill, the tiles of every level."""

    def __init__(self) -> None:
        self.size = 0
        self._open: list[list[bytes]] = [[]]
        self._known: dict[int, tuple[Event, list[bytes], Columns, list[tuple[str, str]]]] = {}

    def write(self, tx: Connection, batch: list[Made]) -> None:
        entries: list[tuple[Any, ...]] = []
        linked: list[tuple[Any, ...]] = []
        tiles: list[tuple[Any, ...]] = []
        for made in batch:
            parts, found, names = self._template(made)
            ts = bodies.timestamp(made.at)
            data = parts[0] + made.id.encode() + parts[1] + ts.encode() + parts[2]
            leaf = leaf_hash(data)
            entries.append((self.size, leaf, data, *found._replace(ts=ts, event_id=made.id)))
            linked += [(kind, name, self.size) for kind, name in names]
            self.size += 1
            self._close(0, leaf, tiles)
        for table, rows in ((audit_entry, entries), (audit_link, linked), (audit_tile, tiles)):
            insert(tx, table, rows)

    def _template(self, made: Made) -> tuple[list[bytes], Columns, list[tuple[str, str]]]:
        """Return the bytes of a body around its id and its time, its columns and links."""
        known = self._known.get(id(made.event))
        if known is None or known[0] is not made.event:
            event = replace(made.event, id=BLANK)
            body = bodies.check(bodies.build(event, at=BEGIN, component=made.component, commitments={}))
            before, rest = dump(body).split(BLANK.encode())
            middle, after = rest.split(bodies.timestamp(BEGIN).encode())
            known = (made.event, [before, middle, after], columns(body), sorted(links(body)))
            self._known[id(made.event)] = known
        return known[1], known[2], known[3]

    def _close(self, level: int, value: bytes, tiles: list[tuple[Any, ...]]) -> None:
        if level == len(self._open):
            self._open.append([])
        self._open[level].append(value)
        if len(self._open[level]) == TILE_WIDTH:
            hashes, self._open[level] = self._open[level], []
            root = fold(hashes)
            tiles.append((level, self.size // TILE_WIDTH ** (level + 1) - 1, b"".join(hashes), root))
            self._close(level + 1, root, tiles)


def insert(tx: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows in bulk."""
    names = ", ".join(column.name for column in table.columns)
    cursor: Any = tx.connection.cursor()
    if tx.dialect.name == "sqlite":
        places = ", ".join("?" for _ in table.columns)
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", rows)
        return
    with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def make(url: str, directory: Path, count: int) -> AuditLog:
    """Make a log of `count` entries with its keys and its tables, and sign its head."""
    db = Database.open(url)
    metadata.create_all(db.engine)
    keys = LogKeys.load_or_create(directory / "keys")
    log = AuditLog(db, keys, component="portal", origin=ORIGIN, log_dir=directory / "log")
    load(db, story(count))
    if db.engine.dialect.name == "postgresql":
        # What autovacuum does in the background of a running zone.
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE) audit_entry, audit_link, audit_tile")
    log.checkpoint()
    return log


if __name__ == "__main__":
    began = time.monotonic()
    where, target = sys.argv[1], Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    make(where, target, int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000).db.close()
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
