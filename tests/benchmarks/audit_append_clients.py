"""Many writers on PostgreSQL: events in the tree per second, beside raw inserts of the same rows by as many clients.

Every client is a process with one connection; one more process is the sequencer, as in a zone. A slice of the append
arm ends when the last of its events has its index and its tiles are closed: end to end, integrated. The raw arm
inserts every row ready made, numbered by a sequence of the database, and ends with its last commit.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from audit.db import Database
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.sequencer import Sequencer
from audit.store import sql
from audit.tables import metadata
from tests.benchmarks.audit_append import (
    DIGEST,
    ENTRY,
    LINK,
    ORIGIN,
    SEALED,
    Ready,
    an_event,
    fitting,
    ratio_row,
    ready,
)
from tests.benchmarks.bench_postgresql import running_server
from tests.benchmarks.rows import Row
from tests.benchmarks.slices import compare, take_turns

BAR = 0.70
CLIENTS = (1, 16)
PAIRS = 24
SLICE_SECONDS = 0.4
_SCHEMAS = ("append", "raw")
_NUMBERED = ENTRY.replace("VALUES (?,", "VALUES (nextval('raw_numbers'),")


def measure() -> list[Row]:
    """Run both arms with one client and with sixteen."""
    with running_server() as url, tempfile.TemporaryDirectory(prefix="ansim-bench-") as directory:
        home = Path(directory)
        for name in _SCHEMAS:
            _prepare(url, name, home)
        return [_with_clients(url, home, count) for count in CLIENTS]


def _with_clients(url: str, home: Path, count: int) -> Row:
    with ExitStack() as stack:
        stack.enter_context(_sequencing(schema_url(url, "append")))
        arms = {
            name: [stack.enter_context(_client(schema_url(url, name), home / name, name)) for _ in range(count)]
            for name in _SCHEMAS
        }
        watch = Database.open(schema_url(url, "append"))
        _slice(arms["raw"], 20, None)
        each = _slice(arms["raw"], 20, None)[0]
        events = fitting(each * count, SLICE_SECONDS, 5, 1000)
        turns = take_turns(
            {
                "append": lambda: _slice(arms["append"], events, watch),
                "raw": lambda: _slice(arms["raw"], events, None),
            },
            PAIRS,
        )
        watch.close()
    who = "1 client" if count == 1 else f"{count} clients"
    return ratio_row(
        f"PostgreSQL, {who}, one event per commit: in the tree", compare(turns["append"], turns["raw"]), BAR
    )


def _slice(clients: list[Pipe], events: int, watch: Database | None) -> list[float]:
    """Return for each event of a slice its share of the time that all of them took."""
    for pipe in clients:
        pipe.send(("make", events))
    for pipe in clients:
        pipe.recv()
    size = 0 if watch is None else _size(watch)
    began = time.perf_counter()
    for pipe in clients:
        pipe.send(("go", events))
    for pipe in clients:
        pipe.recv()
    if watch is not None:
        while _size(watch) < size + events * len(clients):
            time.sleep(0.001)
    count = events * len(clients)
    return [(time.perf_counter() - began) / count] * count


def _size(db: Database) -> int:
    with db.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT coalesce(max(idx), -1) + 1 FROM audit_entry").scalar_one())


def schema_url(url: str, name: str) -> str:
    """Return the URL of a schema of its own in the same server."""
    return f"{url}&options=-csearch_path%3D{name}"


def _prepare(url: str, name: str, home: Path) -> None:
    plain = Database.open(url)
    with plain.begin() as tx:
        tx.exec_driver_sql(f"CREATE SCHEMA {name}")
    plain.close()
    db = Database.open(schema_url(url, name))
    metadata.create_all(db.engine)
    with db.begin() as tx:
        tx.exec_driver_sql("CREATE SEQUENCE raw_numbers START 1000")
    log = _log(db, home / name)
    for number in range(20):
        log.record(an_event(number))  # makes the key of each person
    db.close()


def _log(db: Database, home: Path) -> AuditLog:
    home.mkdir(exist_ok=True)
    return AuditLog(db, LogKeys.load_or_create(home / "keys"), component="gate", origin=ORIGIN, log_dir=home / "log")


@contextmanager
def _sequencing(url: str) -> Iterator[None]:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_sequence, args=(url,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _sequence(url: str) -> None:
    Sequencer(Database.open(url)).run(threading.Event())


@contextmanager
def _client(url: str, home: Path, arm: str) -> Iterator[Pipe]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, url, home, arm), daemon=True)
    process.start()
    try:
        yield here
    finally:
        here.send(("end", 0))
        process.join()


def _serve(pipe: Pipe, url: str, home: Path, arm: str) -> None:
    """Make what a slice needs, then write it when told: one event per commit."""
    db = Database.open(url)
    log = _log(db, home)
    made: list[Any] = []
    while (told := pipe.recv())[0] != "end":
        if told[0] == "make":
            made = [an_event(n) for n in range(told[1])] if arm == "append" else ready(log, told[1])
        elif arm == "append":
            for event in made:
                with db.begin() as tx:
                    log.append(tx, event)
        else:
            for row in made:
                with db.begin() as tx:
                    _insert(tx, row)
        pipe.send("done")
    db.close()


def _insert(tx: Connection, row: Ready) -> None:
    values = (row.leaf, row.made.composed.data, *row.columns)
    index = tx.exec_driver_sql(sql(tx, _NUMBERED + " RETURNING idx"), values).scalar_one()
    tx.exec_driver_sql(sql(tx, LINK), [(kind, ref, index) for kind, ref in row.links])
    tx.exec_driver_sql(sql(tx, SEALED), row.sealed)
    tx.exec_driver_sql(sql(tx, DIGEST), [(*digest, row.made.composed.body["id"]) for digest in row.digests])
