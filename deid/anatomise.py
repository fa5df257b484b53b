"""Anatomy (해부화): a table is cut into two that only share the number of a group, nothing of it is changed.

In every group no sensitive value stands for more than one row in l: whoever finds a person in the first table learns no
more than a chance of 1/l. Algorithm and proof: Xiao and Tao, "Anatomy: Simple and Effective Privacy Preservation"
(VLDB 2006), section 4. It protects the link, not the fact that somebody is in the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from audit.text import Text
from deid.errors import DataError
from deid.randomness import permutation

GROUP = "group_id"


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The two tables, and how many groups they share."""

    people: pa.Table
    """Quasi-identifiers with the number of the group."""
    values: pa.Table
    """For each group and sensitive value, how many rows have it."""
    groups: int


def anatomise(table: pa.Table, quasi: Sequence[str], sensitive: str, least: int, key: bytes) -> Anatomy:
    """Cut a table in two so that every group has at least `least` different sensitive values.

    Raises: DataError — if a sensitive value is too frequent for it, or is missing somewhere.
    """
    if GROUP in table.column_names:
        raise DataError(Text(f"{GROUP} 열이 이미 있습니다.", f"the data has a column {GROUP} already."))
    sensitive_values = table.column(sensitive).to_pylist()
    if None in sensitive_values:
        row = sensitive_values.index(None) + 1
        raise DataError(
            Text(f"{sensitive} 열 {row}행: 값이 없습니다.", f"column {sensitive}, row {row}: there is no value.")
        )
    _refuse_too_frequent(Counter(sensitive_values), len(sensitive_values), sensitive, least)
    group_of = _grouped(sensitive_values, least, key)
    order = permutation(key, table.num_rows)
    people = table.select(list(quasi)).append_column(GROUP, pa.array(group_of)).take(pa.array(order))
    counts = sorted(Counter(zip(group_of.tolist(), sensitive_values, strict=True)).items(), key=_by_group)
    kind = table.column(sensitive).type
    values = pa.table(
        {
            GROUP: pa.array([group for (group, _value), _count in counts], pa.int64()),
            sensitive: pa.array([value for (_group, value), _count in counts], kind),
            "count": pa.array([count for _pair, count in counts], pa.int64()),
        }
    )
    return Anatomy(people, values, len(set(group_of.tolist())))


def _refuse_too_frequent(counts: Counter[Any], rows: int, sensitive: str, least: int) -> None:
    """Refuse a table for which no such grouping exists (the eligibility condition of the paper)."""
    if least < 2 or not rows or max(counts.values()) * least > rows:
        raise DataError(
            Text(
                f"{sensitive} 열: 한 값이 전체의 1/{least}보다 많아 나눌 수 없습니다. l을 줄이십시오(2 이상).",
                f"column {sensitive}: one value is more than 1/{least} of all rows; choose a smaller l (2 or more).",
            )
        )


def _grouped(sensitive_values: list[Any], least: int, key: bytes) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the group of each row: one row from each of the fullest buckets, until fewer than `least` are left."""
    buckets: dict[Any, list[int]] = {}
    for row in permutation(key, len(sensitive_values)).tolist():
        buckets.setdefault(sensitive_values[row], []).append(row)
    group_of = np.zeros(len(sensitive_values), dtype=np.int64)
    held: list[set[Any]] = []
    while len(full := [value for value, rows in buckets.items() if rows]) >= least:
        largest = sorted(full, key=lambda value: -len(buckets[value]))[:least]
        for value in largest:
            group_of[buckets[value].pop()] = len(held) + 1
        held.append(set(largest))
    for value, rows in buckets.items():
        for row in rows:  # at most one of each value: eligibility sees to it, and some group has room for it
            group = next(number for number, values in enumerate(held) if value not in values)
            held[group].add(value)
            group_of[row] = group + 1
    return group_of


def _by_group(item: tuple[tuple[int, Any], int]) -> tuple[int, str]:
    (group, value), _count = item
    return group, str(value)
