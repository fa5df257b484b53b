"""Tables to measure on: extracts of any length with bounded memory, and small random ones for comparing figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 1_000_000
POLICY = """
version: 1
name: measured
dataset: people
project: bench
purpose: statistics
order: source
columns:
  id: {role: direct, action: pseudonym_reversible, reason: r}
  age: {role: quasi, action: round, params: {to: 5, direction: down}, reason: r}
  zip: {role: quasi, action: partial_suppress, params: {keep: 3}, reason: r}
  seen: {role: quasi, action: date_floor, params: {unit: month}, reason: r}
  amount: {role: sensitive, action: keep, reason: r}
"""


def write_people(path: Path, rows: int) -> None:
    """Write rows of five columns: a million different ids of 13 digits, age, postal code, date, amount."""
    random = np.random.default_rng(1)
    ids = pa.array([f"{n:013d}" for n in random.integers(10**12, 10**13, 1_000_000)])
    codes = pa.array([f"{n:05d}" for n in range(1_000, 63_000)])
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, CHUNK):
        count = min(CHUNK, rows - start)
        table = pa.table(
            {
                "id": ids.take(pa.array(random.integers(0, len(ids), count))),
                "age": random.integers(0, 100, count),
                "zip": codes.take(pa.array(random.integers(0, len(codes), count))),
                "seen": pa.array(random.integers(14_000, 20_000, count).astype("datetime64[D]")),
                "amount": random.normal(100.0, 20.0, count),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def random_tables(directory: Path, count: int, rows: int) -> None:
    """Write tables of four quasi-identifiers (q…), a sensitive word and a sensitive number."""
    for number in range(count):
        random = np.random.default_rng(number)
        length = int(random.integers(rows // 4, rows))
        data: dict[str, object] = {
            f"q{n}": random.integers(0, int(random.integers(1, 9)), length).astype(str) for n in range(4)
        }
        data["word"] = np.array(list("abcdefgh"))[random.integers(0, int(random.integers(1, 9)), length)]
        data["number"] = random.integers(0, int(random.integers(2, 60)), length)
        pq.write_table(pa.table(data), directory / f"{number:03d}.parquet")
