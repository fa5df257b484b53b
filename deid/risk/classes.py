"""Equivalence classes: rows that show the same quasi-identifiers, as numbers that are quick to count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Classes:
    """To which class each row belongs, and how large each class is."""

    of_row: Codes
    sizes: Codes

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.of_row)

    def size_of_row(self) -> Codes:
        """Return the size of each row's class."""
        return np.asarray(self.sizes[self.of_row], dtype=np.int64)


def codes(column: pa.Array | pa.ChunkedArray) -> tuple[Codes, int]:
    """Return a number per distinct value, and how many there are; missing is a value of its own."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    encoded = pc.dictionary_encode(array, null_encoding="encode")
    numbers = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers, max(1, len(encoded.dictionary))


def combine(columns: Iterable[tuple[Codes, int]]) -> tuple[Codes, int]:
    """Return one number per combination of values, counted from 0 without gaps."""
    return reduce(_pair, columns)


def classes(table: pa.Table, quasi: Iterable[str]) -> Classes:
    """Return the classes that quasi-identifiers make; without any, all rows are one class."""
    names = tuple(quasi)
    if not names or not table.num_rows:
        return Classes(
            np.zeros(table.num_rows, np.int64), np.array([table.num_rows] if table.num_rows else [], np.int64)
        )
    of_row, wide = combine(codes(table.column(name)) for name in names)
    of_row, count = _counted(of_row, wide) if wide <= 4 * len(of_row) + 1024 else _dense(of_row)
    return Classes(of_row, np.bincount(of_row, minlength=count))


def _pair(first: tuple[Codes, int], second: tuple[Codes, int]) -> tuple[Codes, int]:
    (left, wide), (right, more) = first, second
    if wide * more > 2**62:
        left, wide = _dense(left)
    return left * more + right, wide * more


def _counted(numbers: Codes, wide: int) -> tuple[Codes, int]:
    """Return the same as `_dense` by counting, which is quicker than sorting where few numbers are possible."""
    there = np.bincount(numbers, minlength=wide) > 0
    return (np.cumsum(there) - 1)[numbers], int(there.sum())


def _dense(numbers: Codes) -> tuple[Codes, int]:
    found, inverse = np.unique(numbers, return_inverse=True)
    return inverse.astype(np.int64), len(found)
