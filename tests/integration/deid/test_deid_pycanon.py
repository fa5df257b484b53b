"""k, l and t are those of pycanon on many random tables; pycanon is installed into an environment of its own."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.benchmarks.bench_deid_measures import figures
from tests.benchmarks.deid_peers import environment, peer
from tests.benchmarks.deid_tables import random_tables

TABLES = 50


@pytest.fixture(autouse=True)
def no_network() -> None:
    """The peer comes from the package index."""


@pytest.mark.long
def test_k_l_and_t_are_those_of_pycanon(tmp_path: Path) -> None:
    environment()
    random_tables(tmp_path, TABLES, 2_000)
    theirs = peer("pycanon", tmp_path)["tables"]
    assert len(theirs) == TABLES
    for row in theirs:
        mine = figures(pq.read_table(tmp_path / row["name"]))
        assert {name: math.isclose(value, row[name], abs_tol=1e-9) for name, value in mine.items()} == dict.fromkeys(
            mine, True
        ), row["name"]
