"""Tables as numbers that can be compared: what attacks and measures of use look at, whatever engine made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from deid.synth.coding import numbers_of
from deid.synth.policy import LISTED, ColumnKind

Values = NDArray[np.float64]
"""Rows of numbers, shape (rows, columns): a number as it is, a category by its place in a list, nothing as NaN."""


@dataclass(frozen=True, slots=True)
class Space:
    """The columns of several tables on one footing."""

    names: tuple[str, ...]
    categorical: NDArray[np.bool_]
    lists: tuple[tuple[str, ...], ...]
    """Values of each categorical column; empty for numbers."""
    spans: NDArray[np.float64]
    """How far the middle 90 of 100 numbers of a column lie apart; 1 for categories."""

    @classmethod
    def of(cls, columns: Sequence[ColumnKind], tables: Sequence[pa.Table]) -> Space:
        """Return a space that holds every value of the tables; the spans are those of the first."""
        lists, spans = [], []
        for column in columns:
            if column.kind in LISTED:
                texts = [pc.cast(table.column(column.name), pa.string()).unique() for table in tables]
                lists.append(tuple(sorted({v for one in texts for v in one.to_pylist() if v is not None})))
                spans.append(1.0)
            else:
                lists.append(())
                numbers, absent = numbers_of(tables[0].column(column.name).combine_chunks())
                seen = numbers[~absent]
                low, high = np.quantile(seen, [0.05, 0.95]) if seen.size else (0.0, 1.0)
                spans.append(float(high - low) or 1.0)
        categorical = np.array([column.kind in LISTED for column in columns])
        return cls(tuple(c.name for c in columns), categorical, tuple(lists), np.array(spans))

    def values(self, table: pa.Table) -> Values:
        """Return a table as numbers."""
        result = np.empty((table.num_rows, len(self.names)))
        for n, name in enumerate(self.names):
            column = table.column(name).combine_chunks()
            if self.categorical[n]:
                found = pc.index_in(pc.cast(column, pa.string()), value_set=pa.array(self.lists[n], pa.string()))
                result[:, n] = found.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
            else:
                numbers, absent = numbers_of(column)
                result[:, n] = np.where(absent, np.nan, numbers)
        return result

    def distances(self, row: Values, others: Values, columns: NDArray[np.intp]) -> Values:
        """Return how far other rows are from one, shape (others,): 0 to 1 for each column, added up (Gower).

        Two rows of which neither has a value are alike there; where one has none they differ.
        """
        found = np.zeros(len(others))
        for n in columns:
            mine, theirs = row[n], others[:, n]
            if self.categorical[n]:
                apart = (theirs != mine).astype(np.float64)
            else:
                apart = np.minimum(np.abs(theirs - mine) / self.spans[n], 1.0)
            gone = np.isnan(theirs)
            apart[gone] = 0.0 if np.isnan(mine) else 1.0
            if np.isnan(mine):
                apart[~gone] = 1.0
            found += apart
        return found

    def lines(self, values: Values) -> NDArray[np.void]:
        """Return each row as one value that equals that of an equal row."""
        plain = np.ascontiguousarray(np.where(np.isnan(values), np.inf, values) + 0.0)
        return plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).reshape(-1)


@dataclass(frozen=True, slots=True)
class Tables:
    """What attacks are made with and use is measured on."""

    space: Space
    synthetic: Values
    learnt: Values
    held_out: Values
