"""Rows that are sorted piece by piece come out as if they had been sorted at once."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

import deid.shuffling
from deid.randomness import permutation
from deid.shuffling import shuffled

KEY = bytes(range(32))


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 150), max_size=4), held=st.sampled_from([0, 100, 10_000]))
def test_the_order_is_that_of_all_rows_at_once_and_no_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], held: int
) -> None:
    monkeypatch.setattr(deid.shuffling, "HELD_ROWS", held)
    monkeypatch.setattr(deid.shuffling, "_BUFFERED_ROWS", 7)
    ends = np.cumsum(sizes)
    batches = [
        pa.RecordBatch.from_pydict(
            {"n": pa.array(np.arange(end - size, end)), "t": pa.array(["x"] * size, pa.string())}
        )
        for size, end in zip(sizes, ends, strict=True)
    ]
    made = list(shuffled(iter(batches), KEY, tmp_path / "out.parquet"))
    numbers = [n for batch in made for n in batch.column("n").to_pylist()]
    assert numbers == permutation(KEY, sum(sizes)).tolist()
    assert all(batch.schema.names == ["n", "t"] for batch in made)
    assert list(tmp_path.iterdir()) == []
