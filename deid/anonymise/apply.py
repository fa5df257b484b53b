"""Writing the table that a chosen generalisation shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from deid.anonymise.builtin import as_texts
from deid.anonymise.hierarchy import MISSING, Coded, Hierarchy, code, with_missing
from deid.anonymise.lattice import Demand, Found, Lattice, Metric, Progress
from deid.plain_numbers import as_numbers
from deid.risk.classes import Codes, codes
from deid.risk.measures import is_ordered, ranked


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
    progress: Progress = lambda _done, _all: None,
) -> Anonymised:
    """Return the table generalised as little as the demands allow; rows that still stand out are left out.

    Raises: DataError — if a hierarchy lacks a value, or no generalisation meets the demands.
    """
    columns = [_coded(table.column(h.column), h) for h in hierarchies]
    lattice = Lattice(columns, metric)
    secret, ordered = (None, False) if sensitive is None else secret_codes(table.column(sensitive))
    demand = Demand(k, max_suppression, secret, distinct, closeness, ordered=ordered)
    found = lattice.best(demand, progress)
    kept = pa.array(~lattice.outliers(found.node, demand))
    for column, level in zip(columns, found.node, strict=True):
        name = column.hierarchy.column
        names = pa.array([None if one == MISSING else one for one in column.names[level]], pa.string())
        shown = names.take(pa.array(column.rows_at(level)))
        table = table.set_column(table.column_names.index(name), name, shown)
    levels = {column.hierarchy.column: level for column, level in zip(columns, found.node, strict=True)}
    return Anonymised(table.filter(kept), found, levels)


def secret_codes(column: pa.ChunkedArray) -> tuple[Codes, bool]:
    """Return a number per sensitive value, and whether the numbers have the order of the values."""
    numbers = as_numbers(column)
    if is_ordered(numbers.type) and not numbers.null_count:
        return ranked(numbers)[0], True
    return codes(column)[0], False


def _coded(column: pa.ChunkedArray, hierarchy: Hierarchy) -> Coded:
    """Return a column in numbers; only its distinct values become texts."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    values = as_texts(encoded.dictionary.to_pylist())
    if MISSING in values:
        hierarchy = with_missing(hierarchy)
    coded = code(values, hierarchy)
    of_row = coded.of_row[encoded.indices.to_numpy(zero_copy_only=False)]
    return replace(coded, of_row=of_row.astype(np.int64))
