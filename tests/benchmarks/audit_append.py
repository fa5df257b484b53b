"""What an append costs beside a raw insert of the same rows, in the same run.

The raw arm is given every row ready made: the body as bytes, its index columns, its links, its sealed values already
encrypted. It writes them into tables with the same indexes, in the same transactions of SQLAlchemy, with
`exec_driver_sql`, the lowest layer that SQLAlchemy offers. Beside it stand:

- *append*, which starts from events: check, commitments, encryption, canonical bytes, tree. This is the bar at one
  event per commit and at a hundred, though the raw arm is spared the making of the rows. A hundred go through
  `append_all`, as through the audit service.
- *cursor*, the raw arm through the driver's own cursor, below SQLAlchemy. No bar.
- *one row*, the entry alone, without links and sealed values: it shows what those cost. No bar.

Beside each ratio of times stands the ratio of processor times. It decides where the times of the pairs differ too much
among each other, on a machine that has other work or a disk that others use.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pymerkle
from sqlalchemy import Connection

from audit.db import Database
from audit.entering import Prepared
from audit.event import Actor, Event, Object, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.merkle import leaf_hash
from audit.sidecar import DigestRow, SidecarRow
from audit.tables import metadata
from tests.benchmarks.rows import Row
from tests.benchmarks.slices import Paired, compare, percentile, take_turns, timed

ORIGIN = "bench.example/audit"
PEOPLE = tuple(f"p_{letter * 16}" for letter in "abcdefghijklmnopqrst")
PAIRS = 200
BATCH = 100
# A slice of single commits is as long as the disk allows: five arms and two hundred pairs should end within a minute.
SLICE_SECONDS = 0.012
PEER_PAIRS, PEER_SLICE, PEER_SIZE = 20, 5, 10_000
SINGLE_BAR, BATCH_BAR, P99_BAR, PEER_BAR = 0.80, 0.85, 5.0, 10.0

ENTRY = """
INSERT INTO audit_entry (idx, leaf_hash, body, ts, component, action, outcome, actor_ref, object_kind, object_ref,
                         project, event_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
LINK = "INSERT INTO audit_link (kind, ref, idx) VALUES (?, ?, ?)"
SEALED = "INSERT INTO audit_sidecar (commitment, key_id, nonce, ciphertext) VALUES (?, ?, ?, ?)"
DIGEST = "INSERT INTO audit_digest (key_id, kind, digest, event_id) VALUES (?, ?, ?, ?)"


class Ready(NamedTuple):
    """The rows of one event, made beforehand."""

    made: Prepared
    leaf: bytes
    columns: tuple[Any, ...]
    links: list[tuple[str, str]]
    sealed: Sequence[SidecarRow]
    digests: Sequence[DigestRow]


class Arm:
    """A log in a database of its own, and the numbers of the rows that were written raw."""

    def __init__(self, directory: Path, name: str) -> None:
        home = directory / name
        home.mkdir()
        self.db = Database.open(f"sqlite:///{home / 'ansim.db'}")
        metadata.create_all(self.db.engine)
        keys = LogKeys.load_or_create(home / "keys")
        self.log = AuditLog(self.db, keys, component="gate", origin=ORIGIN, log_dir=home / "log")
        self.written = 0
        self.processor: list[float] = []
        """Seconds of processor time of each commit."""

    def timed(self, act: Callable[[], object]) -> float:
        """Return how many seconds a commit takes."""
        began = time.process_time()
        seconds = timed(act)
        self.processor.append(time.process_time() - began)
        return seconds

    def insert(self, tx: Connection, row: Ready, *, alone: bool = False) -> None:
        """Write the rows of an event as any program would."""
        index, self.written = self.written, self.written + 1
        tx.exec_driver_sql(ENTRY, (index, row.leaf, row.made.composed.data, *row.columns))
        if alone:
            return
        tx.exec_driver_sql(LINK, [(kind, ref, index) for kind, ref in row.links])
        tx.exec_driver_sql(SEALED, row.sealed)
        tx.exec_driver_sql(DIGEST, [(*digest, row.made.composed.body["id"]) for digest in row.digests])

    def below(self, tx: Connection, row: Ready) -> None:
        """Write the same rows through the driver's cursor."""
        index, self.written = self.written, self.written + 1
        cursor = tx.connection.cursor()
        cursor.execute(ENTRY, (index, row.leaf, row.made.composed.data, *row.columns))
        cursor.executemany(LINK, [(kind, ref, index) for kind, ref in row.links])
        for sealed in row.sealed:
            cursor.execute(SEALED, sealed)
        for digest in row.digests:
            cursor.execute(DIGEST, (*digest, row.made.composed.body["id"]))
        cursor.close()


def ready(log: AuditLog, count: int) -> list[Ready]:
    """Return rows that this log's database takes, and that no clock sees the making of."""
    with log.db.begin() as tx:
        return [_ready(log, tx, an_event(number)) for number in range(count)]


def _ready(log: AuditLog, tx: Connection, event: Event) -> Ready:
    made = log.prepare(tx, event, "gate")
    composed = made.composed
    return Ready(made, leaf_hash(composed.data), composed.columns, sorted(composed.links), made.sealed, made.digests)


def an_event(number: int) -> Event:
    """Return an event as the gate records one for every cell: a person, an address, a dataset, some detail."""
    return Event(
        "cell.sent",
        Actor.person(PEOPLE[number % len(PEOPLE)], ("researcher",), session="s1"),
        Object("workspace", "ws_aaaaaaaaaaaaaaaa", project="gibleed"),
        Subjects.datasets([("gibleed", 1, 2694)]),
        Source(f"203.0.113.{number % 250}"),
        detail={
            "kind": "execute_request",
            "kernel": "python3",
            "bytes": 120 + number % 50,
            "code": os.urandom(32).hex(),
        },
    )


def measure() -> list[Row]:
    """Run the arms and return their rows; the databases lie in the directory of temporary files."""
    with tempfile.TemporaryDirectory(prefix="ansim-bench-") as directory:
        place = Path(directory)
        singles = _run(place, "single", _slice_size(place), PAIRS, per_commit=1)
        batches = _run(place, "batch", BATCH, PAIRS, per_commit=BATCH)
        peers = _beside_pymerkle(place)
    rows = [_p99_row("SQLite, one event per commit: p99 of append", singles["append"])]
    for title, found, bars in (
        ("SQLite, one event per commit", singles, {"append": SINGLE_BAR}),
        ("SQLite, 100 events per commit", batches, {"append": BATCH_BAR}),
    ):
        rows += [ratio_row(f"{title}: {name}", pair, bars.get(name)) for name, pair in found.items()]
    return [*rows, *peers]


def fitting(each: float, seconds: float, least: int, most: int) -> int:
    """Return how many operations of a length fit into a slice."""
    return max(least, min(most, int(seconds / each)))


def _slice_size(place: Path) -> int:
    arm = Arm(place, "size")
    arm.log.record(an_event(0))
    each = statistics.median(_append(arm, 20, 1))
    arm.db.close()
    return fitting(each, SLICE_SECONDS, 5, 50)


def _beside_pymerkle(place: Path) -> list[Row]:
    """Return durable appends beside those of pymerkle's SQLite store, as it is shipped: it commits each.

    Beside one caller stands what the service does with many: it lets a hundred events share a commit.
    """
    arm = Arm(place, "peer")
    arm.log.record(an_event(0))
    data = ready(arm.log, 1)[0].made.composed.data
    tree = pymerkle.SqliteTree(str(place / "pymerkle.db"))
    tree.append_entries([data] * PEER_SIZE)  # in one transaction: a log is not empty
    turns = take_turns(
        {
            "one": lambda: _append(arm, PEER_SLICE, 1),
            "grouped": lambda: [_append(arm, BATCH, BATCH)[0] / BATCH] * PEER_SLICE,
            "pymerkle": lambda: [timed(lambda: tree.append_entry(data)) for _ in range(PEER_SLICE)],
        },
        PEER_PAIRS,
    )
    tree.con.close()
    arm.db.close()
    rows = []
    for name, title, bar in (("one", "one caller", None), ("grouped", "callers that share commits", PEER_BAR)):
        pair = compare(turns[name], turns["pymerkle"])
        row = ratio_row(f"SQLite, durable events, {title}", pair, bar, beside="pymerkle")
        # So far from 1 the spread of the pairs says nothing; their median does.
        said = f"median of {len(pair.ratios)} pairs {pair.ratio:.1f}, lower quartile {pair.lower_quartile:.1f}"
        if bar is not None:
            row = replace(row, passed=pair.ratio >= bar, bar=f">= {bar:.0f} x pymerkle ({said})")
        rows.append(row if bar is not None else replace(row, bar=said))
    return rows


def _run(place: Path, name: str, size: int, pairs: int, *, per_commit: int) -> dict[str, Paired]:
    arms = {arm: Arm(place, f"{name}-{arm}") for arm in ("append", "raw", "cursor", "row")}
    for arm in arms.values():
        arm.log.record(an_event(0))  # makes the first key, and statements known to the driver
        arm.written = 1
    turns = take_turns(
        {
            "append": lambda: _append(arms["append"], size, per_commit),
            "raw": lambda: _write(arms["raw"], size, per_commit, arms["raw"].insert),
            "cursor": lambda: _write(arms["cursor"], size, per_commit, arms["cursor"].below),
            "row": lambda: _write(arms["row"], size, per_commit, lambda tx, r: arms["row"].insert(tx, r, alone=True)),
        },
        pairs,
    )
    for arm in arms.values():
        arm.db.close()
    spent = {name: statistics.median(arm.processor) for name, arm in arms.items()}
    titles = {"raw": "append", "cursor": "append to cursor", "row": "append to one row"}
    return {
        title: compare(turns["append"], turns[base], processor=spent[base] / spent["append"])
        for base, title in titles.items()
    }


def _append(arm: Arm, size: int, per_commit: int) -> list[float]:
    events = [an_event(number) for number in range(size)]

    def commit(some: Sequence[Event]) -> None:
        with arm.db.begin() as tx:
            arm.log.append_all(tx, [(event, "gate") for event in some])

    return [arm.timed(lambda i=i: commit(events[i : i + per_commit])) for i in range(0, size, per_commit)]  # type: ignore[misc]


def _write(arm: Arm, size: int, per_commit: int, write: Callable[[Connection, Ready], None]) -> list[float]:
    rows = ready(arm.log, size)

    def commit(some: Sequence[Ready]) -> None:
        with arm.db.begin() as tx:
            for row in some:
                write(tx, row)

    return [arm.timed(lambda i=i: commit(rows[i : i + per_commit])) for i in range(0, size, per_commit)]  # type: ignore[misc]


def ratio_row(what: str, pair: Paired, bar: float | None, *, beside: str = "raw") -> Row:
    """Return the row of a comparison; one whose pairs differ too much among each other does not pass."""
    rate, base = (len(seconds) / sum(seconds) for seconds in (pair.arm, pair.base))
    said = f"IQR {pair.iqr:.2f}"
    if pair.processor is not None:
        said += f", processor {pair.processor:.2f}"
    if bar is not None:
        said = f">= {bar:.2f} x {beside} (median of {len(pair.ratios)} pairs {pair.ratio:.2f}, {said})"
    else:
        said = f"median of pairs {pair.ratio:.2f}, {said}"
    decides = _deciding(pair)
    return Row(
        benchmark="audit-append",
        what=what,
        value=rate,
        unit="commits/s",
        beside=beside,
        reference=base,
        bar=said + _judged(pair),
        passed=None if bar is None else decides >= bar,
        samples=pair.ratios,
    )


def _deciding(pair: Paired) -> float:
    """Return what is held to the bar: the median, or of restless pairs what others of the machine change least."""
    if not pair.void:
        return pair.ratio
    return pair.lower_quartile if pair.processor is None else pair.processor


def _judged(pair: Paired) -> str:
    if not pair.void:
        return ""
    said = f"their lower quartile {pair.lower_quartile:.2f} decides"
    return f", too restless: {said if pair.processor is None else 'processor time decides'}"


def _p99_row(what: str, pair: Paired) -> Row:
    ours, raw = percentile(pair.arm, 0.99) * 1000, percentile(pair.base, 0.99) * 1000
    return Row(
        benchmark="audit-append",
        what=what,
        value=ours,
        unit="ms",
        beside="raw",
        reference=raw,
        bar=f"<= {P99_BAR:g} x raw",
        passed=ours <= P99_BAR * raw,
    )
