"""What an action is: it turns one column of a batch of rows into what the extract shows in its place.

Row-wise actions need nothing but the rows they are given. Others first survey the whole source (`survey`) and then
work row-wise with what they learnt, so that the result does not depend on how the rows were cut into batches.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.errors import DataError
from deid.keys import DomainKey


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that an action works on."""

    name: str
    """The column."""
    start: int
    """The number of the first row in the whole source, from 0."""
    columns: Mapping[str, pa.Array]
    """The rows as they came, for actions that look at other columns."""
    key: DomainKey

    def secret(self, purpose: str) -> bytes:
        """Return a key of this column for randomness that must be repeatable."""
        return self.key.derive(f"{purpose}|{self.name}")

    def numbers(self) -> NDArray[np.uint64]:
        """Return the numbers of the rows."""
        length = len(next(iter(self.columns.values()))) if self.columns else 0
        return np.arange(self.start, self.start + length, dtype=np.uint64)


class Source(Protocol):
    """Something with rows that can be read from the beginning as often as needed."""

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """Yield all rows of some columns, in their order."""


class Action(ABC):
    """What is done to one column; a subclass is a frozen dataclass whose fields are its parameters."""

    techniques: ClassVar[tuple[str, ...]]
    """The guideline's techniques this may be called on a form, the usual one first."""
    summary: ClassVar[Text]

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the other columns it looks at."""
        return ()

    def mistake(self) -> Text | None:
        """Return what is wrong with the parameters as a whole, if anything."""
        return None

    def caution(self) -> Text | None:
        """Return what it shows although it is permitted, for whoever decides on the policy."""
        return None

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Return the row-wise action; one that needs the whole column reads it here.

        Raises: DataError — if the column is not what the action works on.
        """
        return self

    @abstractmethod
    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return what stands in place of the column; null stays null.

        Raises: DataError — naming column and row, never the value.
        """


def as_numbers(column: pa.Array, rows_start: int, name: str) -> pa.Array:
    """Return a column as int64 or float64; text is read as a number, with or without commas between thousands.

    NaN is a missing value, as an empty text is. Raises: DataError — naming the first row that is no finite number.
    """
    if pa.types.is_integer(column.type):
        return pc.cast(column, pa.int64())
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        return _finite(pc.cast(column, pa.float64()), rows_start, name)
    if not pa.types.is_string(column.type):
        raise DataError(Text(f"{name} 열은 숫자가 아닙니다.", f"column {name} does not hold numbers."))
    texts = pc.replace_substring(pc.utf8_trim_whitespace(column), pattern=",", replacement="")
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    try:
        return pc.cast(texts, pa.int64())
    except pa.ArrowInvalid:
        pass
    try:
        return _finite(pc.cast(texts, pa.float64()), rows_start, name)
    except pa.ArrowInvalid:
        row = next(i for i, value in enumerate(texts.to_pylist()) if not _is_number(value))
        raise _no_number(name, rows_start + row) from None


def _finite(numbers: pa.Array, rows_start: int, name: str) -> pa.Array:
    numbers = pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    endless = pc.fill_null(pc.is_inf(numbers), False)
    if pc.any(endless).as_py():
        raise _no_number(name, rows_start + pc.index(endless, True).as_py())
    return numbers


def _no_number(name: str, row: int) -> DataError:
    return DataError(Text(f"{name} 열 {row + 1}행: 숫자가 아닙니다.", f"column {name}, row {row + 1}: not a number."))


def on_numbers(column: pa.Array, change: Callable[[NDArray[Any]], NDArray[Any]]) -> pa.Array:
    """Return a numeric column with its valid values changed all at once."""
    if not column.null_count:
        return pa.array(change(column.to_numpy(zero_copy_only=False)))
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    changed = change(pc.drop_null(column).to_numpy(zero_copy_only=False))
    if changed.dtype == object:
        values = np.empty(len(column), dtype=object)
    else:
        values = np.zeros(len(column), dtype=changed.dtype)
    values[valid] = changed
    return pa.array(values, mask=~valid)


def classes(columns: Mapping[str, pa.Array], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Return for each row the values that say to which class it belongs."""
    return list(zip(*(columns[name].to_pylist() for name in names), strict=True))


def at_least(least: int, **given: int) -> Text | None:
    """Return what is wrong if a parameter is smaller than it may be."""
    for name, value in given.items():
        if value < least:
            return Text(f"{name}은(는) {least} 이상이어야 합니다", f"{name} must be {least} or more")
    return None


def _is_number(value: str | None) -> bool:
    try:
        return value is None or np.isfinite(float(value))
    except ValueError:
        return False
