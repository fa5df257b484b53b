"""Pseudonyms, a whole policy, the search on Adult and the figures of risk, each beside a peer by processor time."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from deid.anonymise.apply import anonymise
from deid.anonymise.hierarchy import read_hierarchy
from deid.pseudonyms import identifiers, reversible
from deid.risk.classes import classes
from deid.risk.measures import distinct_l, k_anonymity, t_closeness
from deid.sources import BATCH_ROWS
from hub_config.processes import REPOSITORY
from tests.benchmarks.deid_peer import QUASI
from tests.benchmarks.deid_peers import peer
from tests.benchmarks.deid_tables import random_tables
from tests.benchmarks.rows import Row

ADULT = REPOSITORY / "tests" / "data" / "adult"
KEY = bytes(range(32))
PAIRS = 5
ROWS = 10_000_000
MOST_MEMORY = 1.5e9
# ARX 3.9.2, TestAnonymizationKAnonymity: Adult, k = 5, precomputed non-uniform entropy.
PUBLISHED = {0.04: (255559.85455731067, 906), 0.0: (407289.5388925293, 0)}


def measure_pseudonyms() -> list[Row]:
    """Compare reversible keyed pseudonyms with a pandas loop over HMAC, in turn."""
    digits = np.random.default_rng(1).integers(10**12, 10**13, 2_000_000)
    ids = pa.array([str(n) for n in digits])
    series = pd.Series(ids.slice(0, 60_000).to_pylist())
    # In batches, as the engine hands them over: one huge array would measure the allocation of memory.
    batches = [ids.slice(start, BATCH_ROWS) for start in range(0, len(ids), BATCH_ROWS)]
    ours, theirs = [], []
    for _ in range(PAIRS):
        theirs.append(len(series) / _cpu(lambda: series.apply(_hmac)))
        ours.append(len(ids) / _cpu(lambda: [reversible(identifiers(one, "id"), KEY).nbytes for one in batches]))
    return [_faster("reversible pseudonyms, 13 characters", ours, "pandas apply(hmac.new)", theirs, 20.0, "rows/s")]


def measure_policy(rows: int = ROWS) -> list[Row]:
    """Compare a whole policy, Parquet to Parquet, with reading the file; memory is that of a process of its own."""
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as directory:
        command = [sys.executable, "-m", "tests.benchmarks.deid_policy_run", directory, str(rows)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
    found: dict[str, Any] = json.loads(done.stdout)
    ratio = statistics.median(read / apply for read, apply in zip(found["read"], found["apply"], strict=True))
    what = f"policy, Parquet to Parquet, {rows:,} rows"
    speed = Row(
        benchmark="policy",
        what=what,
        value=rows / statistics.median(found["apply"]),
        unit="rows/s",
        beside="pure read",
        reference=rows / statistics.median(found["read"]),
        bar="at least 0.35x",
        passed=ratio >= 0.35,
        samples=tuple(found["apply"]),
    )
    memory = Row(
        benchmark="policy",
        what=f"{what}: memory",
        value=found["rss"] / 1e6,
        unit="MB",
        beside="limit",
        reference=MOST_MEMORY / 1e6,
        bar="below",
        passed=found["rss"] < MOST_MEMORY,
    )
    return [speed, memory]


def measure_search() -> list[Row]:
    """Compare the optimum on Adult with the published ones, and the search with its output with anjana's."""
    table = pq.read_table(ADULT / "adult.parquet")
    hierarchies = [read_hierarchy(ADULT / f"{name}.csv", name) for name in QUASI]
    rows = []
    for limit, (score, suppressed) in PUBLISHED.items():
        found = anonymise(table, hierarchies, k=5, max_suppression=limit).found
        same = math.isclose(found.loss, score, rel_tol=1e-12) and found.suppressed == suppressed
        rows.append(
            Row(
                benchmark="search",
                what=f"Adult, k = 5, {limit:.0%} left out: score ({found.suppressed} rows)",
                value=found.loss,
                unit="bits",
                beside=f"published ({suppressed} rows)",
                reference=score,
                bar="identical",
                passed=same,
            )
        )
    ours, theirs = [], []
    for _ in range(3):
        theirs.append(1 / peer("anjana", ADULT)["cpu"])
        ours.append(1 / _cpu(lambda: anonymise(table, hierarchies, k=5, max_suppression=0.04)))
    rows.append(_faster("Adult, k = 5, 4 %: search and output table", ours, "anjana", theirs, 5.0, "runs/s"))
    return rows


def measure_figures(count: int = 50, size: int = 2_000) -> list[Row]:
    """Compare k, l and t with pycanon's on random tables, and the time that k takes, in turns."""
    (REPOSITORY / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as name:
        directory = Path(name)
        random_tables(directory, count, size)
        tables = peer("pycanon", directory)["tables"]
        equal = 0
        for row in tables:
            mine = figures(pq.read_table(directory / row["name"]))
            equal += all(math.isclose(mine[key], row[key], abs_tol=1e-9) for key in mine)
        ours, theirs = [], []
        for _ in range(PAIRS):
            theirs.append(count / peer("pycanon-k", directory)["cpu"])
            ours.append(count / _seconds_of_k([directory / row["name"] for row in tables]))
    same = Row(
        benchmark="figures",
        what="tables with the same k, l and t",
        value=equal,
        unit="tables",
        beside="pycanon",
        reference=count,
        bar="all",
        passed=equal == count,
    )
    return [same, _faster("k of them", ours, "pycanon", theirs, 10.0, "tables/s")]


def figures(table: pa.Table) -> dict[str, float]:
    """Return k, l and t of one table."""
    found = classes(table, _quasi(table))
    values = {"k": k_anonymity(found)}
    for name in ("word", "number"):
        values[f"l {name}"] = distinct_l(found, table.column(name))
        values[f"t {name}"] = t_closeness(found, table.column(name))
    assert all(isinstance(value, float) for value in values.values())
    return values  # type: ignore[return-value]


def _seconds_of_k(paths: list[Path]) -> float:
    """Return the processor seconds of k alone, as `deid_peer` takes them: each table read from its file anew."""
    tables = [pq.read_table(path) for path in paths]
    _k(tables[0])
    return sum(_cpu(partial(_k, table)) for table in tables)


def _k(table: pa.Table) -> object:
    return k_anonymity(classes(table, _quasi(table)))


def _quasi(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name.startswith("q")]


def _faster(what: str, ours: list[float], peer_name: str, theirs: list[float], bar: float, unit: str) -> Row:
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return Row(
        benchmark=what.split(",")[0],
        what=what,
        value=statistics.median(ours),
        unit=unit,
        beside=peer_name,
        reference=statistics.median(theirs),
        bar=f"at least {bar:g}x",
        passed=ratio >= bar,
        samples=tuple(one / other for one, other in zip(ours, theirs, strict=True)),
    )


def _hmac(value: str) -> str:
    return hmac.new(KEY, value.encode(), hashlib.sha256).hexdigest()


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
