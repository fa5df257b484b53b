"""How long an officer waits for an answer from a log of a million entries, on SQLite and on PostgreSQL.

`python -m tests.benchmarks.audit_search URL DIRECTORY [COUNT]` asks a log that `audit_loader` made there, or makes it,
and prints each question with its seconds. The bar is three seconds for the 95th percentile of every question, those
included that find nothing and must read the log to its end. Part of `make bench-audit`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from audit.db import Database
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.search import Query, look
from audit.searching.answers import QUESTIONS, answer
from audit.searching.counting import count
from audit.searching.proofs import proofs
from tests.benchmarks.audit_loader import BEGIN, BUSY, ORIGIN, RARE, make
from tests.benchmarks.audit_million import ENTRIES, told
from tests.benchmarks.rows import Row, p95

RUNS = 10
BAR_SECONDS = 3.0

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
    "a component that never wrote (none)": {"component": "hub"},
    "an outcome that never was (none)": {"outcome": "failed"},
    "a text that is nowhere, one stretch (none)": {"text": "no-such-text"},
    "a text in a busy person's entries (none)": {"person": BUSY, "text": "no-such-text"},
}


def measure() -> list[Row]:
    """Return the slowest question of each database, of all and of those that an officer is asked by others."""
    rows = []
    for name in ("SQLite", "PostgreSQL"):
        seconds = ask_all(told(name.lower()))
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
        return make(url, directory, size)
    keys = LogKeys.load_or_create(directory / "keys")
    return AuditLog(db, keys, component="portal", origin=ORIGIN, log_dir=directory / "log")


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

    def page(**conditions: Any) -> Ask:
        query = Query(**{"limit": 50, **conditions})
        return lambda tx: proofs(tx, look(tx, query).entries, head)

    def counts(**conditions: Any) -> Ask:
        return lambda tx: count(tx, Query(**conditions))

    def answers(ask: Any, kind: str, ref: str) -> Ask:
        return lambda tx: answer(tx, ask, kind, ref)

    asked: dict[str, Ask] = {name: page(**conditions) for name, conditions in SEARCHES.items()}
    asked |= {"a request": page(request=request), "a file": page(file=file)}
    asked |= {"counts of everything": counts(), "counts of a busy person": counts(person=BUSY)}
    for ask in QUESTIONS:
        for kind, ref in (("person", BUSY), ("dataset", "dataset-0"), ("project", "project-0"), ("file", file)):
            asked[f"{ask}, a {kind}"] = answers(ask, kind, ref)
    return asked


if __name__ == "__main__":
    size = int(sys.argv[3]) if len(sys.argv) > 3 else ENTRIES
    for question, seconds in ask_all(opened(sys.argv[1], Path(sys.argv[2]), size)).items():
        sys.stdout.write(f"{p95(seconds):7.3f}  {question}\n")
