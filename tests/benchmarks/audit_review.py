"""How long the report of a month takes in which a million things happened, and the pages that show it.

`python -m tests.benchmarks.audit_review URL DIRECTORY [COUNT]` makes a log whose entries all fall into one month, if
the database is empty, and prints seconds as JSON. The bar is one minute for the report.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.db import Database
from audit.event import Actor, Source
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.review.overview import Counting
from audit.review.policy import load_review_policy
from audit.review.service import ReviewDesk
from audit.review.working_hours import Month
from audit.tables import metadata
from tests.benchmarks.audit_loader import BEGIN, ORIGIN, Made, load, story
from tests.benchmarks.audit_million import ENTRIES, scratch
from tests.benchmarks.rows import Row

MONTH = Month(2026, 10)
NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)
BAR_SECONDS = 60


def one_month(count: int) -> Iterator[Made]:
    """Yield the story of two years as if it had happened in one month."""
    begin = datetime(2026, 9, 30, 15, tzinfo=UTC)
    for made in story(count):
        passed = (made.at - BEGIN) * (31 / (2 * 365))
        yield replace(made, at=begin + passed + timedelta(microseconds=1))


def prepare(url: str, directory: Path, count: int) -> AuditLog:
    """Return a log with `count` entries in one month, made if the database has none."""
    db = Database.open(url)
    metadata.create_all(db.engine)
    keys = LogKeys.load_or_create(directory / "keys")
    log = AuditLog(db, keys, component="portal", origin=ORIGIN, log_dir=directory / "log", clock=lambda: NOW)
    with db.read() as tx:
        empty = log.size(tx) == 0
    if empty:
        load(db, one_month(count))
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM (ANALYZE) audit_entry, audit_link, audit_tile")
        log.checkpoint()
    return log


def measure_all() -> list[Row]:
    """Return what the report of such a month takes, and the dashboard of it, in SQLite."""
    home = scratch()
    log = prepare(f"sqlite:///{home / 'ansim.db'}", home, ENTRIES)
    seconds = measure(log)
    log.db.close()
    titles = {"report": ("report of a month with", BAR_SECONDS), "dashboard": ("dashboard of a month with", None)}
    return [
        Row(
            benchmark="review",
            what=f"{title} {ENTRIES:,} entries, SQLite",
            value=seconds[name],
            unit="s",
            beside="bar",
            reference=BAR_SECONDS,
            bar="-" if bar is None else f"< {bar} s",
            passed=None if bar is None else seconds[name] < bar,
        )
        for name, (title, bar) in titles.items()
    ]


def measure(log: AuditLog) -> dict[str, float]:
    """Return seconds of the report, and of a dashboard of the month."""
    policy = load_review_policy()
    desk = ReviewDesk(log.db, log, policy, clock=lambda: NOW)
    with log.db.read() as tx:
        size = log.size(tx)

    counting = Counting(log.db, policy.hours)

    def dashboard() -> None:
        counting.overview(MONTH.first, MONTH.last, NOW)

    steps: dict[str, Callable[[], object]] = {
        "report": lambda: desk.make(MONTH, by=Actor.service("bench"), source=Source(None)),
        "dashboard": dashboard,
        "dashboard_again": dashboard,
    }
    found: dict[str, float] = {"entries": size}
    for name, step in steps.items():
        began = time.monotonic()
        step()
        found[name] = round(time.monotonic() - began, 2)
    return found


if __name__ == "__main__":
    where, target = sys.argv[1], Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    seconds = measure(prepare(where, target, int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000))
    sys.stdout.write(json.dumps({**seconds, "bar": BAR_SECONDS}) + "\n")
    sys.exit(0 if seconds["report"] <= BAR_SECONDS else 1)
