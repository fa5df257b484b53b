"""How long an officer waits for an answer from a log of a million entries, on SQLite and on PostgreSQL.

`python -m tests.benchmarks.audit_search URL DIRECTORY [COUNT]` asks a log that `audit_loader` made there, or makes it,
and prints each question with its seconds. The bar is three seconds for the 95th percentile of every question, those
included that find nothing and must read the log to its end. Part of `make bench-audit`.

The entries are those of appending them; only of their addresses no sealed value lies beside, as a search by address
reads the index of digests alone: nine people in ten share one address, as an institution has it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from audit.body import timestamp
from audit.db import Database
from audit.digests import ADDRESS, digest, under_every_key
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.search import Query, look
from audit.searching.answers import QUESTIONS, answer
from audit.searching.counting import count
from audit.searching.proofs import proofs
from audit.tables import audit_digest
from tests.benchmarks.audit_loader import BEGIN, BUSY, ORIGIN, PEOPLE, RARE, insert, make
from tests.benchmarks.audit_million import ENTRIES, told
from tests.benchmarks.rows import Row, p95

RUNS = 10
BAR_SECONDS = 3.0
SHARED, ALONE = "203.0.113.7", "198.51.100.9"

Ask = Callable[[Connection], object]

# Half of them find nothing: that is when a search must read the most.
SEARCHES: Mapping[str, dict[str, Any]] = {
    "everything": {},
    "a busy person": {"person": BUSY},
    "a busy person, from the beginning": {"person": BUSY, "newest_first": False},
    "a busy person, the last page": {"person": BUSY, "after": 100},
    "a person with two entries": {"person": RARE},
    "a busy person's approvals (none)": {"person": BUSY, "action": "egress.approved"},
    "a busy person's refusals": {"person": BUSY, "outcome": "denied"},
    "a busy person's failures (none)": {"person": BUSY, "outcome": "failed"},
    "a busy person in another project (none)": {"person": BUSY, "project": "project-7"},
    "a busy person, long ago": {"person": BUSY, "until": BEGIN + timedelta(days=100)},
    "a dataset, the first two days": {"dataset": "dataset-0", "until": BEGIN + timedelta(days=2)},
    "a dataset and a project that never met (none)": {"dataset": "dataset-0", "project": "project-7"},
    "one day": {"since": BEGIN + timedelta(days=100), "until": BEGIN + timedelta(days=101)},
    "one month": {"since": BEGIN + timedelta(days=100), "until": BEGIN + timedelta(days=130)},
    "all of egress": {"action": "egress."},
    "executed cells": {"action": "cell.sent"},
    "approvals": {"action": "egress.approved"},
    "refusals": {"outcome": "denied"},
    "a component that never wrote (none)": {"component": "hub"},
    "an address that an institution shares": {"address": SHARED},
    "an address of a few": {"address": ALONE},
    "an address that never was (none)": {"address": "192.0.2.1"},
    "releases from a shared address (none)": {"address": SHARED, "action": "egress.revoked"},
    "a busy person at another address (none)": {"address": ALONE, "person": PEOPLE[1], "outcome": "failed"},
    "an outcome that never was (none)": {"outcome": "failed"},
    "a text that is nowhere, one stretch (none)": {"text": "no-such-text"},
    "a text in a busy person's entries (none)": {"person": BUSY, "text": "no-such-text"},
}


def measure() -> list[Row]:
    """Return the slowest question of each database, of all and of those that an officer is asked by others."""
    rows = []
    for name in ("SQLite", "PostgreSQL"):
        log = told(name.lower())
        address(log)
        seconds = ask_all(log)
        asked = {what: taken for what, taken in seconds.items() if what.partition(",")[0] in QUESTIONS}
        rows += [_row(name, "who saw what, what left, who approved", asked), _row(name, "questions", seconds)]
    return rows


def _row(name: str, about: str, seconds: Mapping[str, list[float]]) -> Row:
    slowest = max(seconds, key=lambda question: p95(seconds[question]))
    value = p95(seconds[slowest])
    return Row(
        benchmark="search",
        what=f"{name}, slowest of {len(seconds)} ({about}) over {ENTRIES:,} entries, p95: {slowest}",
        value=value,
        unit="s",
        beside="bar",
        reference=BAR_SECONDS,
        bar=f"< {BAR_SECONDS:g} s",
        passed=value < BAR_SECONDS,
        samples=tuple(seconds[slowest]),
    )


def opened(url: str, directory: Path, size: int) -> AuditLog:
    """Return the log at a URL, made if its database has no tables."""
    db = Database.open(url)
    try:
        with db.read() as tx:
            tx.execute(text("SELECT 1 FROM audit_entry LIMIT 1"))
    except Exception:
        log = make(url, directory, size)
        address(log)
        return log
    keys = LogKeys.load_or_create(directory / "keys")
    return AuditLog(db, keys, component="portal", origin=ORIGIN, log_dir=directory / "log")


def address(log: AuditLog) -> None:
    """Give the entries of each person their address, in the index of digests alone."""
    with log.db.begin() as tx:
        if tx.execute(text("SELECT 1 FROM audit_digest LIMIT 1")).first() is not None:
            return
        found = {}
        for number, person in enumerate(PEOPLE):
            key = log.subject_keys.live(tx, person, timestamp(BEGIN))
            found[person] = (key.key_id, ADDRESS, digest(key, ADDRESS, SHARED if number % 10 else ALONE))
        every = tx.execute(text("SELECT actor_ref, event_id FROM audit_entry")).all()
        insert(
            tx, audit_digest, sorted((*found[row.actor_ref], row.event_id) for row in every if row.actor_ref in found)
        )
    if log.db.engine.dialect.name == "postgresql":
        with log.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE) audit_digest")


def ask_all(log: AuditLog, runs: int = RUNS) -> dict[str, list[float]]:
    """Return the seconds of every question, asked some times; the first time is left out, as it warms the cache."""
    found: dict[str, list[float]] = {}
    for name, ask in questions(log).items():
        for run in range(runs + 1):
            with log.db.read() as tx:
                began = time.perf_counter()
                ask(tx)
                if run:
                    found.setdefault(name, []).append(time.perf_counter() - began)
    return found


def questions(log: AuditLog) -> dict[str, Ask]:
    """Return what a page does for an officer: a page of entries with their proofs, counts, answers."""
    head = log.head()
    with log.db.read() as tx:
        request, file = (
            str(tx.execute(text("SELECT ref FROM audit_link WHERE kind = :k LIMIT 1"), {"k": kind}).scalar_one())
            for kind in ("request", "file")
        )
        event = str(tx.execute(text("SELECT event_id FROM audit_entry WHERE idx = 1000")).scalar_one())

    def addresses(tx: Connection, value: str) -> list[tuple[str, bytes]]:
        return under_every_key(tx, log.subject_keys, ADDRESS, value)

    def page(**conditions: Any) -> Ask:
        query = Query(**{"limit": 50, **conditions})
        return lambda tx: proofs(tx, look(tx, query, addresses=addresses).entries, head)

    def counts(**conditions: Any) -> Ask:
        return lambda tx: count(tx, Query(**conditions), addresses=addresses)

    def answers(ask: Any, kind: str, ref: str) -> Ask:
        return lambda tx: answer(tx, ask, kind, ref)

    asked: dict[str, Ask] = {name: page(**conditions) for name, conditions in SEARCHES.items()}
    asked |= {"a request": page(request=request), "a file": page(file=file), "an event": page(correlation=event)}
    asked |= {"counts of a shared address": counts(address=SHARED), "counts of approvals": counts(action="egress.")}
    asked |= {"counts of everything": counts(), "counts of a busy person": counts(person=BUSY)}
    for ask in QUESTIONS:
        for kind, ref in (
            ("person", BUSY),
            ("dataset", "dataset-0"),
            ("project", "project-0"),
            ("request", request),
            ("file", file),
        ):
            asked[f"{ask}, a {kind}"] = answers(ask, kind, ref)
        # One whose entries lie all over the log, and not only near its end.
        asked[f"{ask}, a dataset used all along"] = answers(ask, "dataset", "dataset-1")
    return asked


if __name__ == "__main__":
    size = int(sys.argv[3]) if len(sys.argv) > 3 else ENTRIES
    for question, seconds in ask_all(opened(sys.argv[1], Path(sys.argv[2]), size)).items():
        sys.stdout.write(f"{p95(seconds):7.3f}  {question}\n")
