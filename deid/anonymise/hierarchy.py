"""Hierarchies: what a value becomes at each level of generalisation, from a file with one line per value."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audit.text import Text
from deid.errors import DataError

SEPARATORS = (";", ",", "\t")
MISSING = ""
"""How a missing value is called among texts; in a table it stays missing."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The levels of one column: `levels[n][value]` is the value at level n; level 0 is the value itself."""

    column: str
    levels: tuple[Mapping[str, str], ...]

    @property
    def height(self) -> int:
        """Return the number of levels, the value itself included."""
        return len(self.levels)


@dataclass(frozen=True, slots=True)
class Coded:
    """One column of a table with numbers for its values at every level."""

    hierarchy: Hierarchy
    values: tuple[str, ...]
    """The distinct values at level 0."""
    of_row: NDArray[np.int64]
    """The number of each row's value."""
    at_level: tuple[NDArray[np.int64], ...]
    """For each level the number, at that level, of each distinct value."""
    names: tuple[tuple[str, ...], ...]
    """For each level what its numbers stand for."""

    def rows_at(self, level: int) -> NDArray[np.int64]:
        """Return the number of each row at a level."""
        return np.asarray(self.at_level[level][self.of_row])


def read_hierarchy(path: Path, column: str) -> Hierarchy:
    """Return the hierarchy in a file: `value;level 1;level 2;…`, one line per value.

    Raises: DataError — naming the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(Text(f"{path.name}: 읽을 수 없습니다.", f"{path.name} cannot be read.")) from error
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if row]
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]) or len(row) < 1:
            raise DataError(
                Text(f"{path.name} {number}행: 단계 수가 다릅니다.", f"{path.name}, line {number}: uneven.")
            )
    hierarchy = Hierarchy(column, tuple({row[0]: row[level] for row in rows} for level in range(len(rows[0]))))
    _refuse_unnested(hierarchy, path.name)
    return hierarchy


def with_missing(hierarchy: Hierarchy) -> Hierarchy:
    """Return a hierarchy in which a missing value stays missing until all values are one."""
    if MISSING in hierarchy.levels[0] or not hierarchy.levels[0]:
        return hierarchy
    levels = [{**level, MISSING: MISSING} for level in hierarchy.levels]
    everything = set(hierarchy.levels[-1].values())
    if hierarchy.height > 1 and len(everything) == 1:
        levels[-1][MISSING] = everything.pop()
    return Hierarchy(hierarchy.column, tuple(levels))


def code(column: Sequence[str], hierarchy: Hierarchy) -> Coded:
    """Return a column in numbers.

    Raises: DataError — if the hierarchy lacks a value of the column; the value is not shown.
    """
    values, of_row = np.unique(np.asarray(column, dtype=object).astype(str), return_inverse=True)
    missing = [value for value in values if value not in hierarchy.levels[0]]
    if missing:
        raise DataError(
            Text(
                f"{hierarchy.column} 열의 값 {len(missing)}개가 계층표에 없습니다.",
                f"{len(missing)} values of column {hierarchy.column} are not in its hierarchy.",
            )
        )
    at_level, names = [], []
    for level in hierarchy.levels:
        found, numbers = np.unique([level[value] for value in values], return_inverse=True)
        at_level.append(numbers.astype(np.int64))
        names.append(tuple(map(str, found)))
    return Coded(hierarchy, tuple(values), of_row.astype(np.int64), tuple(at_level), tuple(names))


def _refuse_unnested(hierarchy: Hierarchy, name: str) -> None:
    """Refuse a hierarchy in which two values that were one become two again."""
    for lower, higher in zip(hierarchy.levels, hierarchy.levels[1:], strict=False):
        parent: dict[str, str] = {}
        for value in hierarchy.levels[0]:
            if parent.setdefault(lower[value], higher[value]) != higher[value]:
                raise DataError(
                    Text(f"{name}: 한 값이 위 단계에서 둘로 갈라집니다.", f"{name}: a value splits at a higher level.")
                )
