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

_SHORT = 7
"""Bytes of the longest text that is a positive number of 64 bits as it stands."""


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
    return _encoded(_whole(column))


def numbers(column: pa.Array | pa.ChunkedArray) -> tuple[Codes, int]:
    """Return a number per distinct value, and a number that is above all of them; cheaper than `codes`.

    Whole numbers near to each other, and texts of one short length, are told apart by what they are; anything else,
    and any column with a missing value, is encoded.
    """
    array = _whole(column)
    values = None if array.null_count or not len(array) else _as_they_stand(array)
    if values is None:
        return _encoded(array)
    least, most = int(values.min()), int(values.max())
    if most - least <= 4 * len(values) + 1024:
        return values - least, most - least + 1
    return _encoded(pa.array(values))


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
    of_row, wide = combine(numbers(table.column(name)) for name in names)
    if wide <= 4 * len(of_row) + 1024:
        # Counting is quicker than looking up where few numbers are possible.
        counts = np.bincount(of_row, minlength=wide)
        there = counts > 0
        return Classes((np.cumsum(there) - 1)[of_row], counts[there])
    of_row, count = _encoded(pa.array(of_row))
    return Classes(of_row, np.bincount(of_row, minlength=count))


def occurring(found: Codes, wide: int) -> tuple[Codes, Codes]:
    """Return which of `wide` possible numbers occur, in their order, and how often each does."""
    if wide <= 4 * len(found) + 1024:
        counts = np.bincount(found, minlength=wide)
        there = np.flatnonzero(counts)
        return there, counts[there]
    return np.unique(found, return_counts=True)


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    array = column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _encoded(array: pa.Array) -> tuple[Codes, int]:
    encoded = pc.dictionary_encode(array, null_encoding="encode")
    found = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return found, max(1, len(encoded.dictionary))


def _as_they_stand(array: pa.Array) -> Codes | None:
    """Return values that are numbers of at most 64 bits already, or None."""
    if pa.types.is_signed_integer(array.type):
        return np.asarray(array.to_numpy(), dtype=np.int64)
    if not pa.types.is_string(array.type):
        return None
    size = len(array)
    _valid, places, letters = array.buffers()
    ends = np.frombuffer(places, np.int32, size + 1, array.offset * 4)
    length = (int(ends[-1]) - int(ends[0])) // size
    if not 0 < length <= _SHORT or (np.diff(ends) != length).any():
        return None
    written = np.frombuffer(letters, np.uint8, size * length, int(ends[0]))
    if length == 1:
        return written.astype(np.int64)
    wide = np.zeros((size, 8), np.uint8)
    wide[:, -length:] = written.reshape(size, length)
    return wide.view(">i8").ravel().astype(np.int64)


def _pair(first: tuple[Codes, int], second: tuple[Codes, int]) -> tuple[Codes, int]:
    (left, wide), (right, more) = first, second
    if wide * more > 2**62:
        left, wide = _dense(left)
    return left * more + right, wide * more


def _dense(numbers: Codes) -> tuple[Codes, int]:
    found, inverse = np.unique(numbers, return_inverse=True)
    return inverse.astype(np.int64), len(found)
