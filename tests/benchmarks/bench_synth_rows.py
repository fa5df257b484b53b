"""What rows cost: the whole way from a Parquet file to a synthetic one, at growing sizes, each in its own process.

    python -m tests.benchmarks.bench_synth_rows [rows …]

The source is the Adult data over and over with ages moved; as many rows are drawn as there are. Seconds are of the
processor, memory is the most that the process ever held. A line in rows means that each costs the same;
`docs/images/synth-rows.svg` is drawn from it where ten million are among them.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit.db import Database
from audit.event import Actor, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from deid.sources import open_table
from deid.synth.policy import parse_synth_policy
from deid.synth.port import Progress
from deid.synth.service import SynthDesk
from hub_config.processes import REPOSITORY
from tests.benchmarks import synth_growth

ADULT = REPOSITORY / "tests" / "data" / "adult" / "adult.parquet"
SIZES = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
POLICY = """version: 1
name: adult, many times
dataset: adult
project: bench
engine: marginals
rows: {rows}
gate: {{attacks: 500, membership: 0.9, singling_out: 0.9, linkability: 0.9, inference: 0.9}}
columns:
{columns}
"""
RESULT = REPOSITORY / "build" / "bench-synth-rows.json"
BLOCK = 500_000


def main(arguments: Sequence[str]) -> int:
    """Measure each size in a process of its own, or one size in this one."""
    if arguments[:1] == ["one"]:
        sys.stdout.write(json.dumps(one(int(arguments[1]))) + "\n")
        return 0
    found = []
    for size in [int(given) for given in arguments] or SIZES:
        found.append(last := apart(size))
        per_row = last["seconds"] / last["rows"] * 1e6
        sys.stdout.write(f"{last['rows']:>12,} rows {last['seconds']:8.1f} s {per_row:6.1f} us {last['mb']:6.0f} MB\n")
        sys.stdout.flush()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if len(found) > 1 and found[-1]["rows"] >= SIZES[-1]:
        synth_growth.IMAGE.write_text(synth_growth.drawing(found), encoding="utf-8")
    return 0


def apart(rows: int) -> dict[str, float]:
    """Return what so many rows cost in a process of its own. Raises: CalledProcessError."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_synth_rows", "one", str(rows)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def one(rows: int) -> dict[str, float]:
    """Make one synthetic extract of so many rows."""
    RESULT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as name:
        place = Path(name)
        names = _write(place / "source.parquet", rows)
        columns = "\n".join(
            f"  {n}: {{kind: {'number, range: [17, 90]' if n == 'age' else 'category'}}}" for n in names
        )
        policy = parse_synth_policy(POLICY.format(rows=rows, columns=columns))
        db = Database.open(f"sqlite:///{place}/log.db")
        import audit.tables

        audit.tables.metadata.create_all(db.engine)
        keys = LogKeys.load_or_create(place / "keys")
        log = AuditLog(db, keys, component="cli", origin="bench/audit", log_dir=place / "log")
        began = time.process_time()
        SynthDesk(log).make(
            policy,
            open_table(place / "source.parquet"),
            place / "drawn.parquet",
            by=Actor.service("cli"),
            source=Source(None),
            subjects=Subjects.none(),
            shown=_silent,
        )
        seconds = time.process_time() - began
        drawn = pq.read_metadata(place / "drawn.parquet").num_rows if (place / "drawn.parquet").exists() else 0
    return {
        "rows": rows,
        "drawn": drawn,
        "seconds": seconds,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _write(path: Path, rows: int) -> list[str]:
    adult, random = pq.read_table(ADULT), np.random.default_rng(1)
    with pq.ParquetWriter(path, adult.schema) as writer:
        for start in range(0, rows, BLOCK):
            part = adult.take(pa.array(random.integers(adult.num_rows, size=min(BLOCK, rows - start))))
            writer.write_table(part)
    return list(adult.column_names)


@contextmanager
def _silent(_stage: str) -> Iterator[Progress]:
    yield lambda _done, _all: None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
