"""Writing the table that a chosen generalisation shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from deid.anonymise.hierarchy import Hierarchy, code
from deid.anonymise.lattice import Demand, Found, Lattice, Metric
from deid.risk.classes import codes


@dataclass(frozen=True, slots=True)
class Anonymised:
    """A generalised table and how it came about."""

    table: pa.Table
    found: Found
    levels: Mapping[str, int]


def anonymise(
    table: pa.Table,
    hierarchies: Sequence[Hierarchy],
    *,
    k: int,
    max_suppression: float = 0.0,
    sensitive: str | None = None,
    distinct: int = 1,
    closeness: float | None = None,
    metric: Metric = "entropy",
) -> Anonymised:
    """Return the table generalised as little as the demands allow; rows that still stand out are left out.

    Raises: DataError — if a hierarchy lacks a value, or no generalisation meets the demands.
    """
    columns = [code([str(v) for v in table.column(h.column).to_pylist()], h) for h in hierarchies]
    lattice = Lattice(columns, metric)
    secret = None if sensitive is None else codes(table.column(sensitive))[0]
    demand = Demand(k, max_suppression, secret, distinct, closeness)
    found = lattice.best(demand)
    kept = pa.array(~lattice.outliers(found.node, demand))
    for column, level in zip(columns, found.node, strict=True):
        name = column.hierarchy.column
        shown = pa.array(np.array(column.names[level], dtype=object)[column.rows_at(level)], pa.string())
        table = table.set_column(table.column_names.index(name), name, shown)
    levels = {column.hierarchy.column: level for column, level in zip(columns, found.node, strict=True)}
    return Anonymised(table.filter(kept), found, levels)
