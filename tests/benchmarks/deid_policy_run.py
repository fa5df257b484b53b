"""One process that reads a table and applies a policy to it, in turn; prints processor seconds and its peak memory.

python -m tests.benchmarks.deid_policy_run DIRECTORY ROWS
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

from deid.engine import apply
from deid.keys import DomainKey
from deid.policy import parse_policy
from deid.sources import BATCH_ROWS, open_table
from tests.benchmarks.deid_tables import POLICY

KEY = DomainKey("bench", 1, bytes(range(32)))
PAIRS = 3


def main(directory: Path, rows: int) -> None:
    """Measure pairs of a read and a policy; many rows are measured once."""
    source, target = directory / "people.parquet", directory / "extract.parquet"
    # In a process of its own: the memory that making the table took is not the policy's.
    maker = "import sys; from pathlib import Path; from tests.benchmarks.deid_tables import write_people as w"
    command = [sys.executable, "-c", f"{maker}; w(Path(sys.argv[1]), int(sys.argv[2]))", str(source), str(rows)]
    subprocess.run(command, check=True)
    policy = parse_policy(POLICY)
    read, applied = [], []
    for _ in range(PAIRS if rows <= 10_000_000 else 1):
        began = time.process_time()
        for _batch in pq.ParquetFile(source, pre_buffer=False).iter_batches(batch_size=BATCH_ROWS):
            pass
        read.append(time.process_time() - began)
        began = time.process_time()
        apply(policy, open_table(source), KEY, target)
        applied.append(time.process_time() - began)
        target.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({"read": read, "apply": applied, "rss": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
